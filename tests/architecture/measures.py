"""Measures of the source tree, read from its syntax trees."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

STANDARD = sys.stdlib_module_names | {"_sha2"}
"""Modules that need no package; some came with a later Python than the one that looks."""
ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "hodei"
GENERATED = PACKAGE / "wire" / "gen"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path

    @cached_property
    def text(self) -> str:
        """Its content."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text, str(self.path))

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())

    @property
    def place(self) -> str:
        """Where it lies, seen from the repository's root."""
        return str(self.path.relative_to(ROOT))

    @property
    def package(self) -> str:
        """Dotted name of the folder it lies in."""
        return ".".join(self.path.relative_to(ROOT / "src").parent.parts)

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def foreign_imports(self) -> Iterator[str]:
        """Top-level names imported from outside the standard library and this project."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            else:
                continue
            for name in names:
                top = name.partition(".")[0]
                if top != "hodei" and top not in STANDARD:
                    yield top


def python_files(*folders: Path) -> list[Source]:
    """Every written (not generated) Python file below `folders`, in a stable order."""
    found = sorted(path for folder in folders for path in folder.rglob("*.py"))
    return [
        Source(path)
        for path in found
        if GENERATED not in path.parents and "node_modules" not in path.parts
    ]


def length(function: Function) -> int:
    """Lines from the first decorator to the last statement."""
    first = min([function.lineno, *(each.lineno for each in function.decorator_list)])
    return (function.end_lineno or first) - first + 1


def untyped(function: Function) -> list[str]:
    """What of a function's signature has no type."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    named += [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    missing = [
        each.arg for each in named if each.annotation is None and each.arg not in ("self", "cls")
    ]
    return missing if function.returns is not None else [*missing, "return"]
