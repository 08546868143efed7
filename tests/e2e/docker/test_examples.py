"""The guide's examples, as written, in stand-ins for its images."""

from __future__ import annotations

from tests.e2e.docker.yard import Yard, job
from tests.support.observer import SUCCEEDED, Observer, phases


async def test_a_simple_job(yard: Yard, observer: Observer) -> None:
    script = 'echo "Hello from Hodei!" && date'
    job_id = await observer.submit(
        job("shell", script, image="alpine:latest", name="Hello World", network="default")
    )
    done = await observer.finished(job_id)
    assert done.state == SUCCEEDED, done
    text = (await observer.log(job_id)).text
    assert text[0] == "Hello from Hodei!"
    assert len(text) == 2
    assert done.attempts[-1].image_digest.startswith("sha256:")
    print(phases(done))
    await yard.nothing_left()
