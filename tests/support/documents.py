"""The commands that the documentation shows: found, and run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^`\n]*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """One block of a document; `sh proof=TEST` is proven by that test instead of being run."""

    document: str
    line: int
    language: str
    proof: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def fences(document: Path) -> list[Fence]:
    """All blocks of a document, in order."""
    found: list[Fence] = []
    opened: re.Match[str] | None = None
    lines: list[str] = []
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), start=1):
        match = FENCE.match(line)
        if opened is None:
            opened, lines = match, []
        elif match and match["ticks"] == opened["ticks"] and not match["info"]:
            language, _, proof = opened["info"].partition(" proof=")
            found.append(
                Fence(
                    document=str(document.relative_to(ROOT)),
                    line=number - len(lines) - 1,
                    language=language.strip(),
                    proof=proof.strip(),
                    text="\n".join(lines) + "\n",
                )
            )
            opened = None
        else:
            lines.append(line)
    assert opened is None, f"{document}: a block has no end"
    return found


def commands(document: Path) -> list[Fence]:
    """The blocks of shell commands."""
    return [fence for fence in fences(document) if fence.language == "sh"]


def run_commands(
    document: Path,
    *,
    folder: Path,
    env: Mapping[str, str],
    instead: Mapping[str, str] | None = None,
    timeout_s: float = 180,
) -> str:
    """Runs what a document shows, all in one shell, in `folder`; returns what was printed.

    The first command that fails ends it. `instead` replaces addresses that only the reader has.

    Raises:
        AssertionError: A command failed; says which block, and what was printed.
    """
    script = "set -eu\n"
    for fence in commands(document):
        if not fence.proof:
            script += f"echo '# {fence}'\n{fence.text}"
    for old, new in (instead or {}).items():
        assert old in script, f"{document.name} does not mention {old}"
        script = script.replace(old, new)
    done = subprocess.run(
        ["bash", "-s"],
        check=False,
        input=script,
        cwd=folder,
        env={"LANG": "C.UTF-8", "HOME": str(folder), "PATH": os.environ["PATH"], **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def outputs(printed: str, document: Path) -> Sequence[str]:
    """What each block that was run printed, in order."""
    name = re.escape(str(document.relative_to(ROOT)))
    return re.split(rf"^# {name}:\d+\n", printed, flags=re.MULTILINE)[1:]
