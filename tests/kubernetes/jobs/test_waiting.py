"""What a pod waits for is said while it waits, and a cancel ends the wait in every phase."""

from __future__ import annotations

import os
import signal

import grpc
import pytest

from tests.kubernetes.jobs.yard import Yard, configured, job, waits_for
from tests.support.kubernetes import STAND_IN_IMAGE, process_of
from tests.support.observer import CANCELLED, SUCCEEDED, Observer, refused
from tests.support.processes import until

MOST = 1.5
"""CPUs; the node has two, so that there is no room for two such jobs."""


async def test_the_schedulers_words_while_it_finds_no_node(yard: Yard, observer: Observer) -> None:
    first = await observer.submit(job("shell", "sleep 600", cpu=MOST))
    await observer.running(first)
    second = await observer.submit(job("shell", "echo at last", cpu=MOST))
    third = await observer.submit(job("shell", "echo never", cpu=MOST))
    for waiting in (second, third):
        seen = await observer.when(waiting, waits_for("Insufficient cpu"), what="it says why")
        assert seen.attempts[-1].phases[-1].phase == "PROVISIONING"
        assert "its worker is being made: 0/1 nodes" in await observer.reason(waiting)
    await observer.cancel(third)
    assert (await observer.finished(third)).state == CANCELLED
    await observer.cancel(first)
    done = await observer.finished(second)
    assert (done.state, len(done.attempts)) == (SUCCEEDED, 1), done
    assert (await observer.log(second)).text == ["at last"]
    # What is over is not said any more.
    assert not any(mark.detail for mark in done.attempts[-1].phases)
    await yard.nothing_left()


async def test_a_registry_that_does_not_answer(yard: Yard, observer: Observer) -> None:
    image = f"{yard.dead_registry}/absent:1"
    job_id = await observer.submit(job("shell", "true", image=image))
    seen = await observer.when(job_id, waits_for("connection refused"), what="it says why")
    assert seen.attempts[-1].phases[-1].phase == "PULLING"
    await observer.cancel(job_id)
    assert (await observer.finished(job_id)).state == CANCELLED
    await yard.nothing_left()


@pytest.mark.long
async def test_a_registry_that_never_answers_ends_the_attempt(
    yard: Yard, observer: Observer
) -> None:
    image, agent = f"{yard.dead_registry}/absent:1", f"{yard.dead_registry}/agent:1"
    async with configured(yard, observer, pull_retry_s=1):
        said = await first_end(observer, await observer.submit(job("shell", "true", image=image)))
        assert f"the image {image} cannot be pulled: " in said
        assert "connection refused" in said
    async with configured(yard, observer, pull_retry_s=1, agent_image=agent):
        said = await first_end(observer, await observer.submit(job("shell", "true")))
        assert f"the agent's image {agent} cannot be pulled: " in said
        assert "name it as agent_image" in said
    await yard.nothing_left()


async def first_end(observer: Observer, job_id: str) -> str:
    """What the first attempt ended with; the job is then given up."""
    seen = await observer.when(
        job_id, lambda seen: any(one.HasField("outcome") for one in seen.attempts), what="an end"
    )
    await observer.cancel(job_id)
    await observer.finished(job_id)
    return seen.attempts[0].outcome.message


async def test_a_cancel_while_its_agent_has_not_called(yard: Yard, observer: Observer) -> None:
    # This one runs for ever and calls nobody.
    async with configured(yard, observer, agent_image=STAND_IN_IMAGE):
        job_id = await observer.submit(job("shell", "true"))
        await observer.when(job_id, lambda seen: seen.phase == "REGISTERING", what="it is up")
        await observer.cancel(job_id)
        assert (await observer.finished(job_id)).state == CANCELLED
    await yard.nothing_left()


async def test_a_cancel_while_its_agent_is_frozen(yard: Yard, observer: Observer) -> None:
    job_id = await observer.submit(job("shell", "sleep 600"))
    made = await observer.when(job_id, lambda seen: bool(seen.attempts), what="it is bound")
    worker_id = made.attempts[-1].worker_id
    # Wherever it is on its way from its call to the running job.
    agent = await until(lambda: process_of(worker_id), what="the agent lives")
    os.kill(agent, signal.SIGSTOP)
    await observer.cancel(job_id)
    assert (await observer.finished(job_id)).state == CANCELLED
    await yard.nothing_left()


async def test_a_cancel_while_it_is_cleaned_up_changes_nothing(
    yard: Yard, observer: Observer
) -> None:
    job_id = await observer.submit(job("shell", "echo over"))
    await observer.finished(job_id)
    async with refused(grpc.StatusCode.FAILED_PRECONDITION):
        await observer.cancel(job_id)
    assert (await observer.job(job_id)).state == SUCCEEDED
    await yard.nothing_left()
