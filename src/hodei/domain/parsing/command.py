"""Reads the command of a spec: a script for an interpreter, or an argv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hodei.domain.parsing import limits
from hodei.domain.parsing.reader import (
    ABSENT,
    Report,
    Section,
    open_section,
    size,
    text_fault,
)
from hodei.domain.spec import Command, CommandType

COMMAND_FIELDS = ("type", "script", "argv")
_NOWHERE: Mapping[str, str] = {}
_NOTHING = Command(type=CommandType.SHELL)
_FORMS = "a shell script as text, {type, script}, or {type: exec, argv}"


def read_command(report: Report, raw: object) -> Command:
    """The command; plain text is a shell script."""
    if raw is ABSENT:
        report.add("command", f"is required: {_FORMS}")
        return _NOTHING
    if isinstance(raw, str):
        return Command(type=CommandType.SHELL, script=_script(report, "command", raw))
    if not isinstance(raw, Mapping):
        report.add("command", f"must be {_FORMS}", raw)
        return _NOTHING
    section = open_section(report, "command", raw, COMMAND_FIELDS, _NOWHERE)
    if not section.has("type"):
        report.add("command.type", f"is required: one of {', '.join(CommandType)}")
        return _NOTHING
    kind = section.choice("type", CommandType, CommandType.SHELL)
    if kind is CommandType.EXEC:
        return _exec(report, section)
    return _scripted(report, section, kind)


def _exec(report: Report, section: Section) -> Command:
    if section.has("script"):
        report.add(
            "command.script",
            "does not go with type exec: give the program and its arguments in command.argv, "
            "or choose type shell",
        )
    argv = _argv(report, section.get("argv"))
    return Command(type=CommandType.EXEC, argv=argv)


def _scripted(report: Report, section: Section, kind: CommandType) -> Command:
    if section.has("argv"):
        report.add(
            "command.argv",
            f"does not go with type {kind}: put the text into command.script, or choose type exec",
        )
    script = section.get("script")
    if script is ABSENT:
        report.add("command.script", f"is required for type {kind}")
        return _NOTHING
    return Command(type=kind, script=_script(report, "command.script", script))


def _script(report: Report, path: str, raw: object) -> str:
    if not isinstance(raw, str):
        report.add(path, "must be text, the content of the script", raw)
        return ""
    if fault := text_fault(raw):
        report.add(path, fault)
    elif not raw.strip(" \t\r\n"):
        report.add(path, "must not be empty")
    elif (length := size(raw)) > limits.SCRIPT_BYTES:
        report.add(path, f"must be at most {limits.SCRIPT_BYTES} bytes, not {length}")
    return raw


def _argv(report: Report, raw: object) -> tuple[str, ...]:
    path = "command.argv"
    if raw is ABSENT:
        report.add(path, "is required for type exec: a list of the program and its arguments")
        return ()
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes | bytearray):
        report.add(path, "must be a list of text: the program and its arguments")
        return ()
    if not 1 <= len(raw) <= limits.ARGV_ITEMS:
        report.add(path, f"must have 1 to {limits.ARGV_ITEMS} items, not {len(raw)}")
        return ()
    items = [_argument(report, f"{path}[{i}]", item) for i, item in enumerate(raw)]
    if raw[0] == "":
        report.add(f"{path}[0]", "must name the program to run, not be empty")
    total = sum(length for _, length in items)
    if total > limits.ARGV_BYTES:
        report.add(path, f"must be at most {limits.ARGV_BYTES} bytes together, not {total}")
    return tuple(item for item, _ in items)


def _argument(report: Report, path: str, raw: object) -> tuple[str, int]:
    """The argument and its bytes; nothing and 0 when it cannot be one."""
    if not isinstance(raw, str):
        report.add(path, "must be text; quote numbers, true and false")
        return "", 0
    if fault := text_fault(raw):
        report.add(path, fault)
        return "", 0
    length = size(raw)
    if length > limits.ARGV_ITEM_BYTES:
        report.add(path, f"must be at most {limits.ARGV_ITEM_BYTES} bytes, not {length}")
    return raw, length
