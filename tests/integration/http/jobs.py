"""What tests do with jobs over REST."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

Data = dict[str, Any]


class Client:
    """A REST client whose jobs belong to one project."""

    def __init__(self, http: httpx.AsyncClient, project: str) -> None:
        self.http = http
        self.project = project

    def spec(self, script: str = "true", **more: object) -> Data:
        """A spec that the process provider can run."""
        return {"name": "a job", "command": script, "project": self.project, **more}

    async def submit(self, script: str = "true", **more: object) -> Data:
        """A stored job."""
        answer = await self.http.post("/jobs", json=self.spec(script, **more))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def get(self, path: str, **query: str | int) -> Data:
        """What a GET answers, which must be 200."""
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def until(self, path: str, holds: Callable[[Data], bool], **query: str | int) -> Data:
        """What a GET answers once something holds; pytest's own timeout bounds the wait."""
        while True:
            data = await self.get(path, **query)
            if holds(data):
                return data
            await asyncio.sleep(0.02)

    async def finished(self, job_id: str) -> Data:
        """The job once it is finished and its worker has let go of it."""
        return await self.until(
            f"/jobs/{job_id}",
            lambda job: (
                job["finished_at"] is not None
                and (not job["attempts"] or job["attempts"][-1]["phase"] == "DONE")
            ),
        )

    async def ran(self, script: str, **more: object) -> Data:
        """A job that has been run."""
        return await self.finished((await self.submit(script, **more))["id"])

    async def running(self, script: str, **more: object) -> Data:
        """A job whose process runs."""
        job = await self.submit(script, **more)
        return await self.until(f"/jobs/{job['id']}", lambda found: found["state"] == "RUNNING")


def problem_of(answer: httpx.Response) -> Data:
    """The problem document of an answer, checked for its form."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = dict(answer.json())
    assert set(problem) == {
        "type",
        "title",
        "status",
        "detail",
        "code",
        "violations",
        "correlation_id",
        "instance",
    }
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:hodei:problem:{problem['code']}"
    assert problem["correlation_id"] == answer.headers["x-correlation-id"]
    return problem
