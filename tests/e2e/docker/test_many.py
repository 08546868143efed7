"""More jobs at once than there are processors, or workers."""

from __future__ import annotations

from tests.e2e.docker.yard import Yard, job
from tests.support.observer import SUCCEEDED, Observer

MANY = 50


async def test_fifty_at_once(yard: Yard, observer: Observer, batches: str) -> None:
    specs = [job("shell", f"echo {n}; echo $HODEI_JOB_NAME", name=f"n{n}") for n in range(MANY)]
    ids = await observer.submit_many(specs)
    for number, done in enumerate(await observer.finished_all(ids)):
        assert (done.state, len(done.attempts)) == (SUCCEEDED, 1), done
        assert (await observer.log(done.id)).text == [str(number), f"n{number}"]
    workers = {done.attempts[0].worker_id for done in await observer.finished_all(ids)}
    assert len(workers) == MANY, "a container serves one job"
    await yard.nothing_left(but=batches)
