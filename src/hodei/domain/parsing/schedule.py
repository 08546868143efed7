"""Reads what a person says about a schedule, or lists everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from hodei.domain.errors import InvalidRequest
from hodei.domain.parsing import limits
from hodei.domain.parsing.limits import DAY_MS, Text, Whole
from hodei.domain.parsing.reader import ABSENT, Report, Section, open_section
from hodei.domain.parsing.schedule_target import TargetDraft, read_target
from hodei.domain.schedules.cron import parse_cron
from hodei.domain.schedules.next_fire import resolve
from hodei.domain.schedules.rule import LATEST, CronRule, IntervalRule, OnceRule, Rule, Timing
from hodei.domain.schedules.schedule import CatchUp, CatchUpPolicy, Overlap
from hodei.domain.schedules.zones import Zones, nearest

FIELDS = (
    *("name", "project", "description", "rule", "zone", "overlap", "queue_limit", "catch_up"),
    *("jitter_ms", "starts_at", "ends_at", "paused", "target", "version"),
)
TIMING_FIELDS = ("rule", "zone", "jitter_ms", "starts_at", "ends_at")
RULES = {
    "cron": ("kind", "expression"),
    "interval": ("kind", "every_ms", "anchor"),
    "once": ("kind", "at"),
}
NAME = Text(
    most=100,
    pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    expected="1 to 100 letters, digits and '.', '_', '-', beginning with a letter or digit",
)
DESCRIPTION_CHARS = 2000
EVERY_MS = Whole(least=1000, most=366 * DAY_MS)
QUEUE_LIMIT = Whole(least=1, most=100)
CATCH_UP_LIMIT = Whole(least=1, most=1000)
JITTER_MS = Whole(least=0, most=DAY_MS)
VERSION = Whole(least=1, most=2**53)
EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_NOWHERE: Mapping[str, str] = {}
_TIME = "a time such as 2026-11-20T08:00:00Z, or without 'Z' one of the schedule's zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingDraft:
    """The rule of time as it was given."""

    timing: Timing
    zone: str
    anchored: bool
    """Whether the anchor of an interval was given."""
    jitter_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDraft:
    """Everything a person says about a schedule; what is left out is as for a new one."""

    name: str
    project: str
    description: str
    times: TimingDraft
    overlap: Overlap
    queue_limit: int
    catch_up: CatchUp
    paused: bool | None
    """None: not said."""
    target: TargetDraft
    version: int | None


def read_schedule(body: Section, report: Report, zones: Zones, now: datetime) -> ScheduleDraft:
    """The schedule in an object of `FIELDS`. Raises InvalidRequest with all violations."""
    if not body.has("name"):
        report.add("name", f"is required: {NAME.expected}")
    name = body.text("name", NAME, "")
    project = body.text("project", limits.PROJECT, "default")
    times = _timing(body, report, zones, now)
    draft = ScheduleDraft(
        name=name,
        project=project,
        description=_description(report, body),
        times=times or _NO_TIMES,
        overlap=body.choice("overlap", Overlap, Overlap.SKIP),
        queue_limit=body.whole("queue_limit", QUEUE_LIMIT, 1),
        catch_up=_catch_up(body),
        paused=_flag(report, body, "paused"),
        target=read_target(report, body.get("target"), project=project, name=name or "schedule"),
        version=body.whole_or_none("version", VERSION),
    )
    report.close()
    return draft


def read_timing(body: Section, report: Report, zones: Zones, now: datetime) -> TimingDraft:
    """The fields of `TIMING_FIELDS` alone. Raises InvalidRequest with all violations."""
    times = _timing(body, report, zones, now)
    report.close()
    return times or _NO_TIMES


def read_zone(report: Report, field: str, value: object, zones: Zones) -> tzinfo | None:
    """The zone of a name; notes the nearest one when nobody knows it."""
    if not isinstance(value, str):
        report.add(field, "must be the name of an IANA time zone, such as 'Europe/Madrid'", value)
        return None
    zone = zones.get(value)
    if zone is None:
        near = nearest(value, zones.names())
        hint = f"did you mean {near!r}?" if near else "such as 'Europe/Madrid' or 'UTC'"
        report.add(field, f"must be the name of an IANA time zone; {hint}", value)
    return zone


def read_moment(report: Report, field: str, value: object, zone: tzinfo) -> datetime | None:
    """A time in UTC; one without offset is of the zone."""
    if value is ABSENT or value is None:
        return None
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
    except ValueError:
        at = None
    if at is None or not EARLIEST.year < at.year < LATEST.year:
        between = f"must be {_TIME}, between the years {EARLIEST.year + 1} and {LATEST.year - 1}"
        report.add(field, between, value)
        return None
    return resolve(at, zone).at if at.tzinfo is None else at.astimezone(UTC)


# ---- parts


_NO_TIMES = TimingDraft(
    timing=Timing(rule=OnceRule(at=LATEST), zone=UTC), zone="UTC", anchored=False, jitter_ms=0
)
"""Stands for what could not be read until the report is closed."""


def _timing(body: Section, report: Report, zones: Zones, now: datetime) -> TimingDraft | None:
    given = "UTC" if not body.has("zone") else body.get("zone")
    zone = read_zone(report, "zone", given, zones)
    known = zone or UTC
    starts_at = read_moment(report, "starts_at", body.get("starts_at"), known)
    ends_at = read_moment(report, "ends_at", body.get("ends_at"), known)
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        report.add("ends_at", "must be later than starts_at", body.get("ends_at"))
    jitter_ms = body.whole("jitter_ms", JITTER_MS, 0)
    anchor = starts_at or now.replace(microsecond=0)
    rule, anchored = _rule(report, body.get("rule"), known, anchor)
    if isinstance(rule, IntervalRule) and jitter_ms >= rule.every_ms:
        longest = f"must be shorter than the interval of {rule.every_ms} ms"
        report.add("jitter_ms", longest, jitter_ms)
    if zone is None or rule is None:
        return None
    timing = Timing(rule=rule, zone=zone, starts_at=starts_at, ends_at=ends_at)
    return TimingDraft(timing=timing, zone=str(given), anchored=anchored, jitter_ms=jitter_ms)


def _rule(report: Report, raw: object, zone: tzinfo, anchor: datetime) -> tuple[Rule | None, bool]:
    if raw is ABSENT:
        report.add("rule", "is required: {kind: cron, expression}, or kind interval or once")
        return None, False
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    if not isinstance(raw, Mapping) or not isinstance(kind, str) or kind not in RULES:
        wrong = kind if isinstance(raw, Mapping) else raw
        where = "rule.kind" if isinstance(raw, Mapping) else "rule"
        report.add(where, f"must be one of {', '.join(RULES)}", wrong)
        return None, False
    section = open_section(report, "rule", raw, RULES[kind], _NOWHERE)
    if kind == "cron":
        return _cron(report, section), False
    if kind == "interval":
        return _interval(report, section, zone, anchor)
    if not section.has("at"):
        report.add("rule.at", f"is required: {_TIME}")
    at = read_moment(report, "rule.at", section.get("at"), zone)
    return (OnceRule(at=at) if at else None), False


def _cron(report: Report, section: Section) -> CronRule | None:
    value = section.get("expression")
    if not isinstance(value, str):
        message = "must be a cron expression such as '30 2 * * *'"
        report.add("rule.expression", message, value)
        return None
    try:
        return CronRule(expression=parse_cron(value, field="rule.expression").expression)
    except InvalidRequest as error:
        for violation in error.violations:
            report.add(violation.field, violation.message, violation.value)
        return None


def _interval(
    report: Report, section: Section, zone: tzinfo, anchor: datetime
) -> tuple[IntervalRule, bool]:
    if not section.has("every_ms"):
        report.add("rule.every_ms", f"is required: {EVERY_MS.expected}")
    every_ms = section.whole("every_ms", EVERY_MS, EVERY_MS.most)
    given = read_moment(report, "rule.anchor", section.get("anchor"), zone)
    return IntervalRule(every_ms=every_ms, anchor=given or anchor), given is not None


def _catch_up(body: Section) -> CatchUp:
    section = body.section("catch_up", ("policy", "limit"), _NOWHERE)
    return CatchUp(
        policy=section.choice("policy", CatchUpPolicy, CatchUpPolicy.NONE),
        limit=section.whole("limit", CATCH_UP_LIMIT, 100),
    )


def _description(report: Report, body: Section) -> str:
    value = body.get("description")
    if value is ABSENT:
        return ""
    if isinstance(value, str) and len(value) <= DESCRIPTION_CHARS:
        return value
    report.add("description", f"must be text of at most {DESCRIPTION_CHARS} characters", value)
    return ""


def _flag(report: Report, body: Section, name: str) -> bool | None:
    value = body.get(name)
    if value is ABSENT or isinstance(value, bool):
        return None if value is ABSENT else value
    report.add(name, "must be true or false", value)
    return None
