"""Traces: each job is one, whole whichever server did what, and its process can join it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from hodei.domain.tracing import traceparent
from tests.integration.monitoring.conftest import Watched
from tests.integration.monitoring.installation import SCRIPTS

ERROR = 2


def spans_of(watched: Watched, job: dict[str, Any]) -> list[dict[str, Any]]:
    """The spans of a job once all have come."""
    trace = UUID(job["id"]).hex
    whole: int = 1 + job["attempt_count"]

    def mine(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [span for span in spans if span["traceId"] == trace]

    def came(spans: list[dict[str, Any]]) -> bool:
        names: list[str] = [span["name"] for span in mine(spans)]
        return names.count("job") + names.count("attempt") == whole

    return mine(watched.installation.collector.until(came))


def named(watched: Watched, name: str) -> dict[str, Any]:
    """A job of the last round."""
    return [job for job in watched.installation.jobs if job["spec"]["name"] == name][-1]


def test_every_job_is_one_trace_whose_spans_hang_together(watched: Watched) -> None:
    for job in watched.installation.jobs:
        spans = spans_of(watched, job)
        by_id = {span["spanId"]: span for span in spans}
        assert len(by_id) == len(spans)
        [root] = [span for span in spans if "parentSpanId" not in span]
        assert root["name"] == "job"
        failed = job["state"] in ("FAILED", "TIMEOUT")
        assert (root["status"].get("code") == ERROR) is failed
        attempts = [span for span in spans if span["name"] == "attempt"]
        assert len(attempts) == job["attempt_count"]
        for span in spans:
            assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
            if span is not root:
                parent = by_id[span["parentSpanId"]]
                assert parent["name"] == ("job" if span in attempts else "attempt")
                assert int(span["startTimeUnixNano"]) >= int(parent["startTimeUnixNano"])


def test_the_phases_of_the_timeline_are_spans(watched: Watched) -> None:
    spans = spans_of(watched, named(watched, "is tried twice"))
    names = [span["name"] for span in spans]
    for name in ("attempt", "queue", "starting", "run", "cleanup"):
        assert names.count(name) == 2, name


def test_the_process_is_told_of_its_trace_unless_its_job_says_otherwise(watched: Watched) -> None:
    job = named(watched, "joins its trace")
    [attempt] = job["attempts"]
    parent = traceparent(UUID(job["id"]), UUID(attempt["id"]))
    assert text_of(watched, job) == parent
    [run] = [span for span in spans_of(watched, job) if span["name"] == "run"]
    assert parent.split("-")[1:3] == [run["traceId"], run["spanId"]]
    assert text_of(watched, named(watched, "has a trace")) == "mine"


def text_of(watched: Watched, job: dict[str, Any]) -> str:
    """The only line of a log."""
    [line] = watched.installation.http.get(f"/jobs/{job['id']}/logs").json()["lines"]
    return str(line["m"])


def test_spans_carry_nothing_that_a_person_wrote(watched: Watched) -> None:
    for job in watched.installation.jobs:
        spans_of(watched, job)
    collector = watched.installation.collector
    text = json.dumps([collector.spans, collector.resources])
    for name, (script, _) in SCRIPTS.items():
        assert name not in text and script not in text
    assert "mine" not in text and "TRACEPARENT" not in text


def test_both_servers_say_who_they_are(watched: Watched) -> None:
    resource = watched.installation.collector.resources[0]["attributes"]
    known = {each["key"]: each["value"]["stringValue"] for each in resource}
    assert known["service.name"] == "hodei" and known["service.instance.id"]
