"""The guide's examples, as written, in stand-ins for its images; the last is in test_watching."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.e2e.docker.yard import Yard, job
from tests.support.docker_images import python_image
from tests.support.observer import SUCCEEDED, Observer, phases
from tests.support.server import clean_environment, hodei_command

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


async def test_a_simple_job(yard: Yard, observer: Observer) -> None:
    job_id = await observer.submit(job("shell", HELLO, name="Hello World", network="default"))
    done = await observer.finished(job_id)
    assert done.state == SUCCEEDED, done
    text = (await observer.log(job_id)).text
    assert text[0] == "Hello from Hodei!"
    assert len(text) == 2
    assert done.attempts[-1].image_digest.startswith("sha256:")
    assert phases(done)[-1] == "CLEANUP"


async def test_a_python_script(yard: Yard, observer: Observer) -> None:
    await asyncio.to_thread(yard.engine.load, python_image())
    spec = job("python", STEPS, image="python:3.11-slim", memory_mb=1024, network="default")
    job_id = await observer.submit(spec)
    assert (await observer.finished(job_id)).state == SUCCEEDED
    assert (await observer.log(job_id)).text == [
        "Processing data...",
        *(f"Step {number}/5 completed" for number in range(1, 6)),
        "Done!",
    ]


@asynccontextmanager
async def interface(yard: Yard, asked: list[str]) -> AsyncIterator[str]:
    """An HTTP server on the engine's bridge, which notes what it is asked; its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n")
        writer.write(b'{"rows": 3}\n')
        await writer.drain()
        writer.close()

    listening = await asyncio.to_thread(yard.engine.listen, yard.engine.gateway())
    host, port = listening.getsockname()
    async with await asyncio.start_server(serve, sock=listening):
        yield f"http://{host}:{port}/data"


async def test_variables_of_the_environment(yard: Yard, observer: Observer) -> None:
    asked: list[str] = []
    async with interface(yard, asked) as url:
        env = {"API_TOKEN": WORD, "API_URL": url}
        spec = job("shell", FETCH, image="curlimages/curl:latest", env=env, network="default")
        job_id = await observer.submit(spec)
        done = await observer.finished(job_id)
    assert done.state == SUCCEEDED, done
    assert '{"rows": 3}' in (await observer.log(job_id)).text
    assert len(asked) == 1
    assert asked[0].startswith("GET /data ")
    assert f"Authorization: Bearer {WORD}\r\n" in asked[0]


async def test_the_command_line_runs_an_image(yard: Yard) -> None:
    command = hodei_command("run", "--image", "alpine:latest", "--", HELLO)
    env = clean_environment(HODEI_URL=yard.site.server.url)
    done = await asyncio.to_thread(
        subprocess.run, command, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "Hello from Hodei!" in done.stdout
