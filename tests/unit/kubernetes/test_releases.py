"""Everything that is created fits the published schemas of Kubernetes' releases, to the letter."""

from __future__ import annotations

import kubernetes_validate
import pytest

from hodei.adapters.kubernetes.manifests import network_policy, pod, secret
from hodei.adapters.kubernetes.parsing import parse_settings
from hodei.domain.spec import Architecture, Network, Resources
from tests.unit.kubernetes.requests import OWNER, SERVERS, request
from tests.unit.kubernetes.test_settings import FULL

RELEASES = [f"1.{minor}" for minor in range(28, 38)]
WANTED = Resources(cpu=1.5, memory_mb=512, storage_mb=100, gpus=1, architecture=Architecture.ARM64)


@pytest.mark.parametrize("release", RELEASES)
def test_every_release_takes_what_is_created(release: str) -> None:
    for settings in (parse_settings({}), parse_settings(FULL)):
        wanted = request(WANTED, network=Network.NONE, ca="---")
        for body in (
            pod(wanted, settings, OWNER, SERVERS),
            secret(wanted, OWNER, "uid"),
            network_policy(settings, OWNER),
        ):
            kubernetes_validate.validate(body, release, strict=True)


def test_a_field_that_a_release_does_not_know_is_found() -> None:
    body = pod(request(), parse_settings({}), OWNER, SERVERS)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**body, "specs": {}}, RELEASES[-1], strict=True)
