"""The way of spans to a collector, where there is one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import hodei
from hodei.app.monitoring import Instruments
from hodei.app.settings import Settings
from hodei.app.tracing_settings import PATH, RATIOS, SAMPLERS
from hodei.domain.trace_context import Sampler
from hodei.engine.traces import Tracer


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Where spans go, and as what."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    resource: Mapping[str, str]
    sampler: Sampler


def export_of(settings: Settings, replica: str) -> Export | None:
    """None: nothing is traced."""
    if settings.otel_disabled or settings.otel_exporter == "none":
        return None
    url = settings.otel_traces_endpoint
    if settings.otlp_endpoint or url is None:
        bare = settings.otlp_endpoint or settings.otel_endpoint
        if bare is None:
            return None
        url = bare.rstrip("/").removesuffix(PATH) + PATH
    given = settings.otel_traces_headers
    if given is None:
        given = settings.otel_headers
    resource = {
        "service.name": "hodei",
        "service.version": hodei.__version__,
        "service.instance.id": replica,
        **dict(settings.otel_resource_attributes),
    }
    if settings.otel_service_name:
        resource["service.name"] = settings.otel_service_name
    sampler = SAMPLERS[settings.otel_sampler]
    if settings.otel_sampler in RATIOS:
        sampler = Sampler(follows=sampler.follows, share=settings.otel_sampler_arg)
    return Export(url=url, headers=dict(given or ()), resource=resource, sampler=sampler)


@asynccontextmanager
async def open_tracer(
    settings: Settings, told: Instruments, replica: str
) -> AsyncIterator[Tracer | None]:
    """What records spans as long as the context; None: nothing is traced."""
    export = export_of(settings, replica)
    if export is None:
        yield None
        return
    from hodei.adapters.tracing.otlp import OtlpExporter

    exporter = OtlpExporter(
        export.url, headers=export.headers, resource=export.resource, counted=told.spans
    )
    async with exporter:
        yield Tracer(exporter.add, export.sampler)
