"""Draws docs/states/*.md from the tables of the state machines; --check only compares them."""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hodei.domain import attempt, job, worker
from hodei.domain.attempt import ATTEMPT
from hodei.domain.job import JOB
from hodei.domain.machine import Machine
from hodei.domain.webhooks import delivery
from hodei.domain.webhooks.delivery import DELIVERY
from hodei.domain.worker import WORKER

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "states"

_STORIES = {
    "job": "What a person sees of a job. What happens between ASSIGNED and the end is told by "
    "the phases of its attempts.",
    "attempt": "Where one try at a job is. The timeline of the job page is these phases.",
    "worker": "What an ephemeral worker is at the moment. What is wanted of it (RUN or GONE) is "
    "kept apart, and the reconciler compares the two.",
    "delivery": "How far one event has come on its way to one webhook.",
}
_SOURCES = {"job": job, "attempt": attempt, "worker": worker, "delivery": delivery}
_MACHINES: Mapping[str, Machine[Any]] = {
    "job": JOB,
    "attempt": ATTEMPT,
    "worker": WORKER,
    "delivery": DELIVERY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One row of a table, with the comment above it."""

    state: str
    event: str
    after: str
    comment: str


def edges(name: str) -> list[Edge]:
    """The edges of a machine in the order of its source, each with its comment ("" if none)."""
    path = Path(str(_SOURCES[name].__file__))
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    table = _table(ast.parse(source), name.upper())
    return [
        Edge(
            state=_last_name(_pair(key)[0]),
            event=_last_name(_pair(key)[1]),
            after=_last_name(value),
            comment=_comment_above(lines, key.lineno),
        )
        for key, value in zip(table.keys, table.values, strict=True)
        if key is not None
    ]


def page(name: str) -> str:
    """The whole page of a machine, in Markdown."""
    machine = _MACHINES[name]
    rows = edges(name)
    drawing = [f"    {e.state} --> {e.after}: {e.event}" for e in rows]
    ends = [f"    {state} --> [*]" for state in machine.states if state in machine.terminal]
    table = [f"| {e.state} | {e.event} | {e.after} | {e.comment} |" for e in rows]
    return "\n".join(
        [
            f"# States: {name}",
            "",
            "<!-- Drawn by scripts/draw_states.py from the table in "
            f"src/hodei/domain/{name}.py; edit that. -->",
            "",
            _STORIES[name],
            "",
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {machine.initial}",
            *drawing,
            *ends,
            "```",
            "",
            "| In | takes | and becomes | when |",
            "|---|---|---|---|",
            *table,
            "",
        ]
    )


def stale() -> list[str]:
    """Names of the pages that are missing or differ from their table."""
    return [name for name in _MACHINES if _stored(name) != page(name)]


def main(arguments: list[str] | None = None) -> int:
    """Writes the pages, or with --check compares them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when stale")
    check = parser.parse_args(arguments).check
    if check:
        old = stale()
        for name in old:
            print(f"docs/states/{name}.md is stale; run scripts/draw_states.py", file=sys.stderr)
        return 1 if old else 0
    PAGES.mkdir(parents=True, exist_ok=True)
    for name in _MACHINES:
        (PAGES / f"{name}.md").write_text(page(name), encoding="utf-8")
    return 0


def _stored(name: str) -> str:
    path = PAGES / f"{name}.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _table(tree: ast.Module, variable: str) -> ast.Dict:
    """The dict literal inside `VARIABLE: Machine[...] = Machine(..., {...})`."""
    for node in tree.body:
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id == variable
            and isinstance(node.value, ast.Call)
        ):
            return next(arg for arg in node.value.args if isinstance(arg, ast.Dict))
    raise LookupError(f"no machine named {variable}")


def _pair(key: ast.expr) -> tuple[ast.expr, ast.expr]:
    if not isinstance(key, ast.Tuple):
        raise TypeError("a key of a table is a pair of state and event")
    state, event = key.elts
    return state, event


def _last_name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def _comment_above(lines: list[str], line_number: int) -> str:
    """The comment lines directly above a line (counted from 1), joined."""
    found: list[str] = []
    for line in reversed(lines[: line_number - 1]):
        text = line.strip()
        if not text.startswith("#"):
            break
        found.insert(0, text.lstrip("# "))
    return " ".join(found)


if __name__ == "__main__":
    raise SystemExit(main())
