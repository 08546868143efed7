"""The gRPC servers: one with all services for people, one with the workers' own for agents."""

from __future__ import annotations

import os
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc
from grpc_reflection.v1alpha._async import ReflectionServicer

from hodei.api.access.gate import Gate
from hodei.api.grpc.audit import AuditLog
from hodei.api.grpc.credentials import server_credentials
from hodei.api.grpc.guard import Guard
from hodei.api.grpc.jobs import JobExecution
from hodei.api.grpc.logs import LogStream
from hodei.api.grpc.metrics import Metrics
from hodei.api.grpc.options import LISTENER, keepalive
from hodei.api.grpc.projects import Projects
from hodei.api.grpc.providers import ProviderManagement
from hodei.api.grpc.reading import lenient
from hodei.api.grpc.scheduler import Scheduler
from hodei.api.grpc.schedules import Schedules
from hodei.api.grpc.secrets import Secrets
from hodei.api.grpc.services import by_name
from hodei.api.grpc.templates import Templates
from hodei.api.grpc.triggers import Triggers
from hodei.api.grpc.webhooks import Webhooks
from hodei.api.grpc.worker import WorkerAgent
from hodei.api.identity import Identity
from hodei.domain.errors import Unavailable
from hodei.engine.engine import Engine
from hodei.ports.certificates import CurrentCertificate
from hodei.ports.meter import CallMeter, Unmetered
from hodei.wire.gen import (
    audit_pb2,
    audit_pb2_grpc,
    jobs_pb2,
    jobs_pb2_grpc,
    logs_pb2,
    logs_pb2_grpc,
    metrics_pb2,
    metrics_pb2_grpc,
    projects_pb2,
    projects_pb2_grpc,
    providers_pb2,
    providers_pb2_grpc,
    scheduler_pb2,
    scheduler_pb2_grpc,
    schedules_pb2,
    schedules_pb2_grpc,
    secrets_pb2,
    secrets_pb2_grpc,
    templates_pb2,
    templates_pb2_grpc,
    webhooks_pb2,
    webhooks_pb2_grpc,
    worker_pb2,
    worker_pb2_grpc,
)

MAX_MESSAGE = 16 << 20
"""Bytes of one request: a bulk submission of 1000 jobs."""
MAX_WORKER_MESSAGE = 8 << 20
"""An agent sends a mebibyte of log at once, and what its terminals have."""
_OPTIONS = (
    ("grpc.max_send_message_length", 64 << 20),
    *LISTENER,
    *keepalive(20),
    # Else every message that comes in is answered by a ping, to measure the link and set the
    # window by it; now the window is this wide.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 1 << 20),
)
OPTIONS = (("grpc.max_receive_message_length", MAX_MESSAGE), *_OPTIONS)
WORKER_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_WORKER_MESSAGE),
    *_OPTIONS,
    ("grpc.max_concurrent_streams", 16),
    ("grpc.max_connection_idle_ms", 30_000),
    # All agents call at once when a server comes back: the library would refuse from the
    # thousandth waiting call on, and those that have waited for half a minute.
    ("grpc.server.max_pending_requests", 20_000),
    ("grpc.server.max_pending_requests_hard_limit", 20_000),
    ("grpc.server_max_unrequested_time_in_server", 120),
)
"""An agent has one stream, and a call or two beside it. Whoever has neither, as a job that calls
here only to hold connections, is hung up on."""


class GrpcServer:
    """Serves the engine over gRPC."""

    def __init__(
        self,
        engine: Engine,
        identity: Identity,
        *,
        agents: bool = True,
        meter: CallMeter | None = None,
    ) -> None:
        """`agents`: they are served too. Here they show no certificate, so it goes with loopback
        only. `meter` hears of every call of people."""
        gate = Gate(engine.jobs, engine.audit, engine.core.clock, engine.standing)
        guard = Guard(identity, gate, meter or Unmetered(), engine.core.tracer)
        self._server = grpc.aio.server(options=OPTIONS)
        self._health = HealthServicer()
        self._add(engine, by_name(self._server, guard.wrap), agents=agents)

    def listen(self, address: str, tls: CurrentCertificate | None = None) -> int:
        """Listens on `host:port`; returns the port. Raises Unavailable when it is taken."""
        try:
            port = (
                self._server.add_secure_port(address, server_credentials(tls))
                if tls
                else self._server.add_insecure_port(address)
            )
        except RuntimeError:
            port = 0
        if not port:
            raise Unavailable(f"gRPC cannot listen on {address}: the port is in use (GRPC_PORT)")
        return port

    async def start(self) -> None:
        """Begins to serve; the health service says SERVING."""
        await self._server.start()
        await self._health.set("", health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_s: float) -> None:
        """Says NOT_SERVING, lets calls end for `grace_s`, then cuts them off."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)

    def _add(self, engine: Engine, server: grpc.aio.Server, *, agents: bool) -> None:
        jobs_pb2_grpc.add_JobExecutionServiceServicer_to_server(JobExecution(engine), server)
        logs_pb2_grpc.add_LogStreamServiceServicer_to_server(LogStream(engine), server)
        scheduler_pb2_grpc.add_SchedulerServiceServicer_to_server(Scheduler(engine), server)
        providers_pb2_grpc.add_ProviderManagementServiceServicer_to_server(
            ProviderManagement(engine), server
        )
        metrics_pb2_grpc.add_MetricsServiceServicer_to_server(Metrics(engine), server)
        audit_pb2_grpc.add_AuditServiceServicer_to_server(AuditLog(engine), server)
        projects_pb2_grpc.add_ProjectServiceServicer_to_server(Projects(engine), server)
        secrets_pb2_grpc.add_SecretServiceServicer_to_server(Secrets(engine), server)
        schedules_pb2_grpc.add_ScheduleServiceServicer_to_server(Schedules(engine), server)
        templates_pb2_grpc.add_TemplateServiceServicer_to_server(Templates(engine), server)
        webhooks_pb2_grpc.add_WebhookServiceServicer_to_server(Webhooks(engine), server)
        webhooks_pb2_grpc.add_TriggerServiceServicer_to_server(Triggers(engine), server)
        if agents:
            worker_pb2_grpc.add_WorkerAgentServiceServicer_to_server(WorkerAgent(engine), server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        files = (
            jobs_pb2,
            logs_pb2,
            scheduler_pb2,
            providers_pb2,
            metrics_pb2,
            audit_pb2,
            projects_pb2,
            secrets_pb2,
            schedules_pb2,
            templates_pb2,
            webhooks_pb2,
            *((worker_pb2,) if agents else ()),
        )
        names = [
            service.full_name
            for file in files
            for service in file.DESCRIPTOR.services_by_name.values()
        ]
        shown = ReflectionServicer([*names, health.SERVICE_NAME, reflection.SERVICE_NAME])
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(shown, server)


class WorkerServer:
    """Serves agents: the worker service and nothing else, wherever it listens."""

    def __init__(self, engine: Engine) -> None:
        self._server = grpc.aio.server(options=WORKER_OPTIONS)
        served = by_name(self._server, lenient)
        worker_pb2_grpc.add_WorkerAgentServiceServicer_to_server(WorkerAgent(engine), served)

    def listen_unix(self, path: Path) -> None:
        """Listens on a socket that everybody can open who can see it."""
        path.unlink(missing_ok=True)
        mask = os.umask(0o111)
        try:
            self._server.add_insecure_port(f"unix:{path}")
        finally:
            os.umask(mask)

    def listen_tls(self, address: str, tls: CurrentCertificate) -> int:
        """Listens on `host:port` with TLS; returns the port. Raises Unavailable."""
        try:
            port = self._server.add_secure_port(address, server_credentials(tls))
        except RuntimeError:
            port = 0
        if not port:
            raise Unavailable(f"HODEI_AGENT_LISTEN: cannot listen on {address} for agents")
        return port

    async def start(self) -> None:
        """Begins to serve."""
        await self._server.start()

    async def stop(self, grace_s: float) -> None:
        """Lets calls end for `grace_s`, then cuts them off, as the streams of agents are."""
        await self._server.stop(grace_s)
