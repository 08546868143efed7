"""Starts PostgreSQL's programs through the launcher script."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Sequence
from pathlib import Path

from hodei.app.embedded.account import Account

SCRIPT = Path(__file__).with_name("launch.py")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""All that the programs get: nothing of ours (keys, PG* settings, LD_*) leaks into them."""


async def launch(
    program: Path,
    arguments: Sequence[str],
    *,
    account: Account,
    output: int,
    die_with_parent: bool,
) -> Process:
    """Start `program` as `account` in its own session, its output going to `output`."""
    uid, gid = (account.uid, account.gid) if account.switch else (-1, -1)
    tie = signal.SIGINT if die_with_parent else 0
    change = [str(number) for number in (uid, gid, os.getpid(), int(tie))]
    command = [sys.executable, "-I", "-S", str(SCRIPT), *change, str(program), *arguments]
    return await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=output, stderr=STDOUT, env=ENVIRONMENT
    )


async def run(program: Path, arguments: Sequence[str], *, account: Account) -> tuple[int, str]:
    """Run `program` to its end; its exit code and output."""
    process = await launch(program, arguments, account=account, output=PIPE, die_with_parent=True)
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode("utf-8", "replace")
