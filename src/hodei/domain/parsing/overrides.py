"""Reads what shall be different when a job is run again, on top of the spec that is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hodei.domain.parsing.reader import Report, open_section
from hodei.domain.parsing.spec import parse_spec
from hodei.domain.serial import spec_to_dict
from hodei.domain.spec import JobSpec

OVERRIDES = (
    "name",
    "image",
    "resources",
    "timeout_ms",
    "queue_timeout_ms",
    "grace_ms",
    "preferences",
    "priority",
    "retry",
    "network",
    "labels",
)
"""Fields that a re-run may change. Another command, environment or project is another job."""
_MERGED = frozenset({"resources", "preferences", "retry", "backoff"})
"""Objects of which the fields that are not given stay; maps that people fill are replaced."""


def parse_overrides(stored: JobSpec, raw: object) -> JobSpec:
    """`stored` with the fields of `raw` in place of its own; its environment stays as it is.

    Raises InvalidRequest as `parse_spec` does.
    """
    report = Report()
    open_section(report, "", raw, OVERRIDES, {})
    report.close()
    plain = spec_to_dict(replace(stored, env={}))
    return replace(parse_spec(_merged(plain, raw)), env=stored.env)


def _merged(old: object, new: object, name: str = "") -> object:
    """`new`, or when both are objects of the same known fields, one object of both."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return new
    if name and name not in _MERGED:
        return new
    return {**old, **{key: _merged(old.get(key), value, key) for key, value in new.items()}}
