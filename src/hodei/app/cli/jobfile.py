"""Reads a job file (YAML or JSON) and remembers where each field is written."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hodei.wire.documents import DocumentFault, read_yaml

MAX_BYTES = 2 << 20


FileFault = DocumentFault
"""The file cannot be read as a job; `str()` says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFile:
    """What a file holds, and where."""

    data: Mapping[str, Any]
    origins: dict[str, str]
    """Dotted path of every field to `file:line:column`."""


def read_job_file(path: str) -> JobFile:
    """The file, or standard input for `-`. Raises FileFault."""
    name = "<stdin>" if path == "-" else path
    text = _text(path, name)
    if name.endswith(".json"):
        return _json(text, name)
    return _yaml(text, name)


def _text(path: str, name: str) -> str:
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileFault(f"{name}: cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise FileFault(f"{name}: is larger than {MAX_BYTES} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise FileFault(f"{name}:{line}:{column}: is not valid UTF-8") from error


def _json(text: str, name: str) -> JobFile:
    try:
        data = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise FileFault(f"{name}:{error.lineno}:{error.colno}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise FileFault(f"{name}: {error}") from error
    try:
        # JSON is YAML, tabs apart: the same reader finds the positions.
        return JobFile(data=_mapping(data, name), origins=_yaml(text, name).origins)
    except FileFault:
        return JobFile(data=_mapping(data, name), origins={"": name})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key in found if sum(key == k for k, _ in pairs) > 1)
        raise ValueError(f"{twice!r} is given twice")
    return found


def _mapping(data: object, name: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise FileFault(f"{name}:1:1: must hold a job: fields such as name and command")
    return data


def _yaml(text: str, name: str) -> JobFile:
    document = read_yaml(text, name)
    return JobFile(data=_mapping(document.data, name), origins=document.origins)
