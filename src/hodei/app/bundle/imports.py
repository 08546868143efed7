"""Which modules the agent's source text can ask for at any time, lazy imports included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

EXTRA = (
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.utf_8",
    "stringprep",
    "unicodedata",
)
"""What the C code of other modules imports on its own: `getaddrinfo` encodes names as IDNA."""
OWN = frozenset({"hodei", "__future__"})
SHARED = ("__init__.py", "domain/__init__.py", "domain/redaction.py")
"""What the agent takes along of the package around it."""


def agent_sources(agent: Path) -> list[Path]:
    """Every file that the agent in `agent` consists of, sorted."""
    return sorted([*(agent.parent / path for path in SHARED), *agent.rglob("*.py")])


def agent_modules(agent: Path) -> list[str]:
    """Every module of the package in `agent`, by its full name, sorted."""
    root = agent.parent.parent
    names = []
    for path in agent_sources(agent):
        parts = path.relative_to(root).with_suffix("").parts
        if parts[-1] == "__main__":
            # To import it is to run the agent.
            continue
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(names)


def imported_names(agent: Path) -> dict[str, bool]:
    """Every foreign module that the package in `agent` imports anywhere -> whether it must exist.

    What is imported inside of `try ... except ImportError` may be missing.
    """
    found: dict[str, bool] = {}
    for path in agent_sources(agent):
        tree = ast.parse(path.read_text("utf-8"), str(path))
        for name, needed in _imports(tree, needed=True):
            if name.partition(".")[0] not in OWN:
                found[name] = needed or found.get(name, False)
    return dict(sorted(found.items()))


def _imports(node: ast.AST, *, needed: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, needed) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module, needed
    needed = needed and not _survives_absence(node)
    for child in _executed(node):
        yield from _imports(child, needed=needed)


def _survives_absence(node: ast.AST) -> bool:
    if not isinstance(node, ast.Try):
        return False
    caught = (handler.type for handler in node.handlers if handler.type is not None)
    names = {inner.id for kind in caught for inner in ast.walk(kind) if isinstance(inner, ast.Name)}
    return "ImportError" in names


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """The children that are there when the program runs."""
    if isinstance(node, ast.If) and _is_type_checking(node.test):
        yield from node.orelse
    else:
        yield from ast.iter_child_nodes(node)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"
