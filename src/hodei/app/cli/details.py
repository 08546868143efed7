"""One job, in full, for a person."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from hodei.app.cli.tables import between, print_fields
from hodei.domain.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hodei.client import Attempt, Job


def show_job(job: Job) -> None:
    """Fields first, then every attempt with its timeline."""
    spec = job.spec
    resources: Mapping[str, Any] = spec.get("resources") or {}
    print_fields(
        [
            ("job", job.id),
            ("name", job.name),
            ("state", _state(job)),
            ("outcome", job.outcome.message if job.outcome else ""),
            ("advice", job.outcome.suggestion if job.outcome else ""),
            ("command", _command(spec.get("command") or {})),
            ("image", spec.get("image")),
            ("resources", f"{resources.get('cpu')} CPU, {resources.get('memory_mb')} MB"),
            ("timeout", format_duration(spec["timeout_ms"]) if "timeout_ms" in spec else ""),
            ("priority", spec.get("priority")),
            ("project", job.project),
            ("owner", job.owner),
            ("labels", " ".join(f"{k}={v}" for k, v in (spec.get("labels") or {}).items())),
            ("submitted", job.submitted_at.isoformat(timespec="seconds")),
            ("took", between(job.started_at, job.finished_at)),
            ("rerun of", job.raw.get("rerun_of")),
            ("trace", job.raw.get("trace_url") or job.raw.get("trace_id")),
            *_origin(job.origin or {}),
        ]
    )
    for attempt in job.tries:
        _show_attempt(attempt)


def _state(job: Job) -> str:
    if job.cancel_requested_at is not None and not job.finished:
        return f"{job.state}, cancelling since {job.cancel_requested_at:%H:%M:%S}"
    return f"{job.state}" + (f" ({job.phase})" if job.phase and not job.finished else "")


def _command(command: Mapping[str, Any]) -> str:
    if "argv" in command:
        return f"{command['type']}: {shlex.join(command['argv'])}"
    script = str(command.get("script", ""))
    first, _, rest = script.strip().partition("\n")
    more = f" … ({rest.count(chr(10)) + 1} more lines)" if rest else ""
    return f"{command.get('type', '')}: {first[:120]}{more}"


def _origin(origin: Mapping[str, Any]) -> list[tuple[str, object]]:
    """What made the job, and with what."""
    template, schedule = origin.get("template"), origin.get("schedule")
    filled = [f"{name}={value}" for name, value in (origin.get("parameters") or {}).items()]
    hidden = [f"{name}=(secret)" for name in origin.get("secret_parameters") or ()]
    return [
        ("template", f"{template['name']} (version {template['version']})" if template else ""),
        ("parameters", shlex.join([*filled, *hidden])),
        ("schedule", schedule["name"] if schedule else ""),
        ("slot", origin.get("slot")),
        ("trigger", origin.get("trigger")),
    ]


def _show_attempt(attempt: Attempt) -> None:
    print(f"\nattempt {attempt.number} on {attempt.provider} (worker {attempt.worker_id})")
    if attempt.placement_reason:
        print(f"  {attempt.placement_reason}")
    for mark in attempt.phases:
        detail = f"  {mark.detail}" if mark.detail else ""
        print(f"  {mark.at:%H:%M:%S.%f}"[:-3] + f"  {mark.phase}{detail}")
    if attempt.outcome is not None:
        print(f"  {attempt.outcome.message}")
