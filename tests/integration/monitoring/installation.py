"""Two servers on one database, of which the second speaks TLS, and jobs of every outcome."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx

from hodei.wire.gen import scheduler_pb2, scheduler_pb2_grpc
from tests.integration.monitoring.collector import Collector, running_collector
from tests.support.certificates import Authority
from tests.support.ports import free_port
from tests.support.postgres import Server, new_database
from tests.support.processes import end_workers, remove_groups
from tests.support.server import ServerProcess, data_directory

PROJECT = "default"
NOBODY_LISTENS = "http://127.0.0.1:9/hook"
"""The port of `discard`: what is sent there is refused at once."""
RETRIED = {"max_attempts": 2, "on": ["failed"], "backoff": {"initial_ms": 1}}
SCRIPTS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "succeeds": ("echo one; echo two >&2", {}),
    "fails": ("exit 3", {}),
    "is killed": ("kill -9 $$", {}),
    "takes too long": ("sleep 600", {"timeout_ms": 1000}),
    "joins its trace": ("printenv TRACEPARENT", {}),
    "has a trace": ("printenv TRACEPARENT", {"env": {"TRACEPARENT": "mine"}}),
    "is tried twice": ("exit 4", {"retry": RETRIED}),
}
ENDS = Counter({"SUCCEEDED": 4, "FAILED": 3, "TIMEOUT": 1, "CANCELLED": 1})
"""What one round leaves: the scripts, a job of a schedule and one that is cancelled."""


@dataclass(slots=True)
class Installation:
    """Both servers, and a client of the first."""

    first: ServerProcess
    second: ServerProcess
    http: httpx.Client
    collector: Collector
    rounds: int = 0
    jobs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def pages(self) -> tuple[str, str]:
        """What the servers' metrics ports say."""
        one, two = (httpx.get(each.metrics_url, timeout=60).text for each in self.servers)
        return one, two

    @property
    def servers(self) -> tuple[ServerProcess, ServerProcess]:
        """Both."""
        return self.first, self.second

    def targets(self) -> list[str]:
        """host:port of the metrics ports."""
        return [httpx.URL(each.metrics_url).netloc.decode() for each in self.servers]

    def post(self, path: str, body: object = None) -> dict[str, Any]:
        """What a POST answers, which must go well."""
        answer = self.http.post(path, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def until(self, path: str, name: str) -> dict[str, Any]:
        """A resource once `name` has a value in it."""
        while True:
            found: dict[str, Any] = self.http.get(path).json()
            if found[name]:
                return found

    def prepare(self) -> None:
        """A webhook that fails, and a schedule that fires when it is told."""
        self.post(
            "/webhooks",
            {"name": "chat", "url": NOBODY_LISTENS, "events": ["job.failed"], "project": PROJECT},
        )
        self.post(
            "/schedules",
            {
                "name": "nightly",
                "rule": {"kind": "cron", "expression": "30 2 29 2 *"},
                "zone": "UTC",
                "target": {"spec": {"command": "true"}},
            },
        )

    def round(self) -> None:
        """One job of every outcome, run to its end, and a call of each interface."""
        ids = [
            self.post("/jobs", {"name": name, "command": script, **more})["id"]
            for name, (script, more) in SCRIPTS.items()
        ]
        cancelled = self.post("/jobs", {"name": "is cancelled", "command": "sleep 600"})["id"]
        self.until(f"/jobs/{cancelled}", "started_at")
        self.post(f"/jobs/{cancelled}:cancel")
        fired = self.post("/schedules/nightly:run")["job_id"]
        self.jobs += [self.until(f"/jobs/{one}", "finished_at") for one in (*ids, cancelled, fired)]
        asyncio.run(_ask(self.first.grpc_target))
        assert self.http.get("/jobs/none-of-this-name").status_code == 404
        self.rounds += 1


async def _ask(target: str) -> None:
    async with grpc.aio.insecure_channel(target) as channel:
        stub = scheduler_pb2_grpc.SchedulerServiceStub(channel)
        await stub.GetQueueStatus(scheduler_pb2.GetQueueStatusRequest())


@contextmanager
def running_installation(postgres: Server, folder: Path) -> Iterator[Installation]:
    """Both servers on a new database; the first one writes its log in JSON."""
    runner = asyncio.Runner()
    with runner, ExitStack() as stack:
        database = new_database(postgres)
        collector = stack.enter_context(running_collector())
        shared = {
            "HODEI_DATABASE_URL": runner.run(database.__aenter__()),
            "HODEI_SECRET_KEY": "of both servers of this test, 32 or more",
            "HODEI_WEBHOOK_ALLOW": "127.0.0.1",
            "HODEI_OTLP_ENDPOINT": collector.url,
        }
        stack.callback(lambda: runner.run(database.__aexit__(None, None, None)))
        cert, key = Authority().issue().write(folder / "tls", "server")
        tls = {"HODEI_TLS_CERT": str(cert), "HODEI_TLS_KEY": str(key)}
        places = [stack.enter_context(data_directory()) for _ in range(2)]
        # Workers of both share control groups: they go together.
        stack.callback(lambda: remove_groups(end_workers(*places)))
        one, two = (
            ServerProcess(place, {**shared, "HODEI_METRICS_PORT": str(free_port()), **more})
            for place, more in zip(places, ({"HODEI_LOG_FORMAT": "json"}, tls), strict=True)
        )
        stack.enter_context(one)
        stack.enter_context(two)
        http = stack.enter_context(httpx.Client(base_url=f"{one.url}/api/v1", timeout=120))
        yield Installation(one, two, http, collector)
