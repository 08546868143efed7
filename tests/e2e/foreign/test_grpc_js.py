"""A client of another language learns the services from the server and runs a job with them."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from pathlib import Path

from tests.e2e.faults.site import Site

CLIENT = Path(__file__).parents[2] / "foreign" / "client.mjs"
SERVICES = {
    "JobExecutionService",
    "SchedulerService",
    "LogStreamService",
    "WorkerAgentService",
    "ProviderManagementService",
    "MetricsService",
}
INVALID_ARGUMENT = 3


async def _client(target: str, script: str) -> dict[str, object]:
    assert (CLIENT.parent / "node_modules").is_dir(), f"run npm ci in {CLIENT.parent} first"
    process = await asyncio.create_subprocess_exec(
        "node",
        CLIENT,
        target,
        script,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, faults = await process.communicate()
    assert process.returncode == 0, faults.decode()
    answer: dict[str, object] = json.loads(told)
    return answer


async def test_everything_by_reflection(site: Site) -> None:
    script = "for n in 1 2 3; do echo line $n; sleep 0.1; done; echo 'ñandú ✓' >&2"
    told = await _client(site.server.grpc_target, script)
    services = told["services"]
    assert isinstance(services, list)
    assert {f"hodei.v1.{name}" for name in SERVICES} <= set(services)
    assert "grpc.health.v1.Health" in services
    lines = ["line 1", "line 2", "line 3", "ñandú ✓"]
    assert told["lines"] == lines
    whole = "".join(f"{line}\n" for line in lines)
    assert told["end"] == {
        "total_lines": 4,
        "complete": True,
        "sha256": sha256(whole.encode()).hexdigest(),
    }
    job = told["job"]
    assert isinstance(job, dict)
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert job["outcome"]["cause"] == "exit"
    assert told["lastKind"] == "job.finished"


async def test_errors_have_details(site: Site) -> None:
    told = await _client(site.server.grpc_target, "exit 7")
    refused = told["refused"]
    assert isinstance(refused, dict)
    assert refused["code"] == INVALID_ARGUMENT
    assert "name" in refused["details"]
    assert refused["rich"] == 1
    job = told["job"]
    assert isinstance(job, dict)
    assert job["state"] == "JOB_STATE_FAILED"
    assert job["outcome"]["exit_code"] == 7
