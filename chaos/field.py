"""Where a run takes place: PostgreSQL, two servers, providers, and the wires between them.

client ── server 1 ─┬─ doubtful commits ── PostgreSQL
       ── server 2 ─┘
          │   │
          wires that can be cut ── agents (processes; containers of a private engine)
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from chaos.cluster import open_cluster
from chaos.commits import CommitProxy
from chaos.ground import Ground, Place
from chaos.microvms import open_microvms
from chaos.witness import Witness
from tests.e2e.faults.site import agent_socket, new_directory
from tests.support.docker import PrivateEngine, private_engine
from tests.support.docker_images import ALPINE, load_basic
from tests.support.postgres import Server, chosen_binaries, new_database, running_server
from tests.support.processes import alive, end_workers, environment, pids, remove_groups
from tests.support.proxy import Proxy
from tests.support.server import ServerProcess

MARK = "hodei.worker"


@dataclass(slots=True, kw_only=True)
class Field:
    """Everything that may be hurt."""

    postgres: Server
    commits: CommitProxy
    servers: list[ServerProcess]
    wires: list[Proxy]
    engine: PrivateEngine | None
    grounds: Sequence[Ground]
    """Providers besides processes and Docker."""
    places: list[Place] = field(default_factory=list)

    def agents(self) -> list[int]:
        """Living agents of this run that are processes of this machine."""
        own = tuple(str(server.data_dir) for server in self.servers)
        return [
            pid
            for pid in pids()
            if environment(pid).get("HODEI_AGENT_DIR", "").startswith(own) and alive(pid)
        ]

    def leftovers(self) -> list[str]:
        """What is left on the providers, named for a person."""
        found = [f"agent process {pid}" for pid in self.agents()]
        for server in self.servers:
            found += [str(path) for path in server.data_dir.glob("providers/*/workers/*")]
        if self.engine is not None:
            rows = self.engine.containers(MARK)
            found += [f"container {row['Names'][0]} {row['State']}" for row in rows]
        for ground in self.grounds:
            found += ground.leftovers()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which providers a run has besides processes."""

    docker: bool
    kubernetes: bool
    firecracker: bool


@asynccontextmanager
async def open_field(wanted: Wanted, doubt: Callable[[], bool]) -> AsyncIterator[Field]:
    """A running installation of two servers."""
    async with AsyncExitStack() as stack:
        postgres = stack.enter_context(running_server(chosen_binaries()))
        dsn = await stack.enter_async_context(new_database(postgres))
        folders = [stack.enter_context(new_directory()) for _ in range(2)]
        socket_name = ".s.PGSQL.5432"
        through = folders[0] / socket_name
        commits = CommitProxy(through, postgres.directory / socket_name, doubt)
        await stack.enter_async_context(commits)
        wires = [Proxy(folder / "wire.sock", agent_socket(folder)) for folder in folders]
        for wire in wires:
            await stack.enter_async_context(wire)
        engine = stack.enter_context(private_engine()) if wanted.docker else None
        grounds: list[Ground] = []
        if wanted.kubernetes:
            grounds.append(await asyncio.to_thread(stack.enter_context, open_cluster()))
        if wanted.firecracker:
            grounds.append(stack.enter_context(open_microvms(folders)))
        env = {
            "HODEI_DATABASE_URL": dsn.replace(str(postgres.directory), str(folders[0])),
            "HODEI_AGENT_SERVERS": ",".join(f"unix:{wire.path}" for wire in wires),
        }
        if engine is not None:
            await asyncio.to_thread(load_basic, engine)
            env |= {"HODEI_DOCKER_ENABLED": "1", "DOCKER_HOST": engine.host}
        servers = [
            ServerProcess(folder / "data", env | own)
            for folder, own in zip(folders, _environments(grounds, env, len(folders)), strict=True)
        ]
        stack.callback(_close, servers, engine, grounds)
        made = Field(
            postgres=postgres,
            commits=commits,
            servers=servers,
            wires=wires,
            engine=engine,
            grounds=grounds,
        )
        here = Witness(socket.create_server(("127.0.0.1", 0)))
        made.places.append(Place(provider="local", image=None, witness=here))
        if engine is not None:
            there = Witness(await asyncio.to_thread(engine.listen, engine.gateway()))
            made.places.append(Place(provider="docker", image=ALPINE, witness=there))
        made.places += [ground.place for ground in grounds]
        for place in made.places:
            await stack.enter_async_context(place.witness)
        for server in servers:
            server.data_dir.mkdir(exist_ok=True)
            await asyncio.to_thread(server.start)
        yield made


def _environments(
    grounds: Sequence[Ground], shared: Mapping[str, str], count: int
) -> list[dict[str, str]]:
    """What each server has of its own; agents of other machines are told all of them."""
    made = [
        {name: value for ground in grounds for name, value in ground.environment().items()}
        for _ in range(count)
    ]
    listeners = [own["HODEI_AGENT_LISTEN"] for own in made if "HODEI_AGENT_LISTEN" in own]
    targets = [shared["HODEI_AGENT_SERVERS"], *(f"tls://{address}" for address in listeners)]
    return [own | {"HODEI_AGENT_SERVERS": ",".join(targets)} for own in made]


def _close(
    servers: list[ServerProcess], engine: PrivateEngine | None, grounds: Sequence[Ground]
) -> None:
    folders = [server.data_dir for server in servers]
    groups = end_workers(*folders)
    for server in servers:
        server.stop()
    remove_groups(groups | end_workers(*folders))
    if engine is not None:
        engine.remove_all(MARK)
    for ground in grounds:
        ground.clear()
