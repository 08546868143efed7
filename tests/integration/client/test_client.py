"""The client against a real server: jobs, waiting, logs, map, errors, broken connections."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hodei.client import (
    AsyncClient,
    Client,
    Conflict,
    IdempotencyMismatch,
    InvalidRequest,
    NotFound,
    Unreachable,
)
from hodei.client.mapping import fill
from tests.support.server import ServerProcess, data_directory


async def test_a_job_from_submit_to_output(client: AsyncClient) -> None:
    job = await client.submit(name="whole", command="echo out; echo err >&2")
    assert job.state in {"PENDING", "ASSIGNED"} and not job.finished
    done = await client.wait(job)
    assert done.succeeded and done.provider == "local" and len(done.tries) == 1
    assert await client.output(done) == "out\n"
    assert await client.output(done, "stderr") == "err\n"
    lines = [line async for line in client.logs(done)]
    assert [(line.attempt, line.n, line.stream, line.text) for line in lines] == [
        (1, 1, "stdout", "out"),
        (1, 2, "stderr", "err"),
    ]


async def test_waiting_gives_up_in_time(client: AsyncClient, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    job = await client.submit(name="gate", command=f"while [ ! -e {gate} ]; do sleep 0.05; done")
    with pytest.raises(TimeoutError):
        await client.wait(job, 0.3)
    waiting = asyncio.ensure_future(client.wait(job))
    gate.touch()
    assert (await waiting).succeeded


async def test_errors_mirror_the_servers_codes(client: AsyncClient) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await client.submit(name="", command="x", resources={"cpu": 99})
    assert {v.field for v in refused.value.violations} == {"name", "resources.cpu"}
    assert (refused.value.code, refused.value.status) == ("invalid_request", 400)
    with pytest.raises(NotFound):
        await client.get("ffffffff")
    with pytest.raises(NotFound):
        await client.provider("nowhere")
    job = await client.submit(name="over", command="true")
    await client.wait(job)
    with pytest.raises(Conflict):
        await client.cancel(job)
    await client.submit(name="one", command="true", idempotency_key="client-key")
    with pytest.raises(IdempotencyMismatch):
        await client.submit(name="two", command="true", idempotency_key="client-key")


async def test_nobody_there_is_unreachable() -> None:
    async with AsyncClient("http://127.0.0.1:9", patience_s=0) as nobody:
        with pytest.raises(Unreachable, match="http:"):
            await nobody.get("ffffffff")
    with pytest.raises(InvalidRequest):
        AsyncClient("ftp://127.0.0.1")


async def test_lists_go_over_pages(client: AsyncClient) -> None:
    await client.put_project("pages", {})
    specs = [{"name": f"paged {i}", "command": "true", "project": "pages"} for i in range(205)]
    ids = await client.submit_many(specs)
    found = [job.id async for job in client.list(project="pages")]
    assert found == ids[::-1]
    some = [job.id async for job in client.list(project="pages", limit=3, oldest_first=True)]
    assert some == ids[:3]
    assert sum((await client.counts(project="pages")).values()) == 205
    cancelling = [client.cancel(job_id) for job_id in ids]
    await asyncio.gather(*cancelling, return_exceptions=True)  # some are finished already


async def test_map_yields_in_the_order_of_the_inputs(client: AsyncClient) -> None:
    spec = {
        "name": "square of {INPUT}",
        "command": {"type": "exec", "argv": ["sh", "-c", 'echo "$1 $INPUT"', "sh", "<{INPUT}>"]},
    }
    outputs = []
    async with aclosing(client.map(spec, [3, "a b", "$(id)"])) as results:
        async for result in results:
            outputs.append((result.index, result.job.name, await client.output(result.job)))
    assert outputs == [
        (0, "square of 3", "<3> 3\n"),
        (1, "square of a b", "<a b> a b\n"),
        (2, "square of $(id)", "<$(id)> $(id)\n"),
    ]


def test_map_never_edits_a_script() -> None:
    spec = {"name": "n", "command": "echo {INPUT} {other}", "env": {"KEPT": "1"}}
    filled = fill(spec, {"INPUT": 5})
    assert filled["command"] == "echo {INPUT} {other}"
    assert filled["env"] == {"KEPT": "1", "INPUT": "5"}
    assert spec["env"] == {"KEPT": "1"}


def test_the_blocking_client_does_the_same(shared_server: ServerProcess) -> None:
    with Client(shared_server.url) as client:
        job = client.submit(name="blocking", command="echo 1; echo 2; echo 3")
        lines = client.logs(job)
        assert next(lines).text == "1"
        del lines  # leaving early is fine
        assert client.wait(job).succeeded
        assert client.output(job) == "1\n2\n3\n"
        results = client.map({"name": "m", "command": "true"}, ["a", "b"])
        assert [result.job.succeeded for result in results] == [True, True]
        assert client.explain(job).reason
        assert client.plan(name="p", command="true").accepted
        assert next(client.list(q="blocking")).id == job.id
        assert client.queue().paused is False
        assert client.providers()[0].name == "local"


async def test_odd_text_survives(client: AsyncClient) -> None:
    text = "a\u2028b\u0085c\x0bd é ✓ \x1b[31mred"
    job = await client.submit(
        name="odd", command={"type": "exec", "argv": ["printf", "%s\\n\\377\\n", text]}
    )
    lines = [line.text async for line in client.logs(job)]
    assert lines == [text, "\ufffd"]


# ---- broken connections


class Cutter:
    """A TCP relay that cuts connections: after some bytes, or before the answer comes."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.cut_after: int | None = None
        """Bytes of answer after which a connection is cut; None: never."""
        self.cuts = 0
        self._relays: list[asyncio.Future[None]] = []

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A new connection."""
        self._relays.append(asyncio.ensure_future(self._relay(reader, writer)))

    async def close(self) -> None:
        """Ends what is still open."""
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        up = asyncio.ensure_future(self._copy(reader, back, None))
        try:
            with contextlib.suppress(OSError):
                await self._copy(there, writer, self.cut_after)
        finally:
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)
            for end in (writer, back):
                end.transport.abort()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None
    ) -> None:
        passed = 0
        while data := await reader.read(4096):
            passed += len(data)
            if most is not None and passed > most:
                self.cuts += 1
                return
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def cutter(url: str) -> AsyncIterator[tuple[Cutter, str]]:
    """A relay to the server, and its address."""
    relay = Cutter(urlsplit(url).port or 0)
    listening = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    try:
        yield relay, f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        await relay.close()


async def test_a_submit_whose_answer_is_lost_makes_one_job(
    shared_server: ServerProcess, client: AsyncClient
) -> None:
    await client.put_project("once", {})
    async with cutter(shared_server.url) as (relay, url), AsyncClient(url) as broken:
        relay.cut_after = 0
        submitting = asyncio.ensure_future(
            broken.submit(name="only once", command="true", project="once")
        )
        while relay.cuts < 2:  # stored twice over by now, were it not for the key
            await asyncio.sleep(0.01)
        relay.cut_after = None
        job = await submitting
    assert [found.id async for found in client.list(project="once")] == [job.id]


async def test_a_log_goes_on_where_it_was_cut(
    shared_server: ServerProcess, client: AsyncClient
) -> None:
    script = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i of three thousand; done"
    job = await client.submit(name="cut", command=script)
    await client.wait(job)
    async with cutter(shared_server.url) as (relay, url), AsyncClient(url) as broken:
        found: list[int] = []
        async with aclosing(broken.logs(job)) as lines:
            relay.cut_after = 60_000
            async for line in lines:
                found.append(line.n)
                if line.n > 2500:
                    relay.cut_after = None
    assert found == list(range(1, 3001))
    assert relay.cuts >= 2


async def test_following_and_waiting_outlive_a_restart(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with data_directory() as directory, ServerProcess(directory) as server:
        async with AsyncClient(server.url) as client:
            job = await client.submit(
                name="restarted",
                command=f"echo before; while [ ! -e {gate} ]; do sleep 0.05; done; echo after",
            )
            waiting = asyncio.ensure_future(client.wait(job))
            async with aclosing(client.logs(job)) as lines:
                assert (await anext(lines)).text == "before"
                await asyncio.to_thread(server.kill9)
                await asyncio.to_thread(server.start)
                gate.touch()
                assert [line.text async for line in lines] == ["after"]
            assert (await waiting).succeeded
