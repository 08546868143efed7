"""Dashboards: what Grafana is given is whole, and every query of it has data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.monitoring.conftest import Watched

GRAFANA = Path(__file__).parents[3] / "deploy" / "grafana"
BOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
INTERVALS = {"$__rate_interval": "5m", "$__range": "5m", "$provider": ".*", "$instance": ".*"}
PANELS = {"stat", "timeseries", "table", "row"}


def board(path: Path) -> dict[str, Any]:
    """One dashboard."""
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def queries(path: Path) -> Iterator[tuple[str, str]]:
    """Title of the panel, and query as it is sent."""
    for panel in board(path)["panels"]:
        for target in panel.get("targets", ()):
            expression = target["expr"]
            for name, value in INTERVALS.items():
                expression = expression.replace(name, value)
            assert "$" not in expression, expression
            yield panel["title"], expression


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_every_query_has_data(watched: Watched, path: Path) -> None:
    empty = [
        (title, query) for title, query in queries(path) if not watched.prometheus.numbers(query)
    ]
    assert empty == []


def test_the_four_dashboards_are_there() -> None:
    assert [path.stem for path in BOARDS] == [
        "hodei-jobs",
        "hodei-overview",
        "hodei-providers",
        "hodei-server",
    ]


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(path: Path) -> None:
    given = board(path)
    source = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())
    uid = source["datasources"][0]["uid"]
    assert given["uid"] == path.stem and given["schemaVersion"] >= 36 and given["title"]
    ids = [panel["id"] for panel in given["panels"]]
    assert len(set(ids)) == len(ids)
    taken = set[tuple[int, int]]()
    for panel in given["panels"]:
        assert panel["type"] in PANELS and panel["title"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, f"{panel['title']} lies on another panel"
        taken |= cells
        if panel["type"] == "row":
            continue
        assert panel["targets"] and panel["datasource"]["uid"] == uid
        assert all(target["datasource"]["uid"] == uid for target in panel["targets"])
    for variable in given["templating"]["list"]:
        used = any(f"${variable['name']}" in json.dumps(panel) for panel in given["panels"])
        assert used, variable["name"]


def test_what_is_provisioned_is_where_it_is_looked_for() -> None:
    folder = GRAFANA / "provisioning"
    [provider] = yaml.safe_load((folder / "dashboards/hodei.yml").read_text())["providers"]
    assert provider["type"] == "file" and provider["options"]["path"] == "/etc/grafana/dashboards"
