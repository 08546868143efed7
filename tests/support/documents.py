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
    """One block of a document: run as it stands, or proven in another way.

    `sh proof=TEST` is proven by that test, or by several (`A,B`), instead of being run;
    `sh by=hand` only by a reader, for a reason that the text beside it gives. In a block of the
    language `console` the lines that begin with `$ ` are commands, the others what they print.
    """

    document: str
    line: int
    language: str
    proof: str
    by_hand: bool
    text: str

    @property
    def proofs(self) -> list[str]:
        """The tests, `FILE` or `FILE::NAME`."""
        return self.proof.split(",") if self.proof else []

    @property
    def script(self) -> str:
        """The commands; those that print that they failed have to fail."""
        if self.language != "console":
            return self.text
        lines = self.text.splitlines()
        script = ""
        for line, printed in zip(lines, [*lines[1:], ""], strict=True):
            if line.startswith("$ "):
                fails = printed.startswith("hodei: ")
                script += f"if {line[2:]}; then exit 1; fi\n" if fails else f"{line[2:]}\n"
        return script

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
            language, *more = opened["info"].split() or [""]
            proof = "".join(word.removeprefix("proof=") for word in more if word != "by=hand")
            found.append(
                Fence(
                    document=str(document.relative_to(ROOT)),
                    line=number - len(lines) - 1,
                    language=language,
                    proof=proof,
                    by_hand="by=hand" in more,
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
    return [fence for fence in fences(document) if fence.language in ("sh", "console")]


def significant(text: str) -> set[str]:
    """What makes a command what it is: programs, what they are told to do, options, settings.

    Values, names of files and what is quoted are not in it.
    """
    text = text.replace("\\\n", " ")
    text = re.sub(r"'[^']*'|\"[^\"]*\"|\$\([^)]*\)", "", text)
    text = re.sub(r"(^|\s)#.*$", "", text, flags=re.MULTILINE)
    return {word for command in re.split(r"[\n|;&]+", text) for word in _words(command.split())}


def _words(command: list[str]) -> set[str]:
    """What is significant of one command."""
    found: set[str] = set()
    bare: list[str] = []
    options = False
    for word in command:
        options = options or word.startswith("-")
        if re.match(r"--[a-z]", word):
            found.add(word.partition("=")[0])
        elif assigned := re.match(r"([A-Z][A-Z_0-9]*)=", word):
            # What stands after a program is the program's.
            found.update([] if bare and bare[0] != "export" else [assigned[1]])
        elif not options and not re.match(r"[<>$]", word):
            bare.append(word)
    if not bare or bare[0] in ("EOF", "export", "cd", "cat", "source"):
        return found
    program, *rest = bare
    found.add(program.rpartition("/")[2])
    for word in rest[: 2 if program.endswith("hodei") else 1]:
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        found.add(word)
    return found


def run_commands(
    document: Path,
    *,
    folder: Path,
    env: Mapping[str, str],
    instead: Mapping[str, str] | None = None,
    about: str = "",
    timeout_s: float = 280,
) -> str:
    """Runs what a document shows, all in one shell, in `folder`; returns what was printed.

    The first command that fails ends it. `instead` replaces what only the reader has;
    with `about` the blocks that mention it are run, and no others.

    Raises:
        AssertionError: A command failed; says which block, and what was printed.
    """
    script = "set -eu\n"
    for fence in commands(document):
        if not fence.proof and not fence.by_hand and about in fence.text:
            script += f"echo '# {fence}'\n{fence.script}"
    for old, new in (instead or {}).items():
        assert old in script, f"{document.name} does not mention {old}"
        script = script.replace(old, new)
    done = subprocess.run(
        ["bash", "-c", script],
        check=False,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env={"LANG": "C.UTF-8", "HOME": str(folder), "PATH": os.environ["PATH"], **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=timeout_s,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def outputs(printed: str, document: Path) -> Sequence[str]:
    """What each block that was run printed, in order."""
    name = re.escape(str(document.relative_to(ROOT)))
    return re.split(rf"^# {name}:\d+\n", printed, flags=re.MULTILINE)[1:]
