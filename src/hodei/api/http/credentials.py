"""Reads what must never be shown again: passwords, tokens and codes in request bodies."""

from __future__ import annotations

from hodei.domain.parsing.reader import ABSENT, Report, Section, text_fault

MOST_SECRET = 1024
"""Characters of a password or token that is only compared."""
SECRET_SCHEMA = {"type": "string", "minLength": 1, "maxLength": MOST_SECRET, "writeOnly": True}


def secret_field(report: Report, section: Section, name: str, *, required: bool = True) -> str:
    """Text of at most MOST_SECRET characters, never quoted; empty when it is not given."""
    value = section.get(name)
    if value is ABSENT and not required:
        return ""
    expected = f"must be text of 1 to {MOST_SECRET} characters"
    if not isinstance(value, str) or not 1 <= len(value) <= MOST_SECRET:
        report.add(section.at(name), "is required" if value is ABSENT else expected)
        return ""
    if fault := text_fault(value):
        report.add(section.at(name), fault)
        return ""
    return value
