"""Running programs of the system."""

from __future__ import annotations

import asyncio

from hodei.adapters.firecracker.errors import Refusal

PATIENCE_S = 30.0


async def run(
    *argv: str, given: str = "", missing: str = "", patience_s: float = PATIENCE_S
) -> str:
    """What it prints. Raises Refusal with its complaint, unless that contains `missing`.

    A program whose caller leaves runs on to its end, which is waited for.
    """
    task = asyncio.ensure_future(_run(argv, given, missing, patience_s))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise


async def _run(argv: tuple[str, ...], given: str, missing: str, patience_s: float) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise Refusal(f"there is no program {argv[0]}") from error
    try:
        async with asyncio.timeout(patience_s):
            said, complaint = await process.communicate(given.encode())
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise Refusal(f"{argv[0]} did not end within {patience_s:g} s") from error
    if process.returncode != 0:
        words = complaint.decode("utf-8", "replace")
        if not missing or missing not in words:
            raise Refusal(f"{argv[0]}: {words.strip() or f'exit code {process.returncode}'}")
    return said.decode("utf-8", "replace")
