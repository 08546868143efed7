"""Turns plain data into a JobSpec, or into the list of everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from hodei.domain.parsing import limits
from hodei.domain.parsing.command import read_command
from hodei.domain.parsing.environment import read_env, read_labels
from hodei.domain.parsing.reader import (
    ABSENT,
    Report,
    Section,
    check_text,
    is_whole,
    one_of,
    open_section,
    pick,
    size,
    text_fault,
)
from hodei.domain.spec import (
    Architecture,
    Backoff,
    Command,
    CommandType,
    JobSpec,
    Network,
    Preferences,
    Priority,
    Resources,
    RetryCause,
    RetryPolicy,
)

SPEC_FIELDS = tuple(f.name for f in fields(JobSpec))
RESOURCE_FIELDS = tuple(f.name for f in fields(Resources))
PREFERENCE_FIELDS = tuple(f.name for f in fields(Preferences))
RETRY_FIELDS = tuple(f.name for f in fields(RetryPolicy))
BACKOFF_FIELDS = tuple(f.name for f in fields(Backoff))

DEFAULTS = JobSpec(name="", command=Command(type=CommandType.SHELL))
"""What a field is when it is not given."""

_NOWHERE: Mapping[str, str] = {}
_ELSEWHERE = {
    **{name: f"resources.{name}" for name in RESOURCE_FIELDS},
    **{name: f"retry.{name}" for name in RETRY_FIELDS},
    "script": "command.script",
    "argv": "command.argv",
    "type": "command.type",
    "provider": "preferences.provider",
    "region": "preferences.region",
}
"""Where fields belong that people put at the top."""
_OTHER_NAMES = {"amd64": Architecture.X86_64, "aarch64": Architecture.ARM64}


def parse_spec(raw: object) -> JobSpec:
    """The spec that `raw` (what a JSON or YAML reader returns) describes.

    Raises InvalidRequest with every violation found (the first 100); environment values,
    scripts, arguments and standard input are never repeated in them.
    """
    report = Report()
    top = open_section(report, "", raw, SPEC_FIELDS, _ELSEWHERE)
    if not isinstance(raw, Mapping):
        report.close()
    spec = JobSpec(
        name=_name(report, top),
        command=read_command(report, top.get("command")),
        image=_image(report, top),
        env=read_env(report, top.get("env")),
        resources=_resources(report, top),
        timeout_ms=top.whole("timeout_ms", limits.TIMEOUT_MS, DEFAULTS.timeout_ms),
        queue_timeout_ms=top.whole_or_none("queue_timeout_ms", limits.QUEUE_TIMEOUT_MS),
        grace_ms=top.whole("grace_ms", limits.GRACE_MS, DEFAULTS.grace_ms),
        preferences=_preferences(report, top),
        priority=_priority(report, top),
        retry=_retry(report, top),
        network=top.choice("network", Network, DEFAULTS.network),
        labels=read_labels(report, "labels", top.get("labels")),
        working_dir=top.text_or_none("working_dir", limits.WORKING_DIR),
        stdin=_stdin(report, top),
        project=top.text("project", limits.PROJECT, DEFAULTS.project),
    )
    report.close()
    return spec


def _name(report: Report, top: Section) -> str:
    if not top.has("name"):
        report.add("name", f"is required: {limits.LINE.expected}")
    return top.text("name", limits.LINE, "").strip()


def _image(report: Report, top: Section) -> str | None:
    value = top.get("image")
    if value is ABSENT or value is None:
        return None
    rule = limits.IMAGE
    if isinstance(value, str) and len(value) <= rule.most and not rule.pattern.fullmatch(value):
        report.add("image", _image_advice(value), value)
        return None
    return check_text(report, "image", value, rule, null=True)


def _image_advice(value: str) -> str:
    """What is wrong with a reference, when it is one of the usual slips."""
    if not value:
        return "must not be empty; leave it out for a provider that runs no images"
    if "://" in value:
        return "must not begin with a scheme; write 'registry.example.com/team/app:1.2'"
    if value != value.strip() or " " in value:
        return "must not contain spaces"
    if limits.IMAGE.pattern.fullmatch(value.lower()):
        return "must be lower case up to the tag, digest included"
    return f"must be {limits.IMAGE.expected}"


def _resources(report: Report, top: Section) -> Resources:
    if not top.has("resources"):
        return DEFAULTS.resources
    section = top.section("resources", RESOURCE_FIELDS, _NOWHERE)
    usual = DEFAULTS.resources
    return Resources(
        cpu=section.number("cpu", limits.CPU, usual.cpu),
        memory_mb=section.whole("memory_mb", limits.MEMORY_MB, usual.memory_mb),
        storage_mb=section.whole("storage_mb", limits.STORAGE_MB, usual.storage_mb),
        gpus=section.whole("gpus", limits.GPUS, usual.gpus),
        architecture=_architecture(report, section),
    )


def _architecture(report: Report, section: Section) -> Architecture | None:
    value = section.get("architecture")
    if value is ABSENT or value is None:
        return None
    found = pick(value, Architecture)
    if found is None:
        expected = f"one of {', '.join(Architecture)}, or null for any"
        other = _OTHER_NAMES.get(value.lower()) if isinstance(value, str) else None
        hint = f"; {value} is called {other} here" if other else ""
        report.add(section.at("architecture"), f"must be {expected}{hint}", value)
    return found


def _preferences(report: Report, top: Section) -> Preferences:
    if not top.has("preferences"):
        return DEFAULTS.preferences
    section = top.section("preferences", PREFERENCE_FIELDS, _NOWHERE)
    return Preferences(
        provider=_place(section, "provider"),
        region=_place(section, "region"),
        labels=read_labels(report, section.at("labels"), section.get("labels")),
    )


def _place(section: Section, name: str) -> str | None:
    value = section.text_or_none(name, limits.LINE)
    value = value.strip() if value else None
    return None if value is None or value.lower() in limits.ANYWHERE else value


def _priority(report: Report, top: Section) -> Priority:
    value = top.get("priority")
    if value is ABSENT:
        return DEFAULTS.priority
    found = pick(value.upper(), Priority) if isinstance(value, str) else None
    if found is None:
        report.add("priority", f"must be {one_of(Priority, value)}", value)
        return DEFAULTS.priority
    return found


def _retry(report: Report, top: Section) -> RetryPolicy:
    value = top.get("retry")
    bounds = limits.MAX_ATTEMPTS
    if value is ABSENT or value is False:
        return DEFAULTS.retry
    if value is True:
        return RetryPolicy(max_attempts=limits.ALLOW_RETRY_ATTEMPTS)
    if is_whole(value) and bounds.least <= value <= bounds.most:
        return RetryPolicy(max_attempts=int(value))
    if not isinstance(value, Mapping):
        expected = f"true, false, {bounds.expected}, or an object with {', '.join(RETRY_FIELDS)}"
        report.add("retry", f"must be {expected}", value)
        return DEFAULTS.retry
    section = open_section(report, "retry", value, RETRY_FIELDS, _NOWHERE)
    return RetryPolicy(
        max_attempts=section.whole("max_attempts", bounds, DEFAULTS.retry.max_attempts),
        backoff=_backoff(section),
        on=_retry_causes(report, section),
    )


def _backoff(retry: Section) -> Backoff:
    usual = DEFAULTS.retry.backoff
    if not retry.has("backoff"):
        return usual
    section = retry.section("backoff", BACKOFF_FIELDS, _NOWHERE)
    return Backoff(
        initial_ms=section.whole("initial_ms", limits.BACKOFF_MS, usual.initial_ms),
        factor=section.number("factor", limits.BACKOFF_FACTOR, usual.factor),
        max_ms=section.whole("max_ms", limits.BACKOFF_MS, usual.max_ms),
        jitter=section.number("jitter", limits.BACKOFF_JITTER, usual.jitter),
    )


def _retry_causes(report: Report, section: Section) -> frozenset[RetryCause]:
    value = section.get("on")
    usual = DEFAULTS.retry.on
    if value is ABSENT:
        return usual
    path = section.at("on")
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
        report.add(path, f"must be a list of {', '.join(RetryCause)}", value)
        return usual
    if len(value) > len(RetryCause):
        report.add(path, f"must name each of {', '.join(RetryCause)} at most once", value)
        return usual
    causes: set[RetryCause] = set()
    for index, item in enumerate(value):
        cause = pick(item, RetryCause)
        if cause is None:
            report.add(f"{path}[{index}]", f"must be {one_of(RetryCause, item)}", item)
        elif cause in causes:
            report.add(f"{path}[{index}]", "is named twice", item)
        else:
            causes.add(cause)
    return frozenset(causes)


def _stdin(report: Report, top: Section) -> str:
    value = top.get("stdin")
    if value is ABSENT:
        return DEFAULTS.stdin
    if not isinstance(value, str):
        report.add("stdin", "must be text")
        return ""
    if fault := text_fault(value):
        report.add("stdin", fault)
    elif (length := size(value)) > limits.STDIN_BYTES:
        report.add("stdin", f"must be at most {limits.STDIN_BYTES} bytes, not {length}")
    return value
