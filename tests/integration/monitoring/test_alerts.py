"""Alert rules: valid, each tested and explained, and quiet while a real server is well."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.integration.monitoring.conftest import Watched
from tests.integration.monitoring.prometheus import RULES

DOCS = Path(__file__).parents[3] / "docs" / "monitoring.md"


def rules() -> list[dict[str, Any]]:
    """Every rule."""
    read = yaml.safe_load((RULES / "alerts.yml").read_text())
    return [rule for group in read["groups"] for rule in group["rules"]]


def promtool(*words: str) -> None:
    """Runs it where the rules are; it must be content."""
    done = subprocess.run(
        ["promtool", *words], cwd=RULES, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_and_the_rules_are_valid() -> None:
    promtool("check", "config", "prometheus.yml")


def test_each_rule_fires_for_what_it_is_for_and_for_nothing_else() -> None:
    promtool("test", "rules", "alerts_test.yml")
    tests = yaml.safe_load((RULES / "alerts_test.yml").read_text())["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    names = {rule["alert"] for rule in rules()}
    for fires in (True, False):
        assert {case["alertname"] for case in cases if bool(case["exp_alerts"]) is fires} == names


def test_each_rule_says_what_to_do() -> None:
    anchors = {heading.lower() for heading in re.findall(r"^### (\w+)$", DOCS.read_text(), re.M)}
    wanted = set()
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        notes = rule["annotations"]
        assert notes["summary"] and notes["description"].endswith(".")
        page, _, anchor = notes["runbook"].partition("#")
        assert page == "docs/monitoring.md" and anchor == rule["alert"].lower()
        wanted.add(anchor)
    assert wanted <= anchors
    assert {anchor for anchor in anchors if anchor.startswith("hodei")} == wanted


def test_a_real_server_is_evaluated_without_an_error(watched: Watched) -> None:
    groups = watched.prometheus.get("rules")["groups"]
    found = [rule for group in groups for rule in group["rules"]]
    assert {rule["name"] for rule in found} == {rule["alert"] for rule in rules()}
    assert [rule["name"] for rule in found if rule["health"] == "err"] == []
    firing = {rule["name"] for rule in found if rule["state"] == "firing"}
    assert firing <= {"HodeiSchedulesRefused"}
