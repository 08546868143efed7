"""The guide's examples as pods, in stand-ins for its images, and what a job's end says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.kubernetes.jobs.yard import Yard, job
from tests.support.observer import CANCELLED, FAILED, SUCCEEDED, Observer, phases

HELLO = 'echo "Hello from Hodei!" && date'
STEPS = """
import sys
print("Processing data...")
for i in range(5):
    print(f"Step {i+1}/5 completed")
print("Done!")
"""
FETCH = 'curl -H "Authorization: Bearer $API_TOKEN" $API_URL'
WORD = "tu-token-secreto"
# As the guide has it, without its pauses of a second.
BATCHES = """
for i in $(seq 1 60); do
  echo "[$(date)] Processing batch $i/60..."
done
echo "All batches completed!"
"""
MANY = 30


async def test_a_simple_job(yard: Yard, observer: Observer) -> None:
    job_id = await observer.submit(job("shell", HELLO, name="Hello World"))
    done = await observer.finished(job_id, within=60)
    assert done.state == SUCCEEDED, done
    text = (await observer.log(job_id)).text
    assert text[0] == "Hello from Hodei!"
    assert len(text) == 2
    assert phases(done)[-1] == "CLEANUP"
    await yard.nothing_left()


async def test_a_python_script(observer: Observer) -> None:
    spec = job("python", STEPS, image="python:3.11-slim", memory_mb=256)
    job_id = await observer.submit(spec)
    assert (await observer.finished(job_id, within=60)).state == SUCCEEDED
    assert (await observer.log(job_id)).text == [
        "Processing data...",
        *(f"Step {number}/5 completed" for number in range(1, 6)),
        "Done!",
    ]


@asynccontextmanager
async def interface(host: str, asked: list[str]) -> AsyncIterator[str]:
    """An HTTP server that pods reach, which notes what it is asked; its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n")
        writer.write(b'{"rows": 3}\n')
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, host, 0) as server:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}/data"


async def test_variables_of_the_environment(yard: Yard, observer: Observer) -> None:
    asked: list[str] = []
    async with interface(yard.cluster.host, asked) as url:
        env = {"API_TOKEN": WORD, "API_URL": url}
        spec = job("shell", FETCH, image="curlimages/curl:latest", env=env)
        job_id = await observer.submit(spec)
        done = await observer.finished(job_id, within=60)
    assert done.state == SUCCEEDED, done
    assert '{"rows": 3}' in (await observer.log(job_id)).text
    assert len(asked) == 1
    assert f"Authorization: Bearer {WORD}\r\n" in asked[0]


async def test_a_long_task(observer: Observer) -> None:
    job_id = await observer.submit(job("shell", BATCHES, name="Long Running Task"))
    assert (await observer.finished(job_id, within=60)).state == SUCCEEDED
    text = (await observer.log(job_id)).text
    assert len(text) == 61
    assert text[59].endswith("Processing batch 60/60...")
    assert text[60] == "All batches completed!"


async def test_memory_that_is_used_up(observer: Observer) -> None:
    hungry = "x = bytearray(300 << 20); print(len(x))"
    job_id = await observer.submit(job("python", hungry, image="python:3.11-slim"))
    done = await observer.finished(job_id, within=60)
    assert done.state == FAILED, done
    assert done.attempts[-1].outcome.cause == "oom", done


async def test_a_job_that_is_cancelled(yard: Yard, observer: Observer) -> None:
    job_id = await observer.submit(job("shell", "sleep 600"))
    # A node says which image it runs a moment after it runs.
    running = await observer.when(
        job_id,
        lambda seen: bool(seen.attempts and seen.attempts[-1].image_digest),
        what="its image is known",
    )
    assert running.attempts[-1].image_digest.startswith("sha256:")
    await observer.cancel(job_id)
    done = await observer.finished(job_id, within=60)
    assert done.state == CANCELLED, done
    await yard.nothing_left()


async def test_thirty_at_once(yard: Yard, observer: Observer) -> None:
    # The node has room for some twenty; the others wait for the scheduler.
    specs = [job("shell", f"echo {number}", memory_mb=32) for number in range(MANY)]
    ids = await observer.submit_many(specs)
    for number, done in enumerate(await observer.finished_all(ids)):
        assert (done.state, len(done.attempts)) == (SUCCEEDED, 1), done
        assert (await observer.log(done.id)).text == [str(number)]
    await yard.nothing_left(within=90)
