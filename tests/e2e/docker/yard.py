"""A server whose provider `docker` is a private engine, and what a test asks of the two."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hodei.wire.gen import jobs_pb2
from tests.e2e.faults.site import Site, close, new_directory
from tests.support.docker import PrivateEngine
from tests.support.processes import until

WORKER = "hodei.worker"
BUNDLES = Path(tempfile.gettempdir()) / f"hodei-test-bundles-{os.getuid()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """One server and one engine."""

    site: Site
    engine: PrivateEngine

    def traces(self, but: str = "") -> list[str]:
        """Containers of this server's workers and their directories; none of the job `but`."""
        rows = self.engine.containers(WORKER)
        spared = {row["Labels"][WORKER] for row in rows if row["Labels"].get("hodei.job") == but}
        found = [f"{row['Labels'][WORKER]} {row['State']}" for row in rows]
        found += [path.name for path in self.site.data.glob("providers/docker-*/workers/*")]
        return [each for each in found if each.split()[0] not in spared]

    async def nothing_left(self, but: str = "") -> None:
        """Waits until nothing is left of any worker, except of the job `but`."""
        await until(lambda: not self.traces(but), what=lambda: f"gone: {self.traces(but)}")


@contextmanager
def new_yard(engine: PrivateEngine, env: Mapping[str, str] | None = None) -> Iterator[Yard]:
    """A running server that knows the engine; its workers are ended with it."""
    given = {"HODEI_DOCKER_ENABLED": "1", "DOCKER_HOST": engine.host, **(env or {})}
    with new_directory() as directory:
        site = Site(directory, given)
        # Made once for all servers of these tests; those of test_remote make their own.
        BUNDLES.mkdir(mode=0o755, exist_ok=True)
        (site.data / "agent-bundles").symlink_to(BUNDLES)
        try:
            site.start()
            yield Yard(site=site, engine=engine)
        finally:
            close(site)
            engine.remove_all(WORKER)


def job(
    kind: str = "shell",
    script: str = "",
    *,
    argv: tuple[str, ...] = (),
    image: str = "alpine:latest",
    name: str = "docker test",
    env: Mapping[str, str] | None = None,
    memory_mb: int = 64,
    cpu: float = 0.5,
    network: str = "none",
    timeout_ms: int = 60_000,
    grace_ms: int = 2_000,
) -> jobs_pb2.JobSpec:
    """A small spec; without a network unless it asks for one, as that starts fastest."""
    return jobs_pb2.JobSpec(
        name=name,
        image=image,
        command=jobs_pb2.Command(type=kind, script=script, argv=argv),
        env={key: jobs_pb2.EnvValue(value=value) for key, value in (env or {}).items()},
        resources=jobs_pb2.Resources(cpu=cpu, memory_mb=memory_mb),
        network=network,
        timeout_ms=timeout_ms,
        grace_ms=grace_ms,
    )
