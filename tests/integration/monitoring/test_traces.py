"""Traces: each job is one, whole whichever server did what, and its process can join it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

import grpc
import pytest

from hodei.client import Client
from hodei.domain.tracing import span_id
from hodei.wire.gen import jobs_pb2, jobs_pb2_grpc
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
                above = "job" if span in attempts or span["name"] == "submit" else "attempt"
                assert parent["name"] == above
                assert int(span["startTimeUnixNano"]) >= int(parent["startTimeUnixNano"])


def test_the_phases_of_the_timeline_are_spans(watched: Watched) -> None:
    spans = spans_of(watched, named(watched, "is tried twice"))
    names = [span["name"] for span in spans]
    for name in ("attempt", "queue", "starting", "run", "cleanup"):
        assert names.count(name) == 2, name


def test_the_process_is_told_of_its_trace_unless_its_job_says_otherwise(watched: Watched) -> None:
    job = named(watched, "joins its trace")
    [attempt] = job["attempts"]
    run_id = span_id(UUID(attempt["id"]), "run")
    parent = f"00-{UUID(job['id']).hex}-{run_id}-01"
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


# ---- traces that come from outside

Submit = Callable[[Watched, str, str], str]
"""Submits a script with a `traceparent`; gives the id of the job."""


def by_rest(watched: Watched, script: str, traceparent: str) -> str:
    headers = {"traceparent": traceparent}
    answer = watched.installation.http.post(
        "/jobs", json={"name": "j", "command": script}, headers=headers
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def by_grpc(watched: Watched, script: str, traceparent: str) -> str:
    with grpc.insecure_channel(watched.installation.first.grpc_target) as channel:
        stub = jobs_pb2_grpc.JobExecutionServiceStub(channel)
        spec = jobs_pb2.JobSpec(name="j", command=jobs_pb2.Command(type="shell", script=script))
        request = jobs_pb2.QueueJobRequest(spec=spec)
        job: jobs_pb2.Job = stub.QueueJob(request, metadata=(("traceparent", traceparent),))
        assert job.trace_id == traceparent.split("-")[1]
        return job.id


def by_client(watched: Watched, script: str, traceparent: str) -> str:
    with Client(watched.installation.first.url) as client:
        return client.submit(name="j", command=script, traceparent=traceparent).id


@pytest.mark.parametrize(
    ("submit", "answered"),
    [
        (by_rest, "POST /api/v1/jobs"),
        (by_grpc, "hodei.v1.JobExecutionService/QueueJob"),
        (by_client, "POST /api/v1/jobs"),
    ],
)
def test_a_job_goes_on_with_the_trace_of_whoever_submits_it(
    watched: Watched, submit: Submit, answered: str
) -> None:
    trace, caller = secrets.token_hex(16), secrets.token_hex(8)
    key = submit(watched, "printenv TRACEPARENT; exit 3", f"00-{trace}-{caller}-01")
    job = watched.installation.until(f"/jobs/{key}", "finished_at")
    assert job["state"] == "FAILED" and job["trace_id"] == trace

    # Those of one attempt come in their order, so that the last one tells that all are there.
    expected = {answered, "job", "submit", "attempt", "queue", "run", "cleanup"}

    def whole(spans: list[dict[str, Any]]) -> bool:
        return {span["name"] for span in spans if span["traceId"] == trace} >= expected

    came = watched.installation.collector.until(whole)
    spans = {span["spanId"]: span for span in came if span["traceId"] == trace}
    by_name = {span["name"]: span for span in spans.values()}
    assert len(by_name) == len(spans)

    def above(name: str) -> str:
        return str(spans[by_name[name]["parentSpanId"]]["name"])

    assert by_name[answered]["parentSpanId"] == caller
    assert (above("job"), above("submit"), above("attempt")) == (answered, "job", "job")
    assert {above(name) for name in set(by_name) - {answered, "job", "submit", "attempt"}} == {
        "attempt"
    }
    for span in spans.values():
        assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
        failed = span["name"] in ("job", "attempt")
        assert (span["status"].get("code") == ERROR) is failed, span
    # The user's process goes on below its run.
    assert text_of(watched, job) == f"00-{trace}-{by_name['run']['spanId']}-01"


def test_a_trace_that_its_caller_does_not_record_is_handed_on_and_not_recorded(
    watched: Watched,
) -> None:
    trace, caller = secrets.token_hex(16), secrets.token_hex(8)
    given = f"00-{trace}-{caller}-00"
    job = watched.installation.until(
        f"/jobs/{by_rest(watched, 'printenv TRACEPARENT', given)}", "finished_at"
    )
    assert text_of(watched, job) == given and job["trace_id"] == trace
    # One that is recorded, submitted later and wholly there: spans leave in their order.
    later = watched.installation.until(
        f"/jobs/{by_rest(watched, 'true', 'no traceparent')}", "finished_at"
    )
    assert later["trace_id"] == UUID(later["id"]).hex
    spans_of(watched, later)
    assert not [s for s in watched.installation.collector.spans if s["traceId"] == trace]


def test_spans_of_requests_have_templates_of_paths_and_no_bodies(watched: Watched) -> None:
    trace, caller = secrets.token_hex(16), secrets.token_hex(8)
    headers = {"traceparent": f"00-{trace}-{caller}-01"}
    watched.installation.http.get("/jobs?q=sought", headers=headers)
    watched.installation.http.get("/jobs/nothing-of-this-name", headers=headers)

    def both(spans: list[dict[str, Any]]) -> bool:
        return len([span for span in spans if span["traceId"] == trace]) == 2

    came = [s for s in watched.installation.collector.until(both) if s["traceId"] == trace]
    told = [
        (s["name"], s["kind"], {each["key"]: each["value"] for each in s["attributes"]})
        for s in came
    ]
    assert told == [
        (
            f"GET {route}",
            2,
            {
                "http.request.method": {"stringValue": "GET"},
                "http.route": {"stringValue": route},
                "http.response.status_code": {"intValue": status},
            },
        )
        for route, status in (("/api/v1/jobs", "200"), ("/api/v1/jobs/{key}", "404"))
    ]
    assert "nothing" not in json.dumps(came) and "sought" not in json.dumps(came)


def test_what_the_collector_has_is_counted(watched: Watched) -> None:
    for job in watched.installation.jobs:
        spans_of(watched, job)
    # Counted when the collector has answered, which is after it has the spans.
    while not (counts := _counts(watched))["sent"]:
        pass
    assert counts["refused"] == counts["dropped"] == 0


def _counts(watched: Watched) -> dict[str, float]:
    return {
        line.split('"')[1]: float(line.rsplit(" ", 1)[1])
        for line in watched.installation.pages[0].splitlines()
        if line.startswith("hodei_trace_spans_total{")
    }
