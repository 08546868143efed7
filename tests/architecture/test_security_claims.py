"""The page about security names tests that there are."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\|(.+)\|(.+)\|$", re.MULTILINE)


@cache
def names_in(path: str) -> frozenset[str]:
    """Names of the test functions in a file, methods included."""
    tree = ast.parse((ROOT / path).read_text())
    found = (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return frozenset(node.name for node in found if node.name.startswith("test_"))


def test_every_test_that_is_named_exists() -> None:
    named = TEST.findall(PAGE)
    assert len(named) > 50
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or name not in names_in(path)
    ]
    assert not missing


def test_every_claim_names_a_test() -> None:
    claims = 0
    for table in PAGE.split("\n\n"):
        if not table.startswith("| claim | shown by |"):
            continue
        for claim, shown in ROW.findall(table)[2:]:
            claims += 1
            assert TEST.search(shown), claim
            assert not TEST.sub("", shown).strip(" ,"), f"more than tests: {shown}"
    assert claims > 40


def test_every_attacker_has_a_section() -> None:
    sections = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    for attacker in ("job", "worker", "viewer", "operator", "network attacker", "stolen token"):
        assert any(attacker in section for section in sections), attacker
