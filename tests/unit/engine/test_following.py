"""Followers of a job's log: what they are given, and that they miss neither begin nor end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from hodei.domain.attempt import Attempt
from hodei.domain.errors import NotFound
from tests.unit.engine.world import World, quiet, world


async def text_of(w: World, job_id: UUID) -> tuple[bytes, bool]:
    """What a follower from the beginning to the end is given, and whether it saw the end."""
    text, ended = b"", False
    async for part in w.engine.logs.follow_job(job_id):
        text += b"".join(segment.text for segment in part.segments)
        ended = part.end is not None and part.end.finished
    return text, ended


async def test_a_follower_from_before_the_first_attempt_sees_everything() -> None:
    async with world() as w:
        job = await w.submit()
        following = asyncio.ensure_future(text_of(w, job.id))
        await quiet()
        await w.sweep()
        agent = w.agent_of(job.id)
        agent.write(b"one\n")
        await quiet()
        agent.write(b"two\n")
        agent.exit(0)
        assert await following == (b"one\ntwo\n", True)
        assert w.engine.logs._channels == {}
        assert w.engine.logs._waiting == {}


async def test_a_follower_that_leaves_as_the_attempt_begins_leaves_nothing_behind() -> None:
    async with world() as w:
        job = await w.submit()
        following = asyncio.ensure_future(text_of(w, job.id))
        await quiet()
        [waiting] = w.engine.logs._waiting.values()
        sweeping = asyncio.ensure_future(w.sweep())
        while waiting.begun is None:
            await asyncio.sleep(0)
        assert w.engine.logs._channels != {}
        following.cancel()
        await asyncio.gather(following, sweeping, return_exceptions=True)
        assert w.engine.logs._channels == {}
        assert w.engine.logs._waiting == {}


async def test_the_end_stored_here_is_told_without_asking_the_store() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        following = asyncio.ensure_future(text_of(w, job.id))
        await quiet()
        agent.write(b"one\n")
        agent.exit(0)
        while not w.job(job.id).finished:
            await asyncio.sleep(0)
        w.home.faults.down = True
        assert await following == (b"one\n", True)


async def test_a_job_that_ran_between_two_looks_is_not_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with world(reusable_workers=True) as w:
        job, agent = await w.run_job()
        agent.write(b"one\n")
        agent.exit(0)
        await quiet()
        stored = w.home.store.attempts
        looks = 0

        async def late(job_id: UUID) -> Sequence[Attempt]:
            nonlocal looks
            looks += 1
            return [] if looks == 1 else await stored(job_id)

        monkeypatch.setattr(w.home.store, "attempts", late)
        assert await text_of(w, job.id) == (b"one\n", True)


async def test_a_job_that_there_is_not_cannot_be_followed() -> None:
    async with world() as w:
        with pytest.raises(NotFound):
            await text_of(w, uuid4())
