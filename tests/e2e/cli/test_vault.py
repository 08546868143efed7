"""`secrets` and `projects` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.cli.conftest import Hodei


def test_secrets_are_set_used_and_removed(hodei: Hodei, tmp_path: Path) -> None:
    made = hodei("secrets", "set", "CLI_TOKEN", stdin="hush-hush-42\n")
    assert (made.returncode, made.stdout) == (0, "default/CLI_TOKEN version 1\n")
    spec = {
        "name": "uses it",
        "command": 'echo "it is $T"; printf %s "$T" | wc -c',
        "env": {"T": {"secret": "CLI_TOKEN"}},
    }
    job = hodei("run", "-f", "-", stdin=json.dumps(spec))
    assert (job.returncode, job.stdout.split()) == (0, ["it", "is", "***", "12"])
    value = tmp_path / "value"
    value.write_bytes(b"two\nlines\n")
    assert "version 2" in hodei("secrets", "set", "CLI_TOKEN", "--from-file", str(value)).stdout
    listed = hodei("secrets", "list").stdout
    assert "CLI_TOKEN" in listed and "hush" not in listed
    rotated = hodei("secrets", "rotate")
    assert rotated.returncode == 0 and "0 secrets" in rotated.stdout
    assert hodei("secrets", "delete", "CLI_TOKEN").returncode == 0
    assert hodei("secrets", "set", "A", "its value").returncode == 2, "never an argument"
    value.write_bytes(b"\xff\xfe")
    wrong = hodei("secrets", "set", "A", "--from-file", str(value))
    assert wrong.returncode == 2 and "is not UTF-8 at byte 0" in wrong.stderr


def test_projects_are_set_and_removed(hodei: Hodei) -> None:
    made = hodei("projects", "set", "cli", "-d", "By hand", "--cpu", "1.5", "--job-days", "7")
    assert (made.returncode, made.stdout) == (0, "cli created\n")
    changed = hodei("projects", "set", "cli", "--running-jobs", "2", "--cpu", "none", "--json")
    project = json.loads(changed.stdout)
    assert project["quota"] == {"running_jobs": 2, "cpu": None, "memory_mb": None}
    assert (project["description"], project["retention"]["job_days"]) == ("By hand", 7)
    [row] = [
        line for line in hodei("projects", "list").stdout.splitlines() if line.startswith("cli ")
    ]
    assert "0/2" in row and "By hand" in row
    wrong = hodei("projects", "set", "cli", "--memory-mb", "1")
    assert wrong.returncode == 2 and "--memory-mb: quota.memory_mb" in wrong.stderr
    assert hodei("projects", "delete", "cli").returncode == 0
