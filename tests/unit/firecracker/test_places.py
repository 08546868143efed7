"""Which process is a worker's, even when it has no words of its own; how a worker ended."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from hodei.adapters.firecracker.places import Place, is_ours, observation
from hodei.domain.provider import ObservedState

WORKER, OTHER = UUID(int=5), UUID(int=6)


@pytest.mark.parametrize(
    ("words", "state", "group", "expected"),
    [
        (f"firecracker\0--id={WORKER}\0", "S", "/", True),
        (f"firecracker\0--id={OTHER}\0", "S", f"/hodei-fc/{WORKER}", False),
        # In the middle of execve.
        ("", "R", f"/hodei-fc/{WORKER}", True),
        ("", "R", f"/hodei-fc/{OTHER}", False),
        # Ended, and nobody has asked after it.
        ("", "Z", f"/hodei-fc/{WORKER}", False),
        ("", "X", f"/hodei-fc/{WORKER}", False),
    ],
)
def test_whose_a_process_is(
    tmp_path: Path, words: str, state: str, group: str, expected: bool
) -> None:
    process = tmp_path / "7"
    process.mkdir()
    (process / "cmdline").write_text(words, "ascii")
    (process / "stat").write_text(f"7 (fire) cracker) {state} 1 7 7 0 -1\n", "ascii")
    (process / "cgroup").write_text(f"4:memory:{group}\n", "ascii")
    assert is_ours(7, WORKER, tmp_path) is expected


def test_a_process_that_is_not_there(tmp_path: Path) -> None:
    assert not is_ours(7, WORKER, tmp_path)


@pytest.mark.parametrize(
    ("console", "code", "starved", "words"),
    [
        ("hodei-init: agent ended: 003\r\n", 3, False, "its one-time password was refused"),
        (
            "[ 7.1] Out of memory: Killed process 9 (python3)\r\nhodei-init: agent ended: 137\r\n",
            137,
            True,
            "out of memory",
        ),
        # What it killed was not the agent.
        (
            "[ 7.1] Out of memory: Killed process 9 (tail)\r\nhodei-init: agent ended: 001\r\n",
            1,
            False,
            "it was cut off from the server",
        ),
        ("hodei-init: agent ended: 137\r\n", 137, False, "exit code 137"),
        ("[ 0.1] Kernel panic\r\n", None, False, "console says last: [ 0.1] Kernel panic"),
    ],
)
def test_how_a_worker_ended(
    tmp_path: Path, console: str, code: int | None, starved: bool, words: str
) -> None:
    place = Place(worker_id=WORKER, folder=tmp_path, program="firecracker")
    place.started.touch()
    place.console.write_text(console, "ascii")
    seen = observation(place)
    assert (seen.state, seen.exit_code) == (ObservedState.EXITED, code)
    assert seen.out_of_memory is starved
    assert words in seen.reason
