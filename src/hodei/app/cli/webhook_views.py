"""Webhooks and deliveries on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hodei.app.cli.tables import ago, print_fields, print_table
from hodei.domain.units import format_duration

Raw = Mapping[str, Any]


def print_webhooks(found: Sequence[Raw]) -> None:
    """One line each."""
    rows = [
        (
            one["project"],
            one["name"],
            _standing(one),
            one["waiting"] or "",
            _last(one),
            one["url"],
        )
        for one in found
    ]
    print_table(("PROJECT", "NAME", "STATE", "WAITING", "LAST", "URL"), rows)


def print_webhook(one: Raw) -> None:
    """All of one."""
    filters = one["filters"]
    print_fields(
        [
            ("id", one["id"]),
            ("name", f"{one['project']}/{one['name']}"),
            ("url", one["url"]),
            ("events", " ".join(one["events"])),
            ("template", filters["template"]),
            ("schedule", filters["schedule"]),
            ("job name", filters["name"]),
            ("labels", " ".join(f"{key}={value}" for key, value in filters["labels"].items())),
            ("headers", " ".join(one["headers"])),
            ("timeout", format_duration(one["timeout_ms"])),
            ("state", _standing(one)),
            ("waiting", one["waiting"] or ""),
            ("last", _last(one)),
        ]
    )


def print_deliveries(found: Sequence[Raw]) -> None:
    """One line each."""
    rows = [
        (
            one["id"],
            one["event"],
            (one["job_id"] or "")[:8],
            one["state"],
            one["tries"],
            ago(datetime.fromisoformat(one["created_at"])),
            outcome(one),
        )
        for one in found
    ]
    print_table(("DELIVERY", "EVENT", "JOB", "STATE", "TRIES", "MADE", "ANSWER"), rows)


def outcome(delivery: Raw) -> str:
    """What the last attempt came to."""
    if not delivery["attempts"]:
        return ""
    last = delivery["attempts"][-1]
    return str(last["error"] or f"{last['status']} in {last['ms']} ms")


def _standing(one: Raw) -> str:
    if not one["enabled"]:
        return "disabled"
    if one["failing_since"] is None:
        return "enabled"
    return f"failing, since {ago(datetime.fromisoformat(one['failing_since']))}"


def _last(one: Raw) -> str:
    last = one["last_delivery"]
    return f"{last['state']} {ago(datetime.fromisoformat(last['at']))}" if last else ""
