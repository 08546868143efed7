"""A provider of somebody else's: installed beside Hodei, found, and given a job."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.documents import ROOT, run_commands
from tests.support.server import (
    CLEAN_PATH,
    ServerProcess,
    clean_environment,
    data_directory,
    hodei_command,
)

EXAMPLE = ROOT / "examples" / "provider"
PROGRAMS = Path(sys.executable).parent


def install(target: Path) -> None:
    """As `pip install` does it, into a directory of the test's own and without a network."""
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", target]
    command = [sys.executable, "-m", "pip", "install", *map(str, options), str(EXAMPLE)]
    # The build is to find its backend in this very environment.
    env = clean_environment(PATH=f"{PROGRAMS}:{CLEAN_PATH}")
    subprocess.run(command, check=True, env=env, timeout=120)


def test_the_example_runs_a_job(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    install(packages)
    env = {"PYTHONPATH": str(packages), "HODEI_PROCESS_ENABLED": "0"}
    with data_directory() as directory, ServerProcess(directory, env) as server:
        mine = {"HODEI_URL": server.url, "PATH": f"{PROGRAMS}:{CLEAN_PATH}"}
        printed = run_commands(ROOT / "docs" / "providers.md", folder=tmp_path, env=mine)
    assert "namespace" in printed
    assert "up: it answers" in printed
    assert "of my own namespace\n" in printed


def test_a_package_that_cannot_be_imported_stops_nothing(tmp_path: Path) -> None:
    metadata = tmp_path / "packages" / "broken-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[hodei.providers]\nbroken = broken:FACTORY\n")
    env = {"PYTHONPATH": str(metadata.parent)}
    with data_directory() as directory, ServerProcess(directory, env) as server:
        types = subprocess.run(
            hodei_command("providers", "types"),
            env=clean_environment(HODEI_URL=server.url),
            capture_output=True,
            check=True,
            text=True,
            timeout=120,
        )
        log = server.log_path.read_text("utf-8")
    assert "process" in types.stdout
    assert "broken" not in types.stdout
    assert "the provider type broken cannot be loaded from broken:FACTORY" in log
    assert "No module named 'broken'" in log
