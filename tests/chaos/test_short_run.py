"""`make chaos` in short: a load under faults, and a checker that finds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.documents import ROOT
from tests.support.server import clean_environment

SEED = "7"
"""The jobs and faults are the same in each run; `CHAOS_SEED` chooses others."""
PATIENCE_S = 1500
"""A slow machine is slow, not wrong."""


def _run(tmp_path: Path, *words: str) -> Sequence[str]:
    """The kinds of faults of a run on processes; each came, and nothing was found."""
    seed = os.environ.get("CHAOS_SEED") or SEED
    done = subprocess.run(
        [
            *(sys.executable, "-m", "chaos", "--no-docker", "--restart", *words),
            *("--seed", seed, "--ledger", tmp_path / "ledger"),
        ],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    lines = done.stdout.splitlines()
    assert "nothing was found" in lines
    told = next(line for line in lines if line.startswith("faults: "))
    counts = dict(word.split(" ") for word in told.removeprefix("faults: ").split(", "))
    assert all(int(count) for count in counts.values()), told
    return list(counts)


@pytest.mark.timeout(PATIENCE_S + 60)
def test_nothing_is_found_after_a_server_and_an_agent_were_killed(tmp_path: Path) -> None:
    words = ["--seconds", "4", "--pause", "1", "--rate", "3", "--faults", "server,agent"]
    assert _run(tmp_path, *words) == ["server", "agent"]


@pytest.mark.long
@pytest.mark.timeout(PATIENCE_S + 60)
def test_nothing_is_found_after_a_load_under_faults(tmp_path: Path) -> None:
    kinds = _run(tmp_path, "--seconds", "15", "--pause", "1", "--rate", "3")
    assert kinds == ["server", "agent", "postgres", "wire", "slow-wire"]
