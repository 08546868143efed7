"""Two servers behind one address: everything goes through it, and either may be killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, WebSocket

from hodei.client import AsyncClient, Client
from hodei.wire.gen import jobs_pb2
from tests.e2e.faults.programs import Counting, ran_once
from tests.e2e.faults.site import Site, close, new_directory
from tests.support.browser import Visitor, chromium
from tests.support.observer import SUCCEEDED, Observer
from tests.support.ports import free_port
from tests.support.postgres import Server, new_database, postgres_server
from tests.support.processes import until_told
from tests.support.server import clean_environment, hodei_command
from tests.web.log_pages import Puppet, logs_path, puppet, read_through, row, state

__all__ = ["postgres_server"]

CONFIGURATION = Path(__file__).resolve().parents[3] / "deploy" / "proxy" / "haproxy.cfg"
PAGE_S = 180
"""Within which a page goes on whose server was killed."""
RETRYABLE = frozenset({502, 503, 504})
JOBS = 4
NOWHERE = "unix:/nonexistent/agent.sock"
"""A socket is named, so that agents are not told of one of their server's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The one address, and what is behind it."""

    sites: tuple[Site, Site]
    url: str
    grpc: str

    def observer(self) -> Observer:
        """Calls gRPC through the proxy."""
        return Observer(lambda: self.grpc)


@pytest.fixture
def place(postgres_server: Server) -> Iterator[Place]:
    """Both servers and the proxy."""
    ports = {
        f"{whose}_{what}": f"127.0.0.1:{free_port()}"
        for whose in ("HODEI", "ONE", "TWO")
        for what in ("HTTP", "GRPC", "AGENTS")
    }
    runner = asyncio.Runner()
    database = new_database(postgres_server)
    with new_directory() as one, new_directory() as two, runner:
        dsn = runner.run(database.__aenter__())
        sites = _site(one, "ONE", ports, dsn), _site(two, "TWO", ports, dsn)
        try:
            for site in sites:
                site.start()
            with _proxy(ports):
                yield Place(
                    sites=sites, url=f"http://{ports['HODEI_HTTP']}", grpc=ports["HODEI_GRPC"]
                )
        finally:
            close(*sites)
            runner.run(database.__aexit__(None, None, None))


def _site(directory: Path, whose: str, ports: dict[str, str], dsn: str) -> Site:
    return Site(
        directory,
        {
            "HODEI_DATABASE_URL": dsn,
            "HODEI_SECRET_KEY": "of both servers " * 3,
            "HODEI_HTTP_PORT": ports[f"{whose}_HTTP"].rpartition(":")[2],
            "GRPC_PORT": ports[f"{whose}_GRPC"].rpartition(":")[2],
            "HODEI_AGENT_LISTEN": ports[f"{whose}_AGENTS"],
            "HODEI_AGENT_SERVERS": f"tls://{ports['HODEI_AGENTS']},{NOWHERE}",
            "HODEI_RELAY_LISTEN": f"127.0.0.1:{free_port()}",
        },
    )


@contextmanager
def _proxy(ports: dict[str, str]) -> Iterator[None]:
    command = ["haproxy", "-db", "-f", str(CONFIGURATION)]
    process = subprocess.Popen(command, env=clean_environment() | ports, stderr=sys.stderr)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def answered(place: Place) -> None:
    """Once the proxy leads to a server that is ready; what it says before is retryable."""
    async with httpx.AsyncClient(base_url=place.url, timeout=60) as client:

        async def look() -> bool:
            try:
                answer = await client.get("/api/v1/ready")
            except httpx.TransportError:
                return False
            assert answer.status_code in {200, *RETRYABLE}
            return answer.status_code == 200

        await until_told(look, what="the proxy leads somewhere")


async def entered(place: Place, job_id: str) -> None:
    """A shell in the job through the proxy, whichever server is asked; tried again while the
    worker is on its way to the other server."""

    async def enter() -> bool:
        process = await asyncio.create_subprocess_exec(
            *hodei_command("jobs", "shell", job_id, "--", "sh", "-c", "cat; exit 7"),
            env=clean_environment(HODEI_URL=place.url),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate(b"through\n")
        return (out, process.returncode) == (b"through\n", 7)

    await until_told(enter, what=f"a shell in {job_id}", within=300)


@asynccontextmanager
async def visitors(place: Place) -> AsyncIterator[list[int]]:
    """People who look at pages and lists all the time; what they were answered."""
    answers: list[int] = []

    async def visit(path: str) -> None:
        async with httpx.AsyncClient(base_url=place.url, timeout=60) as client:
            while True:
                try:
                    answers.append((await client.get(path)).status_code)
                except httpx.TransportError:
                    answers.append(503)
                await asyncio.sleep(0.02)

    tasks = [asyncio.create_task(visit(path)) for path in ("/", "/jobs", "/api/v1/jobs")]
    try:
        yield answers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def followed(place: Place, job_id: str) -> list[str]:
    """The live log, by one follower from the first line to the last."""
    async with AsyncClient(place.url) as client:
        return [line.text async for line in client.logs(job_id)]


@pytest.mark.timeout(900)
async def test_either_server_may_be_killed(place: Place) -> None:
    await answered(place)
    files = place.sites[0].files
    programs = [Counting(name=f"long-{n}", files=files, pause_s=0.05) for n in range(JOBS)]
    short: list[str] = []
    async with place.observer() as observer, visitors(place) as answers:
        ids = [await observer.submit(_patient(one)) for one in programs]
        for job_id in ids:
            await observer.running(job_id)
        following = [asyncio.create_task(followed(place, job_id)) for job_id in ids]
        await entered(place, ids[0])
        for site in place.sites:
            await site.kill()
            at_death = [await one.reached(1) for one in programs]
            # What is asked for meanwhile is done by the other one.
            await answered(place)
            short.append(await _submitted(place, f"short-{len(short)}"))
            assert (await observer.finished(short[-1])).state == SUCCEEDED
            for one, job_id, account in zip(programs, ids, at_death, strict=True):
                await one.reached(account.lines + 20)
                await observer.lines(job_id, min(account.lines + 1, 1000))
            await entered(place, ids[0])
            await site.restart()
            await until_told(
                partial(_more, answers, answers.count(200) + 30), what="pages are answered"
            )
        for one in programs:
            one.open()
        for one, job_id, follower in zip(programs, ids, following, strict=True):
            await ran_once(observer, job_id, one)
            lines = one.final().lines
            assert await follower == [Counting.line(n) for n in range(1, lines + 1)]
    assert set(answers) <= {200, *RETRYABLE}


def _patient(program: Counting) -> jobs_pb2.JobSpec:
    """It may take as long as the machine makes all the rest take."""
    spec = program.spec()
    spec.timeout_ms = 3_600_000
    return spec


async def _submitted(place: Place, key: str) -> str:
    """As a client does it that tries again under the same key."""
    async with AsyncClient(place.url) as client:
        job = await client.submit(name=key, command="echo short", idempotency_key=key)
        return job.id


async def _more(answers: list[int], count: int) -> bool:
    return answers.count(200) >= count


class LivePage:
    """The log viewer of a job that writes its own line numbers."""

    def __init__(self, page: Page, job: Puppet) -> None:
        self._page = page
        self._job = job
        self._frames = 0
        self.lines = 0
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._received)

    def _received(self, _: object) -> None:
        self._frames += 1

    def writes(self, count: int) -> None:
        """So many further lines, all of which the page comes to show."""
        first, self.lines = self.lines + 1, self.lines + count
        self._job.say(f"seq {first} {self.lines}")
        row(self._page, self.lines).wait_for(timeout=PAGE_S * 1000)

    def hears(self) -> None:
        """Writes until a WebSocket has brought something."""
        known, until = self._frames, time.monotonic() + PAGE_S
        while self._frames == known:
            assert time.monotonic() < until, "no WebSocket brings anything"
            self.writes(1)


@pytest.mark.timeout(900)
def test_a_live_page_goes_on_when_either_server_is_killed(place: Place, tmp_path: Path) -> None:
    asyncio.run(answered(place))
    with chromium() as browser:
        visitor = Visitor(browser, place.url)
        visitor.noise.allow("WebSocket", "ERR_", "Failed to load resource")
        with (
            Client(place.url) as client,
            puppet(client, tmp_path) as job,
            visitor.page("/nowhere") as page,
        ):
            live = LivePage(page, job)
            page.goto(logs_path(job.id))
            live.writes(100)
            live.hears()
            for site in place.sites:
                site.server.kill9()
                live.writes(50)
                live.hears()
                site.start()
            state(page, "live").wait_for()
            texts = [one.text for one in read_through(page, live.lines)]
            assert texts == [str(number) for number in range(1, live.lines + 1)]
        assert visitor.noise.bad == []
