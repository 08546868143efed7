"""What an operator watches: the page of metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hodei.adapters.postgres import PostgresStore
from hodei.app.monitoring.gauges import LatestCensus
from hodei.app.monitoring.instruments import Instruments
from hodei.app.monitoring.server import MetricsServer, Sources
from hodei.engine.engine import Engine

if TYPE_CHECKING:
    from hodei.adapters.security.certificate_files import CertificateFiles

__all__ = ["Instruments", "MetricsServer", "Sources", "sources_of"]


def sources_of(
    engine: Engine,
    instruments: Instruments,
    data_dir: Path,
    files: Mapping[str, CertificateFiles | None],
) -> Sources:
    """Where the page of a server reads from; `files` are its certificates by name."""
    store = engine.core.store
    assert isinstance(store, PostgresStore)

    def ends() -> Iterator[tuple[str, datetime]]:
        return ((name, each.not_after) for name, each in files.items() if each is not None)

    return Sources(
        engine=engine,
        instruments=instruments,
        census=LatestCensus(store),
        pool=store.pool_use,
        data_dir=data_dir,
        certificates=ends,
    )
