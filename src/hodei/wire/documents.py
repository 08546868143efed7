"""YAML documents as plain data that knows where it was written, and back.

The tree of nodes that the YAML reader composes carries line and column of everything; walking
it ourselves gives plain data, the positions, and clear refusals of what YAML allows and nobody
here has a use for: duplicate keys, tags, several documents, aliases that multiply.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_NODES = 100_000
MAX_DEPTH = 64
_PLAIN = "tag:yaml.org,2002:"


class DocumentFault(Exception):
    """The text cannot be read; `str()` says where and why."""


class _Loader(yaml.SafeLoader):
    """Dates stay text: nothing here has one."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != f"{_PLAIN}timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines are written as they are."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar(f"{_PLAIN}str", text, style=style)


_Dumper.add_representer(str, _represent_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a text holds, and where."""

    data: Any
    origins: dict[str, str]
    """Dotted path of every field to `name:line:column`."""


@dataclass(slots=True)
class _Walk:
    name: str
    loader: _Loader
    origins: dict[str, str] = field(default_factory=dict)
    nodes: int = 0


def write_yaml(data: object) -> str:
    """Plain data as YAML that `read_yaml` takes back unchanged."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def read_yaml(text: str, name: str) -> Document:
    """The one document in `text`, which is called `name`. Raises DocumentFault."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        raise DocumentFault(_unprintable(text, name, error)) from error
    try:
        node = loader.get_single_node()
        if node is None:
            raise DocumentFault(f"{name}:1:1: is empty")
        walk = _Walk(name, loader, {"": f"{name}:1:1"})
        data = _value(walk, node, "", 0)
    except yaml.MarkedYAMLError as error:
        raise DocumentFault(_syntax(name, error)) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise DocumentFault(f"{name}: {error}") from error
    finally:
        loader.dispose()
    return Document(data=data, origins=walk.origins)


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
        raise DocumentFault(f"{_at(walk.name, node.start_mark)}: has too many or too deep values")
    match node:
        case yaml.MappingNode():
            return _object(walk, node, path, depth)
        case yaml.SequenceNode():
            return [_item(walk, item, f"{path}[{i}]", depth) for i, item in enumerate(node.value)]
        case _ if node.tag.startswith(_PLAIN):
            return walk.loader.construct_object(node)
        case _:
            raise DocumentFault(
                f"{_at(walk.name, node.start_mark)}: the tag {node.tag} is not known"
            )


def _item(walk: _Walk, node: yaml.Node, path: str, depth: int) -> Any:
    walk.origins.setdefault(path, _at(walk.name, node.start_mark))
    return _value(walk, node, path, depth + 1)


def _object(walk: _Walk, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        where = _at(walk.name, key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            raise DocumentFault(f"{where}: a field's name must be text")
        key = key_node.value
        if key in found:
            raise DocumentFault(f"{where}: {key!r} is given twice")
        inner = f"{path}.{key}" if path else key
        walk.origins[inner] = where
        found[key] = _value(walk, value_node, inner, depth + 1)
    return found
