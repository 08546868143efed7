"""Running programs of the system.

In threads: the standard library starts a process there without running what other libraries do
at a fork, which would disturb a server that serves at the same time.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from hodei.adapters.firecracker.errors import Refusal
from hodei.ports.threads import to_its_end

PATIENCE_S = 30.0


async def run(
    *argv: str, given: str = "", missing: str = "", patience_s: float = PATIENCE_S
) -> str:
    """What it prints. Raises Refusal with its complaint, unless that contains `missing`.

    A program whose caller leaves runs on to its end, which is waited for.
    """
    code, said, complaint = await _uninterrupted(argv, given, patience_s)
    if code != 0 and (not missing or missing not in complaint):
        raise Refusal(f"{argv[0]}: {complaint.strip() or f'exit code {code}'}")
    return said


async def run_apart(argv: Sequence[str], output: int, patience_s: float = PATIENCE_S) -> int:
    """The exit code of a program in a session of its own that prints to `output`.

    What it leaves running goes on. Raises Refusal.
    """

    def work() -> int:
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                timeout=patience_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Refusal(f"{argv[0]} did not end within {patience_s:g} s") from error
        return done.returncode

    return await to_its_end(work)


async def _uninterrupted(
    argv: Sequence[str], given: str, patience_s: float
) -> tuple[int, str, str]:
    def work() -> tuple[int, str, str]:
        try:
            done = subprocess.run(
                argv, input=given.encode(), capture_output=True, timeout=patience_s, check=False
            )
        except FileNotFoundError as error:
            raise Refusal(f"there is no program {argv[0]}") from error
        except subprocess.TimeoutExpired as error:
            raise Refusal(f"{argv[0]} did not end within {patience_s:g} s") from error
        said, complaint = (each.decode("utf-8", "replace") for each in (done.stdout, done.stderr))
        return done.returncode, said, complaint

    return await to_its_end(work)
