"""The short form of `make chaos`: a load under faults, and a checker that finds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.documents import ROOT
from tests.support.server import clean_environment

SECONDS = 15
SEED = "7"
"""The jobs and faults are the same in each run; `CHAOS_SEED` chooses others."""


def test_nothing_is_found_after_a_load_under_faults(tmp_path: Path) -> None:
    seed = os.environ.get("CHAOS_SEED") or SEED
    words = ["--seconds", str(SECONDS), "--pause", "1", "--rate", "3", "--no-docker", "--restart"]
    done = subprocess.run(
        [sys.executable, "-m", "chaos", *words, "--seed", seed, "--ledger", tmp_path / "ledger"],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        check=False,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "nothing was found" in done.stdout
    for fault in ("server", "agent", "PostgreSQL is ended", "is dead", "for each piece"):
        assert fault in done.stdout
