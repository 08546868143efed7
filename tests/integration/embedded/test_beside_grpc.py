"""Programs are started from a process whose gRPC threads are busy, as a server's always are."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import uvloop
from grpc import aio, method_handlers_generic_handler, unary_unary_rpc_method_handler

from hodei.app.embedded.account import Account
from hodei.app.embedded.launcher import launch

STARTS = 250
"""With the handlers of fork() of the gRPC library 2 to 10 in 100 crashed."""


def test_every_program_that_is_started_becomes_that_program() -> None:
    given = {
        name: value for name, value in os.environ.items() if name != "GRPC_ENABLE_FORK_SUPPORT"
    }
    # As every program of Hodei begins: its package comes before gRPC.
    script = f"import hodei.app; from {__name__} import main; main()"
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, env=given, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"{STARTS} of {STARTS}\n"), done.stderr


async def _answer(request: bytes, context: aio.ServicerContext[bytes, bytes]) -> bytes:
    del context
    return request


async def _start_beside_calls() -> Counter[int | None]:
    server = aio.server()
    handler = unary_unary_rpc_method_handler(_answer)
    server.add_generic_rpc_handlers(
        (method_handlers_generic_handler("test.Echo", {"Say": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        say = channel.unary_unary("/test.Echo/Say", bytes, bytes)
        await say(b"")

        async def keep_saying() -> None:
            while True:
                await say(b"again")

        callers = [asyncio.create_task(keep_saying()) for _ in range(8)]
        ends = await _start_many()
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
    await server.stop(None)
    return ends


async def _start_many() -> Counter[int | None]:
    account = Account(name="", uid=os.getuid(), gid=os.getgid(), switch=False)
    ends: Counter[int | None] = Counter()
    for _ in range(STARTS):
        process = await launch(
            Path("/bin/true"), [], account=account, output=2, die_with_parent=False
        )
        ends[await process.wait()] += 1
    return ends


def main() -> None:
    """Start many, and say how many became what they were started as."""
    ends = uvloop.run(_start_beside_calls())
    print(f"{ends[0]} of {ends.total()}")
