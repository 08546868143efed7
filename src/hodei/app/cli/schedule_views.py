"""Schedules and firings on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hodei.app.cli.tables import ago, print_fields, print_table
from hodei.domain.units import format_duration

Raw = Mapping[str, Any]


def print_schedules(found: Sequence[Raw]) -> None:
    """One line each."""
    rows = [
        (
            one["project"],
            one["name"],
            _rule(one),
            one["zone"],
            "paused" if one["paused"] else _next(one),
            _last(one),
            one["running_jobs"] or "",
        )
        for one in found
    ]
    print_table(("PROJECT", "NAME", "RULE", "ZONE", "NEXT", "LAST", "RUNNING"), rows)


def print_schedule(one: Raw) -> None:
    """All of one."""
    target = one["target"]
    version = target.get("version")
    what = (
        f"job {target['spec']['name']!r}"
        if "spec" in target
        else f"template {target['template']}" + (f" version {version}" if version else "")
    )
    queue = f" (at most {one['queue_limit']} wait)" if one["overlap"] == "queue" else ""
    print_fields(
        [
            ("id", one["id"]),
            ("name", f"{one['project']}/{one['name']}"),
            ("description", one["description"]),
            ("rule", f"{_rule(one)} ({one['words']['en']})"),
            ("zone", one["zone"]),
            ("submits", what),
            ("overlap", one["overlap"] + queue),
            ("catch-up", one["catch_up"]["policy"]),
            ("jitter", format_duration(one["jitter_ms"]) if one["jitter_ms"] else ""),
            ("starts", one["starts_at"]),
            ("ends", one["ends_at"]),
            ("paused by", one["paused_by"] if one["paused"] else ""),
            ("last", _last(one)),
            ("running", one["running_jobs"] or ""),
        ]
    )
    if one["next"]:
        print()
        print_slots(one["next"])


def print_slots(slots: Sequence[Raw]) -> None:
    """Times in the zone and in UTC."""
    rows = [
        (slot["local"].replace("T", " "), slot["offset"], slot["slot"], slot["note"] or "")
        for slot in slots
    ]
    print_table(("LOCAL", "OFFSET", "UTC", "NOTE"), rows)


def print_firings(firings: Sequence[Raw]) -> None:
    """One line each."""
    rows = [
        (
            row["slot"] + (f" to {row['until']}" if row["until"] else ""),
            row["outcome"],
            row["job_id"] or "",
            row["job_state"] or "",
            _why(row),
        )
        for row in firings
    ]
    print_table(("SLOT", "OUTCOME", "JOB", "STATE", "WHY"), rows)


def print_preview(found: Raw) -> None:
    """Words, warnings and slots."""
    print(found["words"]["en"])
    print(found["words"]["es"])
    for warning in found["warnings"]:
        print(f"! {warning['words']['en']}")
        print(f"! {warning['words']['es']}")
    print()
    print_slots(found["next"])


def _why(row: Raw) -> str:
    if row["reason"]:
        return str(row["reason"]["message"])
    return f"by {row['actor']}" if row["manual"] else ""


def _rule(one: Raw) -> str:
    rule = one["rule"]
    if rule["kind"] == "cron":
        return str(rule["expression"])
    if rule["kind"] == "interval":
        return f"every {format_duration(rule['every_ms'])}"
    return f"once {rule['at']}"


def _next(one: Raw) -> str:
    if not one["next"]:
        return "never"
    slot = one["next"][0]
    return f"{slot['local'].replace('T', ' ')} {slot['offset']}"


def _last(one: Raw) -> str:
    last = one["last_firing"]
    if last is None:
        return ""
    return f"{last['job_state'] or last['outcome']} {ago(datetime.fromisoformat(last['fired_at']))}"
