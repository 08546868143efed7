"""An agent that floods stores no more than one that is in a hurry."""

from __future__ import annotations

from datetime import timedelta

from hodei.engine.sampling import BURST, PER_SECOND, Pace
from hodei.ports.store import Sample
from tests.unit.engine.world import quiet, world


def test_a_burst_and_then_so_many_a_second() -> None:
    pace = Pace(0.0)
    assert sum(pace.allows(0.0) for _ in range(1000)) == BURST
    allowed = sum(pace.allows(number / 100) for number in range(1000))
    assert 10 * PER_SECOND - 1 <= allowed <= 10 * PER_SECOND
    assert sum(pace.allows(1e6) for _ in range(1000)) == BURST, "rest is not saved up for ever"


async def test_what_is_stored_of_a_flood() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        assert agent.link is not None and agent.link.session is not None
        attempt_id = (await w.engine.jobs.get(str(job.id))).attempts[-1].id
        for number in range(5000):
            at = w.clock.now() + timedelta(milliseconds=number)
            sample = Sample(attempt_id=attempt_id, at=at, cpu_ms=number, memory_bytes=1)
            agent.link.session.on_sample(sample)
        await quiet()
        assert len(await w.engine.stats.samples(attempt_id)) == BURST
