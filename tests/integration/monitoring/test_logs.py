"""The server's own log in JSON: one schema, and the ids of what a line is about."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.integration.monitoring.conftest import Watched

DOCS = Path(__file__).parents[3] / "docs" / "monitoring.md"
IDS = ("job_id", "attempt_id", "worker_id")


def lines(watched: Watched) -> list[dict[str, Any]]:
    """What the first server has said on stderr; its words on stdout are no log."""
    said = watched.installation.first.log.splitlines()
    return [json.loads(line) for line in said if not line.startswith("hodei")]


def test_every_line_has_the_keys_of_the_documents(watched: Watched) -> None:
    part = DOCS.read_text().partition("## Logs")[2].partition("## Alerts")[0]
    known = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]+)\|", part, re.M))))
    found = lines(watched)
    assert found
    for line in found:
        assert {"time", "level", "logger", "message"} <= line.keys() <= known, line
        assert datetime.fromisoformat(line["time"]).tzinfo is not None
        for name in IDS:
            if name in line:
                UUID(line[name])


def test_a_line_about_an_attempt_names_job_attempt_and_worker(watched: Watched) -> None:
    jobs = {
        attempt["id"]: job["id"] for job in watched.installation.jobs for attempt in job["attempts"]
    }
    made = [line for line in lines(watched) if line["message"] == "worker process started"]
    assert made
    for line in made:
        assert jobs[line["attempt_id"]] == line["job_id"]
        assert line["worker_id"] and "worker_id" not in line["data"]


def test_a_line_of_a_request_has_its_correlation_id(watched: Watched) -> None:
    url = watched.installation.first.url.replace("http", "ws", 1)
    elsewhere = Origin("http://elsewhere.example.com")
    mine = {"X-Correlation-Id": "of-this-test"}
    with pytest.raises(InvalidStatus):
        connect(f"{url}/api/v1/ws", origin=elsewhere, additional_headers=mine)
    found = [line for line in lines(watched) if line.get("correlation_id") == "of-this-test"]
    assert [line["message"] for line in found] == ["websocket refused"]
    assert found[0]["data"]["reason"] and found[0]["level"] == "warning"
