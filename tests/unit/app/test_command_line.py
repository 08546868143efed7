"""`hodei`: every word that it takes is explained; what people type at any program works."""

from __future__ import annotations

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

import hodei
from hodei.app.cli.main import app
from hodei.app.cli.session import Stop
from hodei.app.cli.specs import Options, build


def unexplained(command: object, path: str) -> list[str]:
    """Options, arguments and commands below `path` that say nothing about themselves."""
    found = [
        f"{path} {parameter.opts[0]}"
        for parameter in getattr(command, "params", ())
        if not getattr(parameter, "help", None)
    ]
    if not getattr(command, "help", None):
        found.append(path)
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            found += unexplained(inner, f"{path} {name}")
    return found


def test_every_option_is_explained() -> None:
    assert unexplained(get_command(app), "hodei") == []


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["--version"], f"{hodei.__version__}\n"),
        (["-h"], "Usage: hodei "),
        (["jobs", "list", "-h"], "Usage: hodei jobs list "),
    ],
)
def test_what_is_typed_at_any_program(words: list[str], printed: str) -> None:
    done = CliRunner().invoke(app, words, prog_name="hodei")
    assert (done.exit_code, done.stdout[: len(printed)]) == (0, printed)


def test_a_complaint_names_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Stop) as stopped:
        build(None, Options(command=["true"], kind="ruby"))
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith("hodei: --type: command.type: must be one of ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("schedules create x --cron @daily", "give what it submits: --job FILE or --template NAME"),
        ("schedules create x --template y", "give one of --cron, --every and --at"),
        ("schedules update x", "nothing to change: see --help"),
        ("webhooks update x", "nothing to change: see --help"),
        ("providers edit x", "nothing to change: see --help"),
        ("users edit x", "nothing to change: see --help"),
        ("--ca /nowhere/ca.pem jobs list", "--ca: no file '/nowhere/ca.pem'"),
    ],
)
def test_what_is_missing_is_said_before_a_server_is_asked(words: str, said: str) -> None:
    done = CliRunner().invoke(app, words.split(), prog_name="hodei")
    assert done.stderr == f"hodei: {said}\n"
    assert isinstance(done.exception, Stop) and done.exception.code == 2
