"""Reads what a person says about a project."""

from __future__ import annotations

from collections.abc import Mapping

from hodei.domain.parsing.limits import Number, Whole
from hodei.domain.parsing.reader import ABSENT, Report, Section, is_number
from hodei.domain.project import Keeping, Quota

FIELDS = ("description", "quota", "retention")
DESCRIPTION_CHARS = 500
RUNNING_JOBS = Whole(least=0, most=1_000_000)
CPU = Number(least=0.1, most=1_000_000)
MEMORY_MB = Whole(least=16, most=2**40)
DAYS = Whole(least=1, most=36_500)
_QUOTA = ("running_jobs", "cpu", "memory_mb")
_RETENTION = ("job_days", "log_days", "audit_days")
_NOWHERE: Mapping[str, str] = {}


def read_description(report: Report, body: Section) -> str:
    """A few words, empty when not given."""
    value = body.get("description")
    if value is ABSENT:
        return ""
    if isinstance(value, str) and len(value) <= DESCRIPTION_CHARS:
        return value
    report.add("description", f"must be text of at most {DESCRIPTION_CHARS} characters", value)
    return ""


def read_quota(report: Report, body: Section) -> Quota:
    """The quota; what is not given, or null, has no limit."""
    section = body.section("quota", _QUOTA, _NOWHERE)
    return Quota(
        running_jobs=section.whole_or_none("running_jobs", RUNNING_JOBS),
        cpu=_number_or_none(report, section, "cpu", CPU),
        memory_mb=section.whole_or_none("memory_mb", MEMORY_MB),
    )


def read_retention(body: Section) -> Keeping:
    """Days; what is not given, or null, is as the server is set."""
    section = body.section("retention", _RETENTION, _NOWHERE)
    return Keeping(
        job_days=section.whole_or_none("job_days", DAYS),
        log_days=section.whole_or_none("log_days", DAYS),
        audit_days=section.whole_or_none("audit_days", DAYS),
    )


def _number_or_none(report: Report, section: Section, name: str, bounds: Number) -> float | None:
    value = section.get(name)
    if value is ABSENT or value is None:
        return None
    if is_number(value) and bounds.least <= value <= bounds.most:
        return float(value)
    report.add(section.at(name), f"must be {bounds.expected}, or null", value)
    return None
