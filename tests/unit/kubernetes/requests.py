"""Ordinary values that the tests of this directory begin with."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from hodei.adapters.kubernetes.manifests import Owner
from hodei.domain.spec import Network, Resources
from hodei.ports.provider import Enrolment, ProvisionRequest, WorkerSpec

WORKER = UUID(int=5)
OWNER = Owner(installation="inst", provider="prov", namespace="jobs")
LABELS = {
    "hodei.installation": "inst",
    "hodei.provider": "prov",
    "hodei.worker": str(WORKER),
}
NAME = f"hodei-{WORKER}"
SERVERS = "tls://hodei.example:50052"


def request(
    resources: Resources | None = None,
    *,
    network: Network = Network.DEFAULT,
    labels: dict[str, str] | None = None,
    ca: str = "",
) -> ProvisionRequest:
    """For one worker."""
    return ProvisionRequest(
        worker_id=WORKER,
        spec=WorkerSpec(
            image="alpine:latest",
            resources=resources or Resources(cpu=0.5, memory_mb=128),
            network=network,
            labels=labels or {},
        ),
        enrolment=Enrolment(
            servers=("unix:/x", SERVERS), worker_id=WORKER, otp="the-password", ca_pem=ca
        ),
        deadline=datetime(2030, 1, 1, tzinfo=UTC),
    )
