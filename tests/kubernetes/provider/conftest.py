"""One cluster for all tests of this directory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kubernetes.provider.harness import KubernetesHarness
from tests.support.kubernetes import PrivateCluster, private_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[PrivateCluster]:
    with private_cluster() as made:
        yield made


@pytest.fixture
def harness(cluster: PrivateCluster) -> Iterator[KubernetesHarness]:
    made = KubernetesHarness(cluster, {})
    try:
        yield made
    finally:
        made.sweep()
