"""What every part of the engine is given: the ports, the clock and a few figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from hodei.domain.schedules.zones import Zones
from hodei.engine.commit import Committer
from hodei.engine.traces import Tracer
from hodei.ports.bus import Bus
from hodei.ports.certificates import WorkerCertificates
from hodei.ports.clock import Chance, Clock
from hodei.ports.hosts import Host
from hodei.ports.meter import EngineMeter, Unmetered
from hodei.ports.passwords import Passwords
from hodei.ports.secrets import MountedSecrets, Sealer
from hodei.ports.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """How long the engine waits for what."""

    heartbeat: timedelta = timedelta(seconds=3)
    """An agent that has nothing to say says so this often."""
    lease: timedelta = timedelta(seconds=10)
    """A worker that nobody renewed for this long has lost its stream. Leases are looked at
    once per heartbeat, so that it is noticed within 15 s."""
    return_grace: timedelta = timedelta(seconds=45)
    """A silent worker that its provider still sees may come back for this long."""
    fence: timedelta = timedelta(minutes=15)
    """An agent that hears no server for this long ends its job itself."""
    provision: timedelta = timedelta(seconds=300)
    """From the intent to the agent's first call; also the life of the one-time password."""
    sweep: timedelta = timedelta(seconds=1)
    """How often each loop looks even if nothing woke it."""
    calm_sweep: timedelta = timedelta(seconds=5)
    """How often it looks when its last look found nothing at all; what happens wakes it."""
    hang_grace: timedelta = timedelta(seconds=5)
    """Beyond the job's own grace before the provider ends what the agent did not."""
    terminal_idle: timedelta = timedelta(hours=1)
    """A terminal that passes nothing in either direction for this long is closed."""
    leak_sweep: timedelta = timedelta(seconds=60)
    certificate: timedelta = timedelta(hours=1)
    """Life of a remote worker's certificate. It is renewed over the stream after half of it, so
    that whoever loses the stream can come back with it for longer than the fence allows."""
    health_check: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """The ports and the figures; built once by the composition root."""

    store: Store
    committer: Committer
    bus: Bus
    clock: Clock
    chance: Chance
    mounted: MountedSecrets
    sealer: Sealer
    passwords: Passwords
    host: Host
    zones: Zones
    replica: str
    """Name of this server process, unique among those on the same database."""
    installation_id: str
    agent_servers: tuple[str, ...]
    """Targets that agents are told to call."""
    certificates: WorkerCertificates | None = None
    """Those of workers that call with TLS; None: none does."""
    timings: Timings = field(default_factory=Timings)
    meter: EngineMeter = field(default_factory=Unmetered)
    tracer: Tracer | None = None
    """None: nothing is traced."""
    trace_url: str = ""
    """Page of a trace, with `{trace_id}` where its id belongs; empty: there is none."""
    max_log_bytes: int = 1 << 30
    """Stored log text per attempt; what comes after it is discarded with a visible mark."""
