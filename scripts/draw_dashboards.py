"""Writes deploy/grafana/dashboards/*.json from scripts/dashboards.yml; --check only compares."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "scripts" / "dashboards.yml"
FOLDER = ROOT / "deploy" / "grafana" / "dashboards"

COLUMNS = 24
DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
SIZES = {"stat": (4, 4), "graph": (8, 8), "table": (12, 8)}
"""Columns and rows of each kind of panel."""
KINDS = {"stat": "stat", "graph": "timeseries", "table": "table"}
GOOD, BAD = "green", "red"

Json = dict[str, Any]


def main() -> int:
    """Writes, or compares; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check: bool = parser.parse_args().check
    stale = False
    for given in yaml.safe_load(SOURCE.read_text(encoding="utf-8"))["dashboards"]:
        path = FOLDER / f"{given['uid']}.json"
        text = json.dumps(dashboard(given), indent=2, ensure_ascii=False) + "\n"
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale = True
        if check:
            print(f"{path.relative_to(ROOT)} is stale: run 'make generate'", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
    return int(check and stale)


def dashboard(given: Json) -> Json:
    """One dashboard as Grafana reads it."""
    return {
        "uid": given["uid"],
        "title": given["title"],
        "description": given["description"],
        "tags": ["hodei"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "links": [_others()],
        "templating": {"list": [_variable(name) for name in given.get("variables", ())]},
        "annotations": {"list": []},
        "panels": _placed(given["panels"]),
    }


def _others() -> Json:
    return {
        "title": "Hodei",
        "type": "dashboards",
        "tags": ["hodei"],
        "asDropdown": False,
        "includeVars": True,
        "keepTime": True,
    }


def _variable(name: str) -> Json:
    metric = {"provider": "hodei_provider_up", "instance": "hodei_build_info"}[name]
    query = f"label_values({metric}, {name})"
    return {
        "name": name,
        "label": name.capitalize(),
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": "variable"},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def _placed(panels: Sequence[Json]) -> list[Json]:
    """Panels from left to right, then below."""
    made: list[Json] = []
    x = y = lowest = 0
    for number, given in enumerate(panels, start=1):
        if "row" in given:
            y, x = lowest, 0
            place = {"h": 1, "w": COLUMNS, "x": 0, "y": y}
            made.append(
                {
                    "id": number,
                    "type": "row",
                    "title": given["row"],
                    "collapsed": False,
                    "panels": [],
                    "gridPos": place,
                }
            )
            y = lowest = y + 1
            continue
        kind = given.get("kind", "graph")
        width, height = given.get("width", SIZES[kind][0]), SIZES[kind][1]
        if x + width > COLUMNS:
            x, y = 0, lowest
        made.append(_panel(number, kind, given, {"h": height, "w": width, "x": x, "y": y}))
        x, lowest = x + width, max(lowest, y + height)
    return made


def _panel(number: int, kind: str, given: Json, place: Mapping[str, int]) -> Json:
    queries = given["queries"]
    return {
        "id": number,
        "type": KINDS[kind],
        "title": given["title"],
        "description": given.get("description", ""),
        "datasource": DATASOURCE,
        "gridPos": dict(place),
        "targets": [
            _target(position, kind, query, legend)
            for position, (query, legend) in enumerate(queries.items())
        ],
        "fieldConfig": {"defaults": _look(kind, given), "overrides": []},
        "options": _options(kind),
        "transformations": [{"id": "merge", "options": {}}] if kind == "table" else [],
    }


def _target(position: int, kind: str, query: str, legend: str) -> Json:
    return {
        "refId": chr(ord("A") + position),
        "datasource": DATASOURCE,
        "expr": " ".join(query.split()),
        "legendFormat": legend,
        "range": kind == "graph",
        "instant": kind != "graph",
        "format": "table" if kind == "table" else "time_series",
        "editorMode": "code",
    }


def _look(kind: str, given: Json) -> Json:
    """Unit, colours and lines."""
    look: Json = {"unit": given.get("unit", "short"), "min": 0}
    if kind == "graph":
        stacked = given.get("stack", False)
        look["custom"] = {
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": 25 if stacked else 8,
            "showPoints": "never",
            "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        }
        look["color"] = {"mode": "palette-classic"}
        return look
    steps: list[Json] = [{"color": GOOD, "value": None}]
    if "bad_from" in given:
        steps.append({"color": BAD, "value": given["bad_from"]})
    if "good_from" in given:
        steps = [{"color": BAD, "value": None}, {"color": GOOD, "value": given["good_from"]}]
    look["thresholds"] = {"mode": "absolute", "steps": steps}
    look["color"] = {"mode": "thresholds"}
    return look


def _options(kind: str) -> Json:
    match kind:
        case "stat":
            return {
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                "colorMode": "value",
                "graphMode": "none",
                "textMode": "auto",
            }
        case "table":
            return {"showHeader": True, "cellHeight": "sm"}
        case _:
            return {
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }


if __name__ == "__main__":
    sys.exit(main())
