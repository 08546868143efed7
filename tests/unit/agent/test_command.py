"""How an attempt becomes a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from hodei.agent import command
from hodei.agent.command import NotRunnable, SpecFault, prepare, resolve, shebang, words
from hodei.agent.processes import signal_number


def executable(path: Path, mode: int = 0o755) -> str:
    """A file with this mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        (b"echo hi", []),
        (b"#!/bin/bash\necho", ["/bin/bash"]),
        (b"#! /usr/bin/env python3 -u\n", ["/usr/bin/env", "python3 -u"]),
        (b"#!/bin/sh -eu   \r\n", ["/bin/sh", "-eu"]),
        (b"#!relative\n", []),
        (b"#!", []),
    ],
)
def test_shebang(source: bytes, parts: list[str]) -> None:
    assert shebang(source) == parts


def test_shell_scripts() -> None:
    program = prepare(command.SHELL, "echo", [], {}, "/")
    assert (program.file, program.argv) == ("/bin/sh", ["/bin/sh", "/proc/self/fd/63"])
    assert program.script == b"echo"
    program = prepare(command.SHELL, "#!/bin/bash -e\necho", [], {}, "/")
    assert program.argv == ["/bin/bash", "-e", "/proc/self/fd/63"]


def test_no_shell_in_the_image(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "DEFAULT_SHELL", "/no/sh")
    with pytest.raises(
        SpecFault, match=r"a shell script needs /no/sh, which is not there.*type exec"
    ):
        prepare(command.SHELL, "echo", [], {}, "/")
    with pytest.raises(SpecFault, match="the first line of the script needs /no/zsh"):
        prepare(command.SHELL, "#!/no/zsh\n", [], {}, "/")


def test_interpreters_are_found_in_the_childs_path(tmp_path: Path) -> None:
    file = executable(tmp_path / "bin/python")
    environment = {"PATH": f"/nowhere:{tmp_path}/bin"}
    program = prepare(command.PYTHON, "1", [], environment, "/work")
    assert program.argv == [file, "/proc/self/fd/63"]
    assert environment["PYTHONPATH"] == "/work"
    file = executable(tmp_path / "bin/nodejs")
    program = prepare(command.NODE, "1", [], environment, "/work")
    assert program.argv[:2] == [file, "-e"]
    assert "1" not in program.argv


def test_resolving(tmp_path: Path) -> None:
    tool = executable(tmp_path / "b/tool")
    executable(tmp_path / "a/tool", 0o644)
    (tmp_path / "a/folder").mkdir()
    path = f"{tmp_path}/a:{tmp_path}/b"
    assert resolve("tool", path, "/") == tool
    assert resolve("./b/tool", "", str(tmp_path)) == "./b/tool"
    for name, code in (("nothing", 127), ("folder", 126), ("/no/such", 127), ("a\0b", 127)):
        with pytest.raises(NotRunnable) as caught:
            resolve(name, path, "/")
        assert caught.value.exit_code == code
    with pytest.raises(NotRunnable, match="not executable") as caught:
        resolve("tool", f"{tmp_path}/a", "/")
    assert caught.value.exit_code == 126


def test_an_empty_part_of_path_is_the_working_directory(tmp_path: Path) -> None:
    executable(tmp_path / "tool")
    assert resolve("tool", "/nowhere:", str(tmp_path)) == "./tool"


def test_empty_argv_and_unknown_types() -> None:
    with pytest.raises(SpecFault, match="argv is empty"):
        prepare(command.EXEC, "", [], {}, "/")
    with pytest.raises(SpecFault, match="command type 9"):
        prepare(9, "", [], {}, "/")


@pytest.mark.parametrize(
    ("entrypoint", "given", "argv"),
    [
        ("", ["/bin/echo", "a b"], ["/bin/echo", "a b"]),
        ("[]", ["/bin/echo"], ["/bin/echo"]),
        ("null", ["/bin/echo", "hello"], ["/bin/echo", "hello"]),
        ('["/bin/echo", "-n"]', ["a"], ["/bin/echo", "-n", "a"]),
        ('["/bin/echo", "x\\n"]', ["/bin/cat"], ["/bin/echo", "x\n", "/bin/cat"]),
    ],
)
def test_an_argv_goes_behind_the_entry_point(
    entrypoint: str, given: list[str], argv: list[str]
) -> None:
    program = prepare(command.EXEC, "", given, {}, "/", words(entrypoint))
    assert (program.file, program.argv) == (argv[0], argv)


def test_scripts_do_not_pass_through_the_entry_point() -> None:
    assert prepare(command.SHELL, "true", [], {}, "/", ["/bin/false"]).file == "/bin/sh"


def test_a_missing_interpreter_is_named_with_what_helps() -> None:
    for kind, names in ((command.PYTHON, "python3 nor python"), (command.NODE, "node nor nodejs")):
        with pytest.raises(SpecFault, match=f"neither {names} was found in PATH=/no; choose an"):
            prepare(kind, "1", [], {"PATH": "/no"}, "/")


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("SIGQUIT", 3),
        ("quit", 3),
        ("9", 9),
        ("SIGRTMIN+3", 37),
        ("RTMIN", 34),
        ("", 0),
        ("0", 0),
        ("65", 0),
        ("SIG_DFL", 0),
        ("nonsense", 0),
        ("RTMIN+x", 0),
    ],
)
def test_stop_signals_as_images_write_them(name: str, number: int) -> None:
    assert signal_number(name) == number
