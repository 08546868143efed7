"""`templates` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.cli.conftest import Hodei

TEMPLATE = """\
name: cli-report
description: Says hello.
parameters:
  - {name: city, type: string, default: Málaga}
  - {name: days, type: integer, minimum: 1}
  - {name: dry, type: boolean, default: false}
spec:
  command: printf '%s|' {{ city }} "{{ days }}" {{ dry }}
"""


def test_a_template_is_stored_run_looked_at_and_brought_over(hodei: Hodei, tmp_path: Path) -> None:
    file = tmp_path / "report.yaml"
    file.write_text(TEMPLATE)
    made = hodei("templates", "create", "-f", str(file))
    assert (made.returncode, made.stdout) == (0, "default/cli-report version 1\n"), made.stderr
    wild = "it's $(id) \"`;"
    words = ("-p", f"city={wild}", "-p", "days=3", "-p", "dry=true", "-q")
    ran = hodei("templates", "run", "cli-report", *words)
    assert (ran.returncode, ran.stdout) == (0, f"{wild}|3|true|"), ran.stderr
    wrong = hodei("templates", "run", "cli-report", "-p", "days=some")
    assert wrong.returncode == 2
    assert "--param: parameters.days: must be a whole number of 1 or more" in wrong.stderr
    assert "(given: some)" in wrong.stderr
    out = hodei("templates", "export", "cli-report").stdout
    same = hodei("templates", "import", "-", stdin=out)
    assert same.stdout == "default/cli-report version 1 unchanged\n"
    same = hodei("templates", "edit", "cli-report", "-f", "-", stdin=out)
    assert same.stdout == "default/cli-report version 1 unchanged\n"
    newer = out.replace("Says hello.", "Says more.")
    changed = hodei("templates", "edit", "cli-report", "-f", "-", stdin=newer)
    assert changed.stdout == "default/cli-report version 2\n"
    gone = hodei("templates", "run", "cli-report", "--version", "7", "-p", "days=1")
    assert gone.returncode == 1 and "no version 7 of the template" in gone.stderr
    old = hodei("templates", "run", "cli-report", "--version", "1", "-p", "days=1", "-d")
    detail = hodei("jobs", "get", old.stdout.strip()).stdout
    assert "cli-report (version 1)" in detail and "days=1" in detail
    runs = json.loads(hodei("templates", "runs", "cli-report", "--json").stdout)
    assert [run["origin"]["template"]["version"] for run in runs] == [1, 1]
    shown = hodei("templates", "get", "cli-report").stdout
    assert "(required)" in shown and "printf" in shown
    kept = hodei("templates", "from-job", old.stdout.strip(), "cli-kept")
    assert kept.stdout == "default/cli-kept version 1\n", kept.stderr
    assert hodei("templates", "delete", "cli-report").returncode == 0
    listed = hodei("templates", "list", "-q", "cli-").stdout
    assert "cli-kept" in listed and "cli-report" not in listed


def test_a_fault_in_a_file_says_where(hodei: Hodei) -> None:
    text = "name: x\nspec:\n  command: echo {{ nobody }}\n"
    wrong = hodei("templates", "create", "-f", "-", stdin=text)
    assert wrong.returncode == 2
    assert "<stdin>:3:3: spec.command: names the parameter 'nobody'" in wrong.stderr
