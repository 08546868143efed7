"""Sessions of remote workers: each goes with a certificate, and is nothing without it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import grpc
import pytest

from hodei.adapters.security.authority import Authorities
from hodei.adapters.security.leaves import IssuedCertificates
from hodei.api.grpc.server import WorkerServer
from hodei.domain.errors import PasswordSpent, Unauthenticated
from hodei.engine import enrol
from hodei.engine.core import Timings
from hodei.ports.certificates import Presented
from hodei.ports.provider import ProvisionRequest
from tests.e2e.faults.hostile import Impostor, hello
from tests.unit.engine.world import World, world

CERTIFICATES = IssuedCertificates(Authorities(lambda: (b"k" * 32,)))


@asynccontextmanager
async def remote(timings: Timings | None = None) -> AsyncIterator[tuple[World, ProvisionRequest]]:
    """An installation with remote workers, one of which is up and has not called."""
    async with world(certificates=CERTIFICATES, timings=timings) as w:
        requests: list[ProvisionRequest] = []

        async def note(request: ProvisionRequest) -> None:
            requests.append(request)

        w.inspector.on_started(note)
        await w.submit()
        await w.sweep()
        yield w, requests[0]


def shown(w: World, request: ProvisionRequest) -> Presented:
    """The certificate for enrolling, as a connection shows it."""
    found = enrol.shown_by(w.engine.core, request.enrolment.otp.partition("\n")[2].encode())
    assert found is not None
    return found


async def register(w: World, request: ProvisionRequest, by: Presented | None) -> enrol.Admission:
    """Spends the password."""
    return await enrol.register(
        w.engine.core,
        request.worker_id,
        request.enrolment.otp.partition("\n")[0],
        agent_version="1",
        architecture="x86_64",
        shown=by,
    )


async def test_a_session_goes_with_its_own_certificate() -> None:
    async with remote() as (w, request):
        core = w.engine.core
        assert request.enrolment.ca_pem == CERTIFICATES.authorities(core.clock.now())
        admission = await register(w, request, shown(w, request))
        assert admission.certificate is not None
        own = enrol.shown_by(core, admission.certificate.pem.encode())
        token = admission.session_token
        worker = await enrol.session_worker(core, token, own)
        assert worker.id == request.worker_id
        for by in (None, shown(w, request), other(core.clock.now(), token=token)):
            with pytest.raises(Unauthenticated):
                await enrol.session_worker(core, token, by)
            with pytest.raises(Unauthenticated):
                await enrol.leave(core, token, "stolen", by)
        # It enrols nobody, and the one that did cannot do it again.
        for by in (own, shown(w, request)):
            with pytest.raises((Unauthenticated, PasswordSpent)):
                await register(w, request, by)


def other(now: datetime, *, token: str) -> Presented:
    """Another worker's certificate for the same session."""
    return Presented(
        worker_id=uuid4(),
        session=enrol.digest(token),
        not_before=now,
        not_after=now + timedelta(hours=1),
    )


async def test_another_worker_s_certificate_leaves_the_password_good() -> None:
    async with remote() as (w, request):
        now = w.engine.core.clock.now()
        foreign = Presented(worker_id=uuid4(), session=None, not_before=now, not_after=now)
        with pytest.raises(Unauthenticated):
            await register(w, request, foreign)
        assert (await register(w, request, shown(w, request))).session_token


async def test_certificates_end() -> None:
    async with remote() as (w, request):
        core = w.engine.core
        admission = await register(w, request, shown(w, request))
        assert admission.certificate is not None
        await w.clock.advance(core.timings.provision.total_seconds() + 1)
        with pytest.raises(Unauthenticated, match="has ended"):
            shown(w, request)
        pem = admission.certificate.pem.encode()
        assert enrol.shown_by(core, pem)
        await w.clock.advance(core.timings.certificate.total_seconds())
        with pytest.raises(Unauthenticated, match="has ended"):
            enrol.shown_by(core, pem)


async def test_without_tls_nothing_is_issued_at_enrolment() -> None:
    async with remote() as (w, request):
        admission = await register(w, request, None)
        assert admission.certificate is None
        worker = await enrol.session_worker(w.engine.core, admission.session_token)
        assert worker.id == request.worker_id
    async with world() as w:
        assert enrol.password(w.engine.core, uuid4(), "otp") == "otp"
        assert enrol.authorities(w.engine.core) == ""


async def test_the_stream_brings_new_ones_before_the_last_ends(tmp_path: Path) -> None:
    timings = Timings(certificate=timedelta(milliseconds=100))
    async with remote(timings) as (w, request):
        admission = await register(w, request, None)
        server = WorkerServer(w.engine)
        server.listen_unix(tmp_path / "s")
        await server.start()
        async with grpc.aio.insecure_channel(f"unix:{tmp_path}/s") as channel:
            stream = Impostor(channel, admission.session_token)
            await stream.say(hello(str(request.worker_id)))
            identities = {(await stream.hear("certificate")).certificate.identity for _ in range(3)}
            stream.hang_up()
        await server.stop(0)
        assert len(identities) == 3
        for pem in identities:
            made = CERTIFICATES.read(pem.encode())
            assert made.session == enrol.digest(admission.session_token)
            assert made.worker_id == request.worker_id
