"""One-time passwords: single use, bound to one worker, never shown."""

from __future__ import annotations

import asyncio
import logging

import pytest

from hodei.domain.errors import PasswordExpired, PasswordSpent, Unauthenticated, Unavailable
from hodei.domain.worker import WorkerState
from hodei.engine import enrol
from hodei.ports.provider import ProvisionRequest
from tests.unit.engine.world import World, quiet, world


async def waiting_worker(w: World) -> ProvisionRequest:
    """A worker that is up and whose agent has not called."""
    requests: list[ProvisionRequest] = []

    async def note(request: ProvisionRequest) -> None:
        requests.append(request)

    w.inspector.on_started(note)
    await w.submit()
    await w.sweep()
    return requests[0]


async def register(w: World, request: ProvisionRequest, otp: str | None = None) -> enrol.Admission:
    password = otp if otp is not None else request.enrolment.otp
    return await enrol.register(
        w.engine.core, request.worker_id, password, agent_version="1", architecture="x86_64"
    )


async def test_it_opens_a_session_once() -> None:
    async with world() as w:
        request = await waiting_worker(w)
        admission = await register(w, request)
        worker = await enrol.session_worker(w.engine.core, admission.session_token)
        assert worker.id == request.worker_id
        assert worker.state is WorkerState.BUSY
        with pytest.raises(PasswordSpent):
            await register(w, request)


async def test_a_wrong_one_leaves_the_right_one_good() -> None:
    async with world() as w:
        request = await waiting_worker(w)
        with pytest.raises(Unauthenticated, match="wrong"):
            await register(w, request, "guess")
        assert (await register(w, request)).worker_id == request.worker_id


async def test_that_of_another_worker_is_wrong() -> None:
    async with world() as w:
        first = await waiting_worker(w)
        second = await waiting_worker(w)
        with pytest.raises(Unauthenticated, match="wrong"):
            await register(w, first, second.enrolment.otp)


async def test_it_expires_with_the_provisioning_deadline() -> None:
    async with world() as w:
        request = await waiting_worker(w)
        await w.clock.advance(300)
        await w.clock.advance(0.001)
        with pytest.raises(PasswordExpired):
            await register(w, request)


async def test_a_worker_that_is_not_wanted_takes_no_agent() -> None:
    async with world() as w:
        request = await waiting_worker(w)
        w.inspector.hang("destroy")
        await w.engine.workers.terminate(str(request.worker_id), actor="ann")
        with pytest.raises(Unauthenticated):
            await register(w, request)


async def test_only_a_digest_is_stored_and_nothing_shows_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with world() as w:
        request = await waiting_worker(w)
        admission = await register(w, request)
        w.inspector.kill(request.worker_id)
        with pytest.raises(PasswordSpent):
            await register(w, request)
        for secret in (request.enrolment.otp, admission.session_token):
            shown = [
                repr(request),
                repr(admission),
                repr(w.worker(request.worker_id)),
                repr(w.tables.events),
                caplog.text,
                *(str(record.__dict__) for record in caplog.records),
            ]
            assert all(secret not in text for text in shown)
        assert enrol.digest(request.enrolment.otp).hex() not in repr(w.worker(request.worker_id))


@pytest.mark.parametrize("fault", ["lost", "unanswered"])
async def test_a_save_without_an_answer_costs_nobody_the_password(fault: str) -> None:
    async with world() as w:
        request = await waiting_worker(w)
        w.home.faults.commits_lost = int(fault == "lost")
        w.home.faults.commits_unanswered = int(fault == "unanswered")
        admission = await register(w, request)
        worker = await enrol.session_worker(w.engine.core, admission.session_token)
        assert worker.id == request.worker_id


async def test_a_store_that_is_away_is_no_refusal() -> None:
    async with world() as w:
        request = await waiting_worker(w)
        w.home.faults.down = True
        with pytest.raises(Unavailable):
            await register(w, request)
        w.home.faults.down = False
        assert (await register(w, request)).worker_id == request.worker_id


async def test_two_calls_at_once_admit_one() -> None:
    async with world() as w:
        request = await waiting_worker(w)
        first = enrol.register(
            w.engine.core,
            request.worker_id,
            request.enrolment.otp,
            agent_version="1",
            architecture="x",
        )
        results = await asyncio.gather(first, register(w, request), return_exceptions=True)
        kinds = sorted(type(result).__name__ for result in results)
        assert kinds == ["Admission", "PasswordSpent"]


async def test_a_session_ends_with_its_worker() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        token = agent.token
        agent.exit(0)
        await quiet()
        with pytest.raises(Unauthenticated):
            await enrol.session_worker(w.engine.core, token)
        assert w.job(job.id).finished


async def test_an_idle_worker_may_leave_and_a_busy_one_is_settled_by_what_is_seen() -> None:
    async with world(reusable_workers=True) as w:
        job, agent = await w.run_job()
        await enrol.leave(w.engine.core, agent.token, "tired")
        assert w.worker(agent.worker_id).state is WorkerState.BUSY
        agent.exit(0)
        await quiet()
        assert w.job(job.id).finished
        await enrol.leave(w.engine.core, agent.token, "tired")
        assert w.worker(agent.worker_id).reason == "tired"
        await w.pass_time(4)
        w.assert_tidy()
