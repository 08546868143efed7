"""A server whose provider `docker` is a private engine, and what a test asks of the two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from hodei.wire.gen import jobs_pb2
from tests.e2e.faults.site import Site, new_site
from tests.support.docker import PrivateEngine
from tests.support.processes import until

WORKER = "hodei.worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """One server and one engine."""

    site: Site
    engine: PrivateEngine

    def containers(self, job: jobs_pb2.Job | None = None) -> list[dict[str, object]]:
        """Rows of workers' containers, of one job if it is given."""
        labels = [f"hodei.job={job.id}"] if job else []
        return self.engine.containers(WORKER, *labels)

    async def nothing_left(self, within: float = 30.0) -> None:
        """Waits until no worker's container is left, nor a directory of one."""

        def clean() -> bool:
            folders = self.site.data.glob("providers/*/workers/*")
            return not self.containers() and not list(folders)

        await until(clean, within=within, what=lambda: f"nothing left: {self.containers()}")


@contextmanager
def new_yard(engine: PrivateEngine, env: Mapping[str, str] | None = None) -> Iterator[Yard]:
    """A running server that knows the engine; its workers are ended with it."""
    given = {"HODEI_DOCKER_ENABLED": "1", "DOCKER_HOST": engine.host, **(env or {})}
    with new_site(given) as site:
        try:
            yield Yard(site=site, engine=engine)
        finally:
            for row in engine.containers(WORKER):
                engine.ask("DELETE", f"/containers/{row['Id']}?force=1&v=1")


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
