"""A whole server's interfaces over an engine in memory, and people of every role."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import asyncssh

from hodei.adapters.memory import MemoryBus, MemoryStore, Tables
from hodei.adapters.scripted.inspector import ScriptedInspector
from hodei.adapters.scripted.provider import ScriptedFactory
from hodei.adapters.security.passwords import Argon2Passwords
from hodei.adapters.security.sealing import SivSealer
from hodei.adapters.system import PackagedZones, SystemChance, SystemClock
from hodei.api.grpc.server import GrpcServer
from hodei.api.http.app import create_app
from hodei.api.http.server import HttpServer
from hodei.api.identity import Identity
from hodei.api.ssh.server import SshServer
from hodei.domain.access.principal import Via
from hodei.domain.access.roles import ALL_PROJECTS, Role
from hodei.domain.job import Job
from hodei.domain.parsing import parse_spec
from hodei.engine.access.users import UserChange
from hodei.engine.commit import Committer
from hodei.engine.core import Core, Timings
from hodei.engine.engine import Engine
from hodei.engine.jobs import Submission
from hodei.engine.projects import ProjectConfig
from hodei.engine.providers import ProviderConfig
from hodei.ports.secrets import MountedSecret
from hodei.testing.fake_host import FakeHost

TOKEN = "test"
OURS, THEIRS, OTHER = "blue", "green", "red"
PEOPLE: Mapping[str, Mapping[str, Role]] = {
    "none": {},
    "viewer": {OURS: Role.VIEWER},
    "operator": {OURS: Role.OPERATOR},
    "admin": {OURS: Role.ADMIN},
    "stranger": {THEIRS: Role.ADMIN},
    "viewer-of-all": {ALL_PROJECTS: Role.VIEWER},
    "operator-of-all": {ALL_PROJECTS: Role.OPERATOR},
    "admin-of-all": {ALL_PROJECTS: Role.ADMIN},
}


class NoSecrets:
    """An installation without mounted secrets."""

    async def all(self, project: str | None = None) -> Sequence[MountedSecret]:
        return []

    async def values(self, project: str, names: Sequence[str]) -> Mapping[str, str]:
        return {}


@dataclass(slots=True)
class Installation:
    """What runs."""

    engine: Engine
    tables: Tables
    http_port: int
    grpc_port: int
    ssh_port: int
    marks: dict[str, str] = field(default_factory=dict)
    """Ids that a test knows by a word."""

    @property
    def api(self) -> str:
        """Where REST is."""
        return f"http://127.0.0.1:{self.http_port}/api/v1"

    @property
    def ws(self) -> str:
        """The same for WebSockets."""
        return f"ws://127.0.0.1:{self.http_port}/api/v1"

    async def job(self, project: str = OURS, **more: object) -> Job:
        """A job that waits, of nobody in particular."""
        spec = parse_spec(
            {"name": "job", "command": "true", "image": "busybox:1", "project": project, **more}
        )
        return await self.engine.jobs.submit(Submission(spec=spec), actor="somebody")

    async def cancelled(self, project: str = OURS) -> Job:
        """A job whose streams end at once."""
        job = await self.job(project)
        return (await self.engine.jobs.cancel(str(job.id), actor="somebody")).job

    async def set_roles(self, name: str, roles: Mapping[str, Role] | None) -> None:
        """Changes what somebody may do; None: their credential is worth nothing any more."""
        change = UserChange(enabled=False) if roles is None else UserChange(roles=roles)
        await self.engine.access.users.change(name, change)


def _core(tables: Tables) -> Core:
    clock, bus = SystemClock(), MemoryBus()
    store = MemoryStore(clock, tables=tables, bus=bus)
    return Core(
        store=store,
        committer=Committer(store),
        bus=bus,
        clock=clock,
        chance=SystemChance(),
        mounted=NoSecrets(),
        sealer=SivSealer(secrets.token_bytes(32)),
        passwords=Argon2Passwords(time_cost=1, memory_kib=64, lanes=1),
        host=FakeHost(),
        zones=PackagedZones(),
        replica="replica-1",
        installation_id="inst",
        agent_servers=("unix:/agent.sock",),
        timings=Timings(sweep=timedelta(milliseconds=50)),
    )


@asynccontextmanager
async def installation(*, people: bool = True) -> AsyncIterator[Installation]:
    """All interfaces on loopback; jobs wait, because the only provider is disabled."""
    tables = Tables("inst")
    factories = {"scripted": ScriptedFactory(ScriptedInspector().cloud)}
    engine = Engine(_core(tables), factories, data_dir="/nowhere", agent_command=())
    async with engine:
        config = ProviderConfig(name="cloud", type="scripted", settings={})
        await engine.providers.create(config, enabled=False, actor="somebody")
        for project in (OURS, THEIRS, OTHER):
            await engine.projects.put(project, ProjectConfig())
        if people:
            await _make_people(engine)
        identity = Identity(engine.access, dev_mode=False)
        http = HttpServer(create_app(engine, identity))
        grpc = GrpcServer(engine, identity)
        key = asyncssh.generate_private_key("ssh-ed25519")
        ssh = SshServer(engine, identity, key, None, engine.core.clock.monotonic)
        grpc_port = grpc.listen("127.0.0.1:0")
        await grpc.start()
        try:
            yield Installation(
                engine=engine,
                tables=tables,
                http_port=await http.start("127.0.0.1", 0),
                grpc_port=grpc_port,
                ssh_port=await ssh.start("127.0.0.1", 0),
            )
        finally:
            await ssh.stop(0.1)
            await http.stop(0.1)
            await grpc.stop(0.1)


async def _make_people(engine: Engine) -> None:
    """Users with a token each, which may do whatever its user may at the moment."""
    users, all_of_it = engine.access.users, {ALL_PROJECTS: Role.ADMIN}
    await users.create("root", roles=all_of_it)
    _tokens.clear()
    for name, roles in PEOPLE.items():
        user = await users.create(name, roles=all_of_it)
        principal = user.principal(Via.SESSION)
        made = await engine.access.tokens.create(principal, TOKEN, role=Role.ADMIN)
        _tokens[name] = made[0]
        await users.change(name, UserChange(roles=roles))


_tokens: dict[str, str] = {}
"""Of the people of the installation that runs: there is one at a time."""


def token_of(name: str) -> str:
    """What somebody shows; of nobody it is not accepted."""
    return _tokens.get(name, name)


def bearer(name: str) -> dict[str, str]:
    """The header of somebody."""
    return {"Authorization": f"Bearer {token_of(name)}"}


def metadata(name: str) -> tuple[tuple[str, str], ...]:
    """The same for gRPC."""
    return (("authorization", f"Bearer {token_of(name)}"),)
