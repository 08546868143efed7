"""Scripts that the interpreter of a bundle runs itself, and how they are called.

They are started by path with `-I -S`, so that nothing but the standard library and what they
import on purpose is in their process. Their answer on stdout is a Python literal.
"""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

from hodei.app.bundle.errors import InterpreterUnsuitable

TIMEOUT_S = 60


def ask(python: str, script: str, *arguments: str) -> object:
    """The answer of `script`, a module of this package.

    Raises InterpreterUnsuitable with the interpreter's last line when it fails.
    """
    # Without positions of columns, byte code is a third smaller; the agent never shows them.
    options = ("-I", "-S", "-B", "-X", "utf8", "-X", "no_debug_ranges")
    path = Path(__file__).with_name(f"{script}.py")
    try:
        done = subprocess.run(
            [python, *options, str(path), *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            cwd="/",
            env={"OPENSSL_CONF": "/dev/null"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InterpreterUnsuitable(f"{python} cannot be run: {error}") from error
    if done.returncode:
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise InterpreterUnsuitable(f"{python} cannot carry the agent: {words[-1]}")
    answer: object = ast.literal_eval(done.stdout)
    return answer
