"""`schedules` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.cli.conftest import Hodei


def test_a_schedule_from_made_to_gone(hodei: Hodei, tmp_path: Path) -> None:
    job = tmp_path / "job.yaml"
    job.write_text("name: tick\ncommand: echo tick\n")
    made = hodei("schedules", "create", "tock", "--cron", "0 0 1 1 *", "--job", str(job), "--json")
    assert made.returncode == 0, made.stderr
    schedule = json.loads(made.stdout)
    options = ("--every", "6h", "--overlap", "queue", "--catch-up", "all:5", "--jitter", "1m")
    changed = json.loads(hodei("schedules", "update", "tock", *options, "--json").stdout)
    assert changed["id"] == schedule["id"]
    assert changed["rule"]["every_ms"] == 6 * 3_600_000
    assert changed["catch_up"] == {"policy": "all", "limit": 5}
    assert (changed["jitter_ms"], changed["target"]) == (60_000, schedule["target"])
    assert "every 6 h" in hodei("schedules", "get", "tock").stdout
    assert hodei("schedules", "pause", "tock").stdout == "tock paused\n"
    assert "paused" in hodei("schedules", "list").stdout
    assert hodei("schedules", "resume", "tock").stdout == "tock resumed\n"
    assert len(hodei("schedules", "next", "tock", "-n", "3").stdout.splitlines()) == 4
    ran = hodei("schedules", "run", "tock")
    assert ran.returncode == 0
    assert ran.stdout.strip() in hodei("schedules", "firings", "tock").stdout
    template = {
        "name": "greet",
        "spec": {"command": "echo {{ n }}"},
        "parameters": [{"name": "n", "type": "integer"}],
    }
    (tmp_path / "greet.json").write_text(json.dumps(template))
    assert hodei("templates", "create", "-f", str(tmp_path / "greet.json")).returncode == 0
    changed = hodei("schedules", "update", "tock", "--template", "greet", "-p", "n=3", "--json")
    assert changed.returncode == 0, changed.stderr
    assert json.loads(changed.stdout)["target"]["parameters"] == {"n": 3}
    assert hodei("schedules", "delete", "tock").returncode == 0
    assert hodei("schedules", "get", "tock").returncode == 1


def test_an_expression_is_explained_or_refused(hodei: Hodei) -> None:
    told = hodei("schedules", "explain", "*/15 9-17 * * 1-5", "--zone", "Europe/Madrid")
    assert told.returncode == 0
    assert "Every 15 minutes, from 09:00 to 17:59, Monday to Friday" in told.stdout
    assert "Cada 15 minutos, de 09:00 a 17:59, de lunes a viernes" in told.stdout
    wrong = hodei("schedules", "explain", "0 0 31 2 *")
    assert wrong.returncode == 2
    assert "never fires" in wrong.stderr and "(given: 0 0 31 2 *)" in wrong.stderr
    both = hodei("schedules", "create", "x", "--cron", "@daily", "--every", "5m")
    assert both.returncode == 2
