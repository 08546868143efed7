"""What somebody is shown who may read some projects only: nothing tells of the others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from hodei.domain.access.roles import Role
from hodei.domain.audit import Entry, Result
from hodei.domain.job import JobState
from hodei.domain.spec import JobSpec
from hodei.ports.audit import AuditFilter
from hodei.ports.store import JobFilter
from hodei.testing.store_contract.rows import after, bind, new_job, new_spec, start, unit_of
from tests.integration.access.installation import OTHER, OURS, THEIRS, Installation, bearer

SPEC = {"name": "x", "command": "true", "image": "busybox:1"}


@pytest.fixture
async def viewer(place: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who reads one project."""
    async with httpx.AsyncClient(base_url=place.api, headers=bearer("viewer")) as client:
        yield client


async def shown(client: httpx.AsyncClient, path: str) -> Any:
    """A JSON answer."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_lists_and_counts(place: Installation, viewer: httpx.AsyncClient) -> None:
    mine = [str((await place.job(OURS)).id) for _ in range(2)]
    for project in (THEIRS, OTHER):
        await place.job(project)
    found = await shown(viewer, "/jobs")
    assert {row["id"] for row in found["items"]} == set(mine)
    assert found["counts"]["PENDING"] == 2
    for query in (f"project={THEIRS}", f"project={THEIRS}&status=PENDING", "project=nowhere"):
        hidden = await shown(viewer, f"/jobs?{query}")
        assert (hidden["items"], hidden["counts"]["PENDING"]) == ([], 0)
    summary = await shown(viewer, "/summary")
    assert (summary["jobs"]["total"], summary["queue"]["pending"]) == (2, 2)
    metrics = await shown(viewer, "/metrics/jobs")
    assert metrics["total"]["submitted"] == 2
    assert (await shown(viewer, f"/metrics/jobs?project={THEIRS}"))["total"]["submitted"] == 0
    await place.set_roles("viewer", {OURS: Role.VIEWER, OTHER: Role.VIEWER})
    assert len((await shown(viewer, "/jobs?status=PENDING,FAILED"))["items"]) == 3


async def test_the_queue_with_true_places(place: Installation, viewer: httpx.AsyncClient) -> None:
    for project in (THEIRS, OURS, THEIRS, OURS):
        await place.job(project)
    first = await shown(viewer, "/queue?limit=1")
    second = await shown(viewer, f"/queue?limit=1&cursor={first['next_cursor']}")
    assert [row["position"] for row in first["items"] + second["items"]] == [2, 4]
    assert {row["project"] for row in first["items"] + second["items"]} == {OURS}
    assert (first["pending"], second["next_cursor"]) == (2, None)


async def test_a_worker_without_its_job(place: Installation, viewer: httpx.AsyncClient) -> None:
    store = place.engine.core.store
    for project in (OURS, THEIRS):
        held = start(bind(new_job(new_spec(f"in {project}", project=project))), at=after(1))
        assert await store.commit([unit_of(held)]) == ["saved"]
        place.marks[str(held.worker.id)] = project
    workers = (await shown(viewer, "/workers"))["items"]
    told = {
        place.marks[row["id"]]: (row["job_name"], row["attempt_id"], row["job_id"])
        for row in workers
    }
    assert told[OURS][0] == f"in {OURS}"
    assert told[THEIRS] == (None, None, None)
    assert None not in told[OURS]


async def test_ids_that_begin_alike(place: Installation, viewer: httpx.AsyncClient) -> None:
    ids = [UUID(f"abcd{n}000-0000-4000-8000-000000000000") for n in range(4)]
    for job_id, project in zip(ids, (OURS, THEIRS, THEIRS, OTHER), strict=True):
        await _store(place, job_id, new_spec(project=project))
    assert (await shown(viewer, "/jobs/abcd"))["id"] == str(ids[0]), "no other is known of"
    nothing = (await viewer.get("/jobs/abcf")).json()
    for key in ("abcd1", "abcd1000", str(ids[1])):
        hidden = (await viewer.get(f"/jobs/{key}")).json()
        assert hidden["status"] == 404
        assert hidden["detail"] == nothing["detail"].replace("abcf", key)
    await place.set_roles("viewer", {OURS: Role.VIEWER, THEIRS: Role.VIEWER})
    assert (await viewer.get("/jobs/abcd")).status_code == 409, "these can be read"
    asked = {"job_ids": [str(ids[0]), str(ids[3]), "abcf"]}
    results = (await viewer.post("/jobs:cancel", json=asked)).json()["results"]
    assert [result["ok"] for result in results] == [False] * 3
    assert "jobs.run needs the role operator" in results[0]["error"]
    assert results[1]["error"].replace(str(ids[3]), "abcf") == results[2]["error"]


async def _store(place: Installation, job_id: UUID, spec: JobSpec) -> None:
    await place.engine.core.store.submit([new_job(spec, job_id=job_id)], [])


async def test_a_job_is_repeated_where_it_is(place: Installation) -> None:
    job = str((await place.cancelled(OURS)).id)
    async with httpx.AsyncClient(base_url=place.api, headers=bearer("operator")) as client:
        moved = await client.post(f"/jobs/{job}:rerun", json={"project": THEIRS})
        assert (moved.status_code, moved.json()["violations"][0]["field"]) == (400, "project")
        again = await client.post(f"/jobs/{job}:rerun", json={})
        assert (again.status_code, again.json()["project"]) == (201, OURS)
        bulk = {"jobs": [{**SPEC, "project": name} for name in (OURS, THEIRS)]}
        assert (await client.post("/jobs:bulk", json=bulk)).status_code == 404
    assert (await place.engine.jobs.counts(JobFilter()))[JobState.PENDING] == 1, "all or none"


async def rows_of(socket: ClientConnection) -> set[str]:
    """Ids of the jobs of the next patch."""
    while "data" not in (frame := json.loads(await socket.recv())):
        pass
    return {row["id"] for row in frame["data"]["rows"]}


async def test_patches_of_readable_jobs_only(place: Installation) -> None:
    async with (
        connect(f"{place.ws}/ws", additional_headers=bearer("viewer")) as socket,
        connect(f"{place.ws}/ws", additional_headers=bearer("viewer-of-all")) as all_seeing,
    ):
        for one in (socket, all_seeing):
            await one.send(json.dumps({"op": "sub", "topic": "jobs"}))
            # An answer to what came later: the listening has begun.
            await one.send(json.dumps({"op": "sub", "topic": "no such"}))
            while json.loads(await one.recv()).get("op") != "error":
                pass
        hidden = await place.job(THEIRS)
        seen: set[str] = set()
        while str(hidden.id) not in seen:
            seen |= await rows_of(all_seeing)
        mine = await place.job(OURS)
        assert await rows_of(socket) == {str(mine.id)}


async def test_what_is_done_and_refused_is_written_down(
    place: Installation, viewer: httpx.AsyncClient
) -> None:
    job = str((await place.job(OURS)).id)
    hidden = str((await place.job(THEIRS)).id)
    await viewer.post(f"/jobs/{job}:cancel", headers={"X-Correlation-Id": "one"})
    await viewer.get(f"/jobs/{hidden}")
    await viewer.get(f"/jobs/{job}")
    await viewer.get("/jobs/abcd")
    await viewer.get("/jobs", headers=bearer("nobody"))
    await viewer.post(f"/jobs/{job[:13]}:cancel", headers=bearer("admin-of-all"))
    operator = bearer("operator")
    await viewer.post("/jobs", json={**SPEC, "project": OURS}, headers=operator)
    await viewer.post("/jobs", json={**SPEC, "project": OURS, "name": ""}, headers=operator)
    rows = {(row.actor, row.action, row.result): row for row in await _audit(place)}
    assert len(await _audit(place)) == 6, "reading what may be read leaves no trace"
    refused = rows["viewer", "job.cancel", Result.DENIED]
    assert (refused.target, refused.project, refused.code) == (job, OURS, "forbidden")
    assert (refused.correlation_id, refused.interface, refused.via) == ("one", "rest", "token")
    sought = rows["viewer", "jobs.read", Result.DENIED]
    assert (sought.target, sought.project) == (hidden, THEIRS)
    assert rows["anonymous", "jobs.read", Result.DENIED].code == "unauthenticated"
    done = rows["admin-of-all", "job.cancel", Result.OK]
    assert (done.target, done.project) == (job, OURS)
    made = rows["operator", "job.submit", Result.OK]
    assert (made.target_kind, made.project, len(made.target)) == ("job", OURS, 36)
    assert rows["operator", "job.submit", Result.FAILED].code == "invalid_request"


async def _audit(place: Installation) -> list[Entry]:
    await place.engine.audit.flush(everything=True)
    page = await place.engine.audit.page(AuditFilter(), limit=100)
    return [row for row in page.items if row.actor != "somebody"]
