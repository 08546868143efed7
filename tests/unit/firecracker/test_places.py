"""Which process is a worker's, in the moments when it has no words of its own too."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from hodei.adapters.firecracker.places import is_ours

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
