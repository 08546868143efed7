"""How an attempt becomes a program and its arguments.

A script never appears in an argument list, where every user of the host could read it: it lies
in an anonymous file that the interpreter inherits and opens as `/proc/self/fd/63`. That works on
a read-only root without /tmp, leaves standard input to the job, and needs no cleaning up.

An image's ENTRYPOINT goes before an argv, as container engines have it. A script is run by its
interpreter itself: an entry point that is a program of its own would not know what to do with it.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SHELL, EXEC, PYTHON, NODE = 1, 2, 3, 4
SCRIPT_FD = 63
SCRIPT_PATH = f"/proc/self/fd/{SCRIPT_FD}"
DEFAULT_SHELL = "/bin/sh"
NOT_FOUND, NOT_EXECUTABLE = 127, 126

# Node would resolve modules beside the anonymous file. This makes the script a main module that
# lies in the working directory.
NODE_LOADER = (
    'const M=require("module"),p=require("path").join(process.cwd(),"script.js"),'
    "m=new M(p,null);m.filename=p;m.paths=M._nodeModulePaths(process.cwd());"
    "process.argv[1]=p;process.mainModule=m;"
    f'm._compile(require("fs").readFileSync("{SCRIPT_PATH}","utf8"),p)'
)


class SpecFault(Exception):
    """The attempt cannot be run in this image at all; `str()` is a sentence for a person."""


class NotRunnable(Exception):
    """The program is missing (127) or may not be executed (126), as a shell would say."""

    def __init__(self, exit_code: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Program:
    """An absolute or relative file to execute, its arguments, and a script for fd 63 if any."""

    __slots__ = ("argv", "file", "script")

    def __init__(self, file: str, argv: list[str], script: bytes | None = None) -> None:
        self.file = file
        self.argv = argv
        self.script = script


def prepare(
    kind: int,
    script: str,
    argv: list[str],
    environment: dict[str, str],
    cwd: str,
    entrypoint: Sequence[str] = (),
) -> Program:
    """The program for an attempt of this command type; `entrypoint` is the image's.

    Raises SpecFault, NotRunnable.
    """
    path = environment.get("PATH", "")
    if kind == EXEC:
        return _exec_program([*entrypoint, *argv], path, cwd)
    source = script.encode("utf-8", "surrogateescape")
    if kind == SHELL:
        return _shell_program(source)
    if kind == PYTHON:
        # The anonymous file has no directory, so modules beside the job are found by this.
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{cwd}:{known}" if known else cwd
        file = _interpreter("Python", ("python3", "python"), path, cwd)
        return Program(file, [file, SCRIPT_PATH], source)
    if kind == NODE:
        file = _interpreter("Node.js", ("node", "nodejs"), path, cwd)
        return Program(file, [file, "-e", NODE_LOADER], source)
    raise SpecFault(f"this agent does not know command type {kind}")


def resolve(name: str, path: str, cwd: str) -> str:
    """The file that `name` means for a process with this PATH. Raises NotRunnable."""
    if "/" in name:
        return _checked(name, cwd)
    denied = ""
    for folder in path.split(":"):
        candidate = os.path.join(folder or ".", name)
        try:
            return _checked(candidate, cwd)
        except NotRunnable as fault:
            if fault.exit_code == NOT_EXECUTABLE:
                denied = denied or candidate
    if denied:
        raise NotRunnable(NOT_EXECUTABLE, f"{denied} is not executable")
    raise NotRunnable(NOT_FOUND, f"{name} was not found in PATH={path}")


def exec_fault(file: str, error: OSError) -> NotRunnable:
    """What the kernel's refusal to execute `file` means."""
    import errno

    if error.errno == errno.ENOENT:
        return NotRunnable(
            NOT_FOUND, f"{file} exists, but the interpreter or loader that it asks for does not"
        )
    if error.errno == errno.ENOEXEC:
        return NotRunnable(
            NOT_EXECUTABLE, f"{file} is neither a program for this machine nor starts with #!"
        )
    return NotRunnable(NOT_EXECUTABLE, f"{file} cannot be executed: {error.strerror}")


def login_shell(environment: dict[str, str], cwd: str) -> str:
    """The best shell of the image. Raises SpecFault when there is none."""
    path = environment.get("PATH", "")
    for name in ("bash", "sh", "/bin/bash", "/bin/sh"):
        try:
            return resolve(name, path, cwd)
        except NotRunnable:
            continue
    raise SpecFault(
        f"there is no shell in this image: neither bash nor sh in PATH={path}, and neither "
        "/bin/bash nor /bin/sh; a program that it has can be run by name"
    )


def shebang(source: bytes) -> list[str]:
    """Interpreter and at most one argument of the first line; empty when it names none."""
    if not source.startswith(b"#!"):
        return []
    line = os.fsdecode(source[2:4096].split(b"\n", 1)[0]).strip()
    return line.split(None, 1) if line.startswith("/") else []


def words(text: str) -> list[str]:
    """A JSON list of text, which may be missing."""
    if text in ("", "[]", "null"):
        return []
    # Few jobs need it, and they are not charged with its loading before.
    import json

    found: list[str] = json.loads(text)
    return found


def _shell_program(source: bytes) -> Program:
    asked = shebang(source)
    interpreter = asked or [DEFAULT_SHELL]
    try:
        _checked(interpreter[0], "/")
    except NotRunnable as fault:
        who = "the first line of the script" if asked else "a shell script"
        raise SpecFault(
            f"{who} needs {interpreter[0]}, which is not there; choose an image that has it, "
            "or run a program of the image itself with type exec"
        ) from fault
    return Program(interpreter[0], [*interpreter, SCRIPT_PATH], source)


def _exec_program(argv: list[str], path: str, cwd: str) -> Program:
    if not argv or not argv[0]:
        raise SpecFault("argv is empty: there is no program to execute")
    return Program(resolve(argv[0], path, cwd), argv)


def _interpreter(language: str, names: tuple[str, ...], path: str, cwd: str) -> str:
    for name in names:
        try:
            return resolve(name, path, cwd)
        except NotRunnable:
            continue
    raise SpecFault(
        f"a script of this type needs {language}, and neither {' nor '.join(names)} was found "
        f"in PATH={path}; choose an image that has {language}"
    )


def _checked(file: str, cwd: str) -> str:
    """`file` when it is a regular file that may be executed."""
    full = os.path.join(cwd, file)
    try:
        mode = os.stat(full).st_mode
    except PermissionError as error:
        raise NotRunnable(NOT_EXECUTABLE, f"{file} cannot be reached: permission denied") from error
    except (OSError, ValueError) as error:
        raise NotRunnable(NOT_FOUND, f"{file} was not found") from error
    if not stat.S_ISREG(mode) or not os.access(full, os.X_OK):
        what = "a directory" if stat.S_ISDIR(mode) else "not executable"
        raise NotRunnable(NOT_EXECUTABLE, f"{file} is {what}")
    return file
