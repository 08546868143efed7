"""An engine reached by TCP and TLS, with certificates on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest

from hodei.domain.provider import ObservedState
from hodei.testing.provider_contract import state_of
from hodei.testing.provider_harness import started
from tests.contract.provider_docker.docker_harness import DockerHarness
from tests.support.docker import PrivateEngine
from tests.support.docker_tls import encrypted, make_certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and what it signed for an engine and for a client."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


async def test_a_remote_engine_with_certificates(
    engine: PrivateEngine, bundle: Path, tmp_path: Path, certificates: Path
) -> None:
    async with encrypted(engine, certificates) as port:
        tls = {
            "ca": str(certificates / "ca.pem"),
            "cert": str(certificates / "client.pem"),
            "key": str(certificates / "client.key"),
        }
        host = f"tcp://127.0.0.1:{port}"
        harness = DockerHarness(engine, tmp_path, bundle, {"host": host, "tls": tls})
        async with harness.create() as provider:
            health = await provider.check()
            assert health.ok, health.reason
            assert not provider.capabilities.networks_none
            handle = await started(provider, harness.request())
            assert await state_of(provider, handle) is ObservedState.RUNNING
            await provider.destroy(handle, grace_s=0)
            assert harness.traces() == []


async def test_a_connection_that_cannot_be_trusted_is_not_used(
    engine: PrivateEngine, bundle: Path, tmp_path: Path, certificates: Path
) -> None:
    async with encrypted(engine, certificates) as port:
        stranger = {"ca": "", "cert": str(certificates / "client.pem")}
        stranger["key"] = str(certificates / "client.key")
        nobody = {"ca": str(certificates / "ca.pem")}
        missing = {"ca": "/nowhere/ca.pem"}
        for tls, words in (
            (stranger, "TLS fails: CERTIFICATE_VERIFY_FAILED"),
            (nobody, "does not answer"),
            (missing, "the TLS files /nowhere/ca.pem cannot be used"),
        ):
            settings: dict[str, object] = {"host": f"tcp://127.0.0.1:{port}", "tls": tls}
            folder = tmp_path / words[:9].replace(" ", "-")
            folder.mkdir()
            harness = DockerHarness(engine, folder, bundle, settings)
            async with harness.create() as provider:
                health = await provider.check()
                assert not health.ok
                assert words in health.reason
