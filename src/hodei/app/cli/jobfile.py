"""Reads a job file (YAML or JSON) and remembers where each field is written.

The tree of nodes that the YAML reader composes carries line and column of everything; walking
it ourselves gives plain data, the positions, and clear refusals of what YAML allows and a job
file has no use for: duplicate keys, tags, several documents, aliases that multiply.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 2 << 20
MAX_NODES = 100_000
MAX_DEPTH = 64
_PLAIN = "tag:yaml.org,2002:"


class FileFault(Exception):
    """The file cannot be read as a job; `str()` says where and why."""


class _Loader(yaml.SafeLoader):
    """Dates stay text: a job spec has none."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != f"{_PLAIN}timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFile:
    """What a file holds, and where."""

    data: Mapping[str, Any]
    origins: dict[str, str]
    """Dotted path of every field to `file:line:column`."""


@dataclass(slots=True)
class _Walk:
    name: str
    loader: _Loader
    origins: dict[str, str] = field(default_factory=dict)
    nodes: int = 0


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
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        raise FileFault(_unprintable(text, name, error)) from error
    try:
        node = loader.get_single_node()
        if node is None:
            raise FileFault(f"{name}:1:1: is empty")
        walk = _Walk(name, loader, {"": f"{name}:1:1"})
        data = _value(walk, node, "", 0)
    except yaml.MarkedYAMLError as error:
        raise FileFault(_syntax(name, error)) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise FileFault(f"{name}: {error}") from error
    finally:
        loader.dispose()
    return JobFile(data=_mapping(data, name), origins=walk.origins)


def _unprintable(text: str, name: str, error: yaml.reader.ReaderError) -> str:
    before = text[: error.position]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    what = "a NUL character" if error.character == 0 else f"the character U+{error.character:04X}"
    return f"{name}:{line}:{column}: must not contain {what}"


def _syntax(name: str, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    problem = " ".join(part for part in (error.context, error.problem) if part)
    return f"{_at(name, mark) if mark else name}: {problem or 'is not YAML'}"


def _at(name: str, mark: yaml.Mark) -> str:
    return f"{name}:{mark.line + 1}:{mark.column + 1}"


def _value(walk: _Walk, node: yaml.Node, path: str, depth: int) -> Any:
    walk.nodes += 1
    if walk.nodes > MAX_NODES or depth > MAX_DEPTH:
        raise FileFault(f"{_at(walk.name, node.start_mark)}: has too many or too deep values")
    match node:
        case yaml.MappingNode():
            return _object(walk, node, path, depth)
        case yaml.SequenceNode():
            return [_item(walk, item, f"{path}[{i}]", depth) for i, item in enumerate(node.value)]
        case _ if node.tag.startswith(_PLAIN):
            return walk.loader.construct_object(node)
        case _:
            raise FileFault(f"{_at(walk.name, node.start_mark)}: the tag {node.tag} is not known")


def _item(walk: _Walk, node: yaml.Node, path: str, depth: int) -> Any:
    walk.origins.setdefault(path, _at(walk.name, node.start_mark))
    return _value(walk, node, path, depth + 1)


def _object(walk: _Walk, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        where = _at(walk.name, key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            raise FileFault(f"{where}: a field's name must be text")
        key = key_node.value
        if key in found:
            raise FileFault(f"{where}: {key!r} is given twice")
        inner = f"{path}.{key}" if path else key
        walk.origins[inner] = where
        found[key] = _value(walk, value_node, inner, depth + 1)
    return found
