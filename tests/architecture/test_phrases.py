"""The web UI's phrase books against the source: what the server says to people is in each."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/hodei"
BOOKS = sorted((ROOT / "web/src/i18n/phrases").glob("*.json"))
SPOKEN = (
    "domain/fitting.py",
    "domain/outcomes.py",
    "domain/parsing",
    "domain/placement.py",
    "domain/project.py",
    "domain/retry.py",
    "domain/schedules/cron.py",
    "domain/schedules/fields.py",
    "domain/schedules/turn.py",
    "domain/templates/drafting.py",
    "domain/templates/parameter.py",
    "domain/templates/values.py",
    "domain/trigger.py",
    "domain/units.py",
    "domain/webhooks/parsing.py",
    "engine/access/tokens.py",
    "engine/access/users.py",
    "engine/explain.py",
    "engine/projects.py",
    "engine/providers.py",
    "engine/schedules/catalog.py",
    "engine/secrets.py",
    "engine/webhooks/webhooks.py",
)
"""Whose sentences stand on pages, at the fields of forms and in toasts."""
SHORTEST = 7
"""Letters of a piece that says something by itself."""


def words_of(node: ast.AST) -> str | None:
    """A text of the source, with {} for what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
        return "".join(map(str, parts))
    return None


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Texts of more than one word that are neither docstrings nor messages of the log."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if id(node) in skipped or _is_silent(node):
            skipped.update(id(child) for child in ast.walk(node))
            continue
        words = words_of(node)
        if isinstance(node, ast.JoinedStr):
            # What is put in is looked at by itself, its own parts are not.
            skipped.update(id(part) for part in node.values if isinstance(part, ast.Constant))
            for part in node.values:
                if isinstance(part, ast.FormattedValue) and part.format_spec is not None:
                    skipped.update(id(child) for child in ast.walk(part.format_spec))
        if words is not None and " " in words.strip():
            yield getattr(node, "lineno", 0), words


def _is_silent(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return words_of(node.value) is not None
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "logger"
    )


def pieces(sentence: str) -> list[str]:
    """What a sentence says beside what is put in."""
    found = [piece.strip(" .,;:()'") for piece in sentence.split("{}")]
    return [piece for piece in found if len(re.sub(r"[^a-z]", "", piece)) >= SHORTEST]


def spoken() -> list[Path]:
    """The files of SPOKEN."""
    files: list[Path] = []
    for name in SPOKEN:
        path = SOURCE / name
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return files


@pytest.mark.parametrize("book", BOOKS, ids=lambda path: path.stem)
def test_what_the_server_says_is_in_the_book(book: Path) -> None:
    known = "\n".join(json.loads(book.read_text(encoding="utf-8")))
    missing = [
        f"{path.relative_to(ROOT)}:{line}: {words}"
        for path in spoken()
        for line, words in sentences(path)
        if not all(piece in known for piece in pieces(words))
    ]
    assert not missing, "\n".join(missing)
