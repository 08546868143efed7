"""One installation for all tests of this folder, with a Prometheus that watched it work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.integration.monitoring.installation import Installation, running_installation
from tests.integration.monitoring.prometheus import Prometheus, running_prometheus
from tests.support.postgres import Server, postgres_server

__all__ = ["postgres_server"]


@dataclass(frozen=True, slots=True)
class Watched:
    """What ran, and who watched."""

    installation: Installation
    prometheus: Prometheus


@pytest.fixture(scope="session")
def watched(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """After two rounds of jobs, each of which has been scraped: every rate has a rise."""
    folder = tmp_path_factory.mktemp("monitoring")
    with (
        running_installation(postgres_server, folder) as installation,
        running_prometheus(folder, installation.targets()) as prometheus,
    ):
        installation.prepare()
        for _ in range(2):
            installation.round()
            ended, tries = len(installation.jobs), installation.rounds
            prometheus.until(f"sum(hodei_jobs_finished_total) >= {ended}")
            prometheus.until(f'sum(hodei_webhook_attempts_total{{state="failed"}}) >= {tries}')
        yield Watched(installation, prometheus)
