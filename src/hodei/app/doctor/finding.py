"""One thing that was looked at: how it is, what was found, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and should be seen to."""
    FAULT = "fault"
    """A server does not start, or jobs do not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """About one subject."""

    subject: str
    level: Level
    found: str
    remedy: str = ""
    """What a person does about it; empty where nothing is to be done."""


def ok(subject: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(subject=subject, level=Level.OK, found=found)


def warning(subject: str, found: str, remedy: str) -> Finding:
    """To be seen to."""
    return Finding(subject=subject, level=Level.WARNING, found=found, remedy=remedy)


def fault(subject: str, found: str, remedy: str) -> Finding:
    """To be mended."""
    return Finding(subject=subject, level=Level.FAULT, found=found, remedy=remedy)


def exit_code(findings: Iterable[Finding]) -> int:
    """0: all is well; 1: something should be seen to; 2: something is broken."""
    levels = {finding.level for finding in findings}
    return 2 if Level.FAULT in levels else int(Level.WARNING in levels)
