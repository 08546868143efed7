"""How tests look at the workers of Docker providers: by asking the engine itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

from hodei.adapters.docker.factory import FACTORY
from hodei.domain.errors import ProviderUnavailable
from hodei.ports.provider import Provider, ProviderContext, ProvisionRequest
from hodei.testing.provider_harness import INSTALLATION, PROVIDER, ProviderHarness, until
from tests.support.docker import PrivateEngine, Refused

IMAGE = "hodei-test/busybox:1"
LOCAL = "unix:{}/agent.sock"
REMOTE = "tls://server.example:50051"


class DockerHarness(ProviderHarness):
    """Everything of it carries a random tag, so that tests on one engine do not meet."""

    image = IMAGE

    def __init__(
        self, engine: PrivateEngine, folder: Path, bundle: Path, settings: dict[str, object]
    ) -> None:
        self.tag = uuid4().hex[:12]
        self.engine = engine
        self.folder = folder
        self.bundle = bundle
        self.settings = {"host": engine.host, **settings}
        self.sockets = folder / "sockets"
        self.sockets.mkdir()

    def create(self, installation: str = INSTALLATION) -> Provider:
        context = ProviderContext(
            installation_id=f"{self.tag}-{installation}",
            provider_id=PROVIDER,
            name="docker",
            data_dir=str(self.folder / installation),
            agent_command=(),
            agent_bundle=self.agent_bundle,
        )
        return FACTORY.create(self.settings, context)

    async def agent_bundle(self) -> str:
        """Where the bundle is."""
        if not (self.bundle / "bin").is_dir():
            raise ProviderUnavailable(f"the agent's bundle {self.bundle} is not complete")
        return str(self.bundle)

    def request(
        self, worker_id: UUID | None = None, *, seconds: float = 60, otp: str = "otp-unset"
    ) -> ProvisionRequest:
        made = super().request(worker_id, seconds=seconds, otp=otp)
        servers = (LOCAL.format(self.sockets), REMOTE)
        return replace(made, enrolment=replace(made.enrolment, servers=servers))

    def live(self, worker_id: UUID) -> int:
        rows = self.engine.containers(f"hodei.worker={worker_id}")
        return [row["State"] for row in rows].count("running")

    def traces(self) -> Sequence[str]:
        shown = []
        for row in self.engine.containers("hodei.worker"):
            if self.tag in json.dumps(row["Labels"]):
                try:
                    shown.append(json.dumps(self.engine.inspect(str(row["Id"]))))
                except Refused as refused:
                    if refused.status != 404:
                        raise
        return [*shown, *map(str, self.folder.glob("*/workers/*")), *self.volumes()]

    def volumes(self) -> Sequence[str]:
        """Names of the engine's volumes, without those of the agent's bundle."""
        found = self.engine.get("/volumes")
        assert isinstance(found, dict)
        rows = found["Volumes"] or []
        return [row["Name"] for row in rows if "hodei.bundle" not in (row["Labels"] or {})]

    async def add_child(self, worker_id: UUID) -> Callable[[], bool]:
        nonce = f"3600.{uuid4().int % 10**12}"
        line = f"{self.program} setsid {self.program} sleep {nonce} &"
        self.engine.execute(f"hodei-{worker_id}", self.program, "sh", "-c", line)
        await until(lambda: _runs(nonce), "the stray child runs")
        return lambda: _runs(nonce)

    async def end(self, worker_id: UUID, exit_code: int) -> None:
        name = f"hodei-{worker_id}"
        self.engine.execute(name, self.program, "sh", "-c", f"echo {exit_code} >/code")

        def over() -> bool:
            # Again and again: it may not have come to listening yet.
            self.engine.signal(name, "USR2")
            return self.live(worker_id) == 0

        await until(over, "the stand-in has ended")

    @property
    def program(self) -> str:
        """What is in every container."""
        return "/.hodei/bin/busybox"

    async def sweep(self) -> None:
        """Ends whatever a failed test left behind."""
        for row in self.engine.containers("hodei.worker"):
            if self.tag in json.dumps(row["Labels"]):
                self.engine.ask("DELETE", f"/containers/{row['Id']}?force=1&v=1")


def _runs(nonce: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if nonce.encode() in words and b"sleep" in words and b"setsid" not in words:
            return True
    return False
