"""`jobs`, `providers`, `workers`, `queue`: looking and steering."""

from __future__ import annotations

import json

from hodei.client import Client
from tests.e2e.cli.conftest import Hodei
from tests.support.server import ServerProcess


def test_a_job_from_its_id_to_its_log(hodei: Hodei) -> None:
    job = hodei("run", "-d", "--name", "looked at", "--", "echo one; echo two >&2").stdout.strip()
    assert hodei("jobs", "wait", job).returncode == 0
    listed = hodei("jobs", "list", "--name", "looked at").stdout.splitlines()
    assert listed[0].split() == ["ID", "STATE", "SUBMITTED", "TOOK", "PROVIDER", "NAME"]
    assert listed[1].split()[:2] == [job[:8], "SUCCEEDED"]
    shown = hodei("jobs", "get", job[:8]).stdout
    assert job in shown and "RUNNING" in shown and "attempt 1 on local" in shown
    logs = hodei("jobs", "logs", job)
    assert (logs.stdout, logs.stderr) == ("one\n", "two\n")
    assert hodei("jobs", "logs", job, "--tail", "1").stderr == "two\n"
    lines = [json.loads(line) for line in hodei("jobs", "logs", job, "--json").stdout.splitlines()]
    assert [(line["n"], line["stream"]) for line in lines] == [(1, "stdout"), (2, "stderr")]
    assert "job.finished" in hodei("jobs", "events", job).stdout
    assert "SUCCEEDED" in hodei("jobs", "explain", job).stdout


def test_jobs_are_retried_and_cancelled(hodei: Hodei) -> None:
    job = hodei("run", "-d", "--name", "again", "--", "sleep 600").stdout.strip()
    done = hodei("jobs", "cancel", job, "--reason", "a test", "--wait")
    assert done.stdout == f"{job} CANCELLED\n"
    assert hodei("jobs", "wait", job).returncode == 130
    options = ("--memory-mb", "600m", "--timeout", "30s", "--priority", "high")
    again = hodei("jobs", "retry", job, *options).stdout.strip()
    made = json.loads(hodei("jobs", "get", again, "--json").stdout)
    assert made["rerun_of"] == job
    assert made["spec"]["resources"]["memory_mb"] == 600
    assert (made["spec"]["timeout_ms"], made["spec"]["priority"]) == (30_000, "HIGH")
    wrong = hodei("jobs", "retry", job, "--memory-mb", "much")
    assert wrong.returncode == 2 and "--memory-mb" in wrong.stderr
    assert hodei("jobs", "cancel", again, "--wait").returncode == 0
    refused = hodei("jobs", "retry", "ffffffff")
    assert (refused.returncode, refused.stderr) == (1, "hodei: no job 'ffffffff'\n")


def test_the_priority_of_a_waiting_job(hodei: Hodei) -> None:
    hodei("providers", "disable", "local")
    try:
        job = hodei("run", "-d", "--", "true").stdout.strip()
        assert hodei("jobs", "priority", job, "high").stdout == f"{job} HIGH\n"
        assert hodei("jobs", "priority", job, "soon").returncode == 2
    finally:
        hodei("providers", "enable", "local")
    assert hodei("jobs", "wait", job).returncode == 0
    late = hodei("jobs", "priority", job, "low")
    assert late.returncode == 1 and "only a waiting one" in late.stderr


def test_a_finished_job_cannot_be_cancelled(hodei: Hodei) -> None:
    job = hodei("run", "-d", "--", "true").stdout.strip()
    hodei("jobs", "wait", job)
    done = hodei("jobs", "cancel", job)
    assert done.returncode == 1
    assert "SUCCEEDED already" in done.stderr


def test_warm_pools_are_set_shown_and_taken_away(hodei: Hodei) -> None:
    pools = ("--warm", "1,cpu=0.5,memory=64m", "--warm", "1", "--idle-timeout", "90s")
    made = hodei("providers", "create", "pooled", "--type", "process", "--disabled", *pools)
    assert "no image (0.5 CPU, 64 MB): 0 of 1 ready; 1 configured" in made.stdout
    imaged = hodei("providers", "edit", "pooled", "--warm", "2,alpine:latest")
    assert imaged.returncode == 2
    assert "--warm 2,alpine:latest: warm[0].image: must be left out" in imaged.stderr
    for wrong in ("--warm=x", "--warm=1,cpu=x", "--warm=1,a,b", "--warm-learned=cpus=1"):
        refused = hodei("providers", "edit", "pooled", wrong)
        assert (refused.returncode, refused.stdout) == (2, ""), wrong
    learned = hodei("providers", "edit", "pooled", "--warm-learned", "cpu=2,memory=1g,max=4")
    assert "--warm-learned: warm_learned: is for workers that are used once" in learned.stderr
    kept = json.loads(hodei("providers", "edit", "pooled", "--max-workers", "3", "--json").stdout)
    assert [pool["size"] for pool in kept["warm"]] == [1, 1], "what is not given stays"
    assert kept["idle_timeout_ms"] == 90_000
    off = hodei("providers", "edit", "pooled", "--warm", "off", "--json")
    assert json.loads(off.stdout)["pools"] == []
    assert hodei("providers", "delete", "pooled").returncode == 0


def test_providers_from_creation_to_deletion(hodei: Hodei) -> None:
    assert "no isolation" in hodei("providers", "list").stdout
    assert "scripted" in hodei("providers", "types").stdout
    made = hodei("providers", "create", "second", "--type", "process", "--max-workers", "2")
    assert made.returncode == 0, made.stderr
    again = hodei("providers", "create", "second", "--type", "process")
    assert again.returncode == 1 and "exists already" in again.stderr
    bad = hodei("providers", "create", "Bad Name", "--type", "process")
    assert bad.returncode == 2 and "name: must be 1 to 63" in bad.stderr
    edited = hodei("providers", "edit", "second", "--set", "max_workers=3", "--json")
    assert json.loads(edited.stdout)["settings"] == {"max_workers": 3}
    assert json.loads(edited.stdout)["max_workers"] == 2
    assert hodei("providers", "disable", "second").stdout == "second disabled\n"
    assert hodei("providers", "enable", "second").returncode == 0
    assert hodei("providers", "test", "second").stdout.startswith("up")
    assert hodei("providers", "delete", "second").returncode == 0
    assert hodei("providers", "get", "second").returncode == 1


def test_the_queue_is_paused_and_resumed(server: ServerProcess, hodei: Hodei) -> None:
    url = {"HODEI_URL": server.url}
    assert hodei("queue", "pause", **url).stdout == "paused\n"
    job = hodei("run", "-d", "--name", "held", "--", "true", **url).stdout.strip()
    shown = hodei("queue", "show", **url).stdout
    assert "paused" in shown and "held" in shown
    assert "paused" in hodei("jobs", "explain", job, **url).stdout
    assert hodei("queue", "resume", **url).stdout == "resumed\n"
    assert hodei("jobs", "wait", job, **url).returncode == 0


def test_workers_are_listed_and_drained(hodei: Hodei, shared_server: ServerProcess) -> None:
    with Client(shared_server.url) as client:
        job = client.submit(name="busy", command="echo started; sleep 600")
        next(client.logs(job))
        worker = next(w for w in client.workers() if w.raw["job_id"] == job.id)
        assert worker.id in hodei("workers", "list").stdout
        assert json.loads(hodei("workers", "get", worker.id, "--json").stdout)["state"] == "BUSY"
        assert hodei("workers", "drain", worker.id).returncode == 0
        assert client.get(job).state == "RUNNING"
        assert hodei("workers", "terminate", worker.id).returncode == 0
        assert client.wait(job).state == "CANCELLED"


def test_a_token_that_is_not_taken_is_told(hodei: Hodei) -> None:
    done = hodei("jobs", "list", HODEI_TOKEN="secret-token")
    assert done.returncode == 1
    assert "is none of this server's" in done.stderr
    assert "secret-token" not in done.stderr


def test_the_audit_log_is_listed_and_exported(hodei: Hodei) -> None:
    exported = hodei("audit", "export", "--actor", "local")
    assert exported.returncode == 0
    assert json.loads(exported.stdout.splitlines()[-1])["action"] == "audit.export"
    listed = hodei("audit", "list", "--action", "audit.", "-n", "1").stdout.splitlines()
    assert listed[0].split()[:3] == ["AT", "ACTOR", "ACTION"]
    assert listed[1].split()[1:3] == ["local", "audit.export"]
    assert hodei("audit", "list", "--result", "maybe").returncode == 2
