"""How tests look at the workers of Kubernetes providers: by asking the API server itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

from hodei.adapters.kubernetes.factory import FACTORY
from hodei.domain.spec import Resources
from hodei.ports.provider import Provider, ProviderContext, ProvisionRequest
from hodei.testing.provider_harness import INSTALLATION, PROVIDER, ProviderHarness, until
from tests.support.kubernetes import BUSYBOX_IMAGE, STAND_IN_IMAGE, PrivateCluster, process_of

SERVER = "tls://server.example:50052"


class KubernetesHarness(ProviderHarness):
    """Everything of it carries a random tag, so that tests in one cluster do not meet."""

    image = BUSYBOX_IMAGE

    def __init__(self, cluster: PrivateCluster, settings: dict[str, object]) -> None:
        self.tag = uuid4().hex[:12]
        self.cluster = cluster
        self.settings = {
            "kubeconfig_file": str(cluster.kubeconfig),
            "agent_image": STAND_IN_IMAGE,
            "pull_policy": "never",
            "labels": {"test": self.tag},
            **settings,
        }

    def create(self, installation: str = INSTALLATION) -> Provider:
        context = ProviderContext(
            installation_id=f"{self.tag}-{installation}",
            provider_id=PROVIDER,
            name="kubernetes",
            data_dir="/nowhere",
            agent_command=(),
        )
        return FACTORY.create(self.settings, context)

    def request(
        self, worker_id: UUID | None = None, *, seconds: float = 60, otp: str = "otp-unset"
    ) -> ProvisionRequest:
        made = super().request(worker_id, seconds=seconds, otp=otp)
        # So little that twenty fit on a node of two cores, beside those of other tests.
        spec = replace(made.spec, resources=Resources(cpu=0.02, memory_mb=32))
        return replace(made, spec=spec, enrolment=replace(made.enrolment, servers=(SERVER,)))

    def live(self, worker_id: UUID) -> int:
        rows = self.cluster.items("pods", f"hodei.worker={worker_id}")
        return sum(
            "running" in status["state"]
            for row in rows
            for status in row["status"].get("containerStatuses", [])
        )

    def traces(self) -> Sequence[str]:
        found = self.cluster.items("pods", f"test={self.tag}")
        found += [
            row
            for row in self.cluster.items("secrets", "hodei.worker")
            if self.tag in row["metadata"]["labels"]["hodei.installation"]
        ]
        return [json.dumps(row) for row in found]

    async def add_child(self, worker_id: UUID) -> Callable[[], bool]:
        nonce = f"3600.{uuid4().int % 10**12}"
        await until(lambda: process_of(worker_id) is not None, "the container's process runs")
        line = f"setsid /.hodei/bin/busybox sleep {nonce} &"
        argv = ["nsenter", f"--target={process_of(worker_id)}", "--pid", "--mount", "--net"]
        subprocess.run([*argv, "/.hodei/bin/busybox", "sh", "-c", line], check=True)
        await until(lambda: _runs(nonce), "the stray child runs")
        return lambda: _runs(nonce)

    async def end(self, worker_id: UUID, exit_code: int) -> None:
        def over() -> bool:
            # Again and again: it may not have come to listening yet.
            pid = process_of(worker_id)
            if pid is not None:
                try:
                    Path(f"/proc/{pid}/root/code").write_text(str(exit_code), "ascii")
                    os.kill(pid, signal.SIGUSR2)
                except (ProcessLookupError, FileNotFoundError):
                    return False
            return self.live(worker_id) == 0

        await until(over, "the stand-in has ended")

    def sweep(self) -> None:
        """Ends whatever a failed test left behind."""
        self.cluster.remove("pods", f"test={self.tag}")


def _runs(nonce: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if nonce.encode() in words and b"sleep" in words and b"setsid" not in words:
            return True
    return False
