"""The Kubernetes provider against the contract of providers, on a real cluster."""

from __future__ import annotations

import pytest

from hodei.testing.provider_contract import ProviderContract


@pytest.mark.timeout(180)
class TestKubernetesProvider(ProviderContract):
    pass
