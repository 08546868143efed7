"""Every request that the provider can make is answered by the real Firecracker."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from hodei.adapters.firecracker import host, machine
from hodei.adapters.firecracker.api import ANSWER_S, Api
from hodei.adapters.firecracker.assets import Assets
from hodei.adapters.firecracker.freezing import Freezer, go_on
from hodei.adapters.firecracker.guest import ORDERS_PORT
from hodei.adapters.firecracker.microvm import MicroVms, Wanted
from hodei.adapters.firecracker.orders import GREETING, Orders
from hodei.adapters.firecracker.parsing import parse_settings
from hodei.adapters.firecracker.places import Place
from hodei.adapters.firecracker.settings import FirecrackerSettings
from hodei.adapters.firecracker.snapshots import Snapshots
from hodei.domain.spec import Network, Resources
from tests.firecracker.provider.harness import FirecrackerHarness
from tests.support.firecracker import CPU_TEMPLATE

RATES = {"mb_per_s": 4, "operations_per_s": 100}
KEY = "of-a-tiny-guest"


def shape(value: object) -> object:
    """The names in a body, however deep; the values differ from one microVM to the next."""
    if isinstance(value, Mapping):
        return sorted((name, shape(each)) for name, each in value.items())
    return None


def line(method: str, path: str, body: object) -> str:
    return f"{method} {path} {json.dumps(shape(body))}"


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The requests that were answered well."""
    seen: set[str] = set()
    real = Api.ask

    async def ask(
        self: Api, method: str, path: str, body: object = None, patience_s: float = ANSWER_S
    ) -> object:
        answer = await real(self, method, path, body, patience_s)
        seen.add(line(method, path, body))
        if path == "/vm" and body is not None:
            seen.add(f"{method} {path} {body}")
        return answer

    monkeypatch.setattr(Api, "ask", ask)
    yield seen


async def dial(place: Place) -> None:
    """Asks for orders, as the init of a guest would that has one."""
    while True:
        try:
            folder = os.open(place.root, os.O_PATH | os.O_DIRECTORY)
        except FileNotFoundError:
            await asyncio.sleep(0.005)
            continue
        try:
            # Through the descriptor: the path itself is too long for an address.
            path = f"/proc/self/fd/{folder}/{machine.VSOCK}_{ORDERS_PORT}"
            reader, writer = await asyncio.open_unix_connection(path)
        except (FileNotFoundError, ConnectionRefusedError):
            await asyncio.sleep(0.005)
            continue
        finally:
            os.close(folder)
        writer.write(GREETING)
        await reader.read()
        writer.close()
        return


async def test_every_request(harness: FirecrackerHarness, answered: set[str], yard: Path) -> None:
    given = {**harness.settings, "disk_rate": RATES, "network_rate": RATES}
    settings = parse_settings({**given, "cpu_template": CPU_TEMPLATE})
    folder = harness.folder / "calls"
    assets = Assets(folder / "assets", host.architecture())
    programs = host.programs(settings)
    snapshots = Snapshots(folder / "snapshots", 1 << 30)
    orders = Orders()
    vms = MicroVms(settings, orders, snapshots)
    system = await assets.system(yard / "bundle")
    wanted = Wanted(
        resources=Resources(cpu=1, memory_mb=64),
        network=Network.DEFAULT,
        kernel=assets.kernel(Path(settings.kernel)),
        system=system,
        image=system,
        storage_mb=16,
        sockets=[str(harness.sockets / "agent.sock")],
        orders=[("arg", b"/x")],
        firecracker=programs.firecracker,
        jailer=programs.jailer,
        key=KEY,
    )
    booted, restored = (place_of(folder, uuid4()) for _ in range(2))
    for place in (booted, restored):
        place.folder.mkdir(parents=True)
    assert await vms.make(booted, wanted, lambda: True) == ""
    first = Freezer(snapshots).claim(booted, KEY, 64)
    assert first is not None
    await first()
    assert snapshots.find(KEY) is not None
    await go_on(booted)
    dialling = asyncio.create_task(dial(restored))
    assert await vms.make(restored, wanted, lambda: True) == ""
    await dialling
    assert (restored.root / machine.MEMORY).exists()
    # A server that ended in the middle of a snapshot leaves a guest that stands still.
    async with Api(restored.root, lambda: True) as api:
        await api.send(machine.pausing())
        assert await api.state() == "Paused"
        await go_on(restored)
        assert await api.state() == "Running"
    for place in (booted, restored):
        await vms.unmake(place)
    orders.close()
    assert possible(settings) - answered == set()
    assert harness.traces() == []


def possible(settings: FirecrackerSettings) -> set[str]:
    """Everything that `machine` can make, with all settings set, and what is only asked."""
    made = machine.calls(Resources(cpu=1, memory_mb=64), Network.DEFAULT, settings, "")
    plain = [
        function()
        for name, function in inspect.getmembers(machine, inspect.isfunction)
        if not name.startswith("_") and inspect.signature(function).return_annotation == "Call"
    ]
    assert len(plain) == 4
    found = {line(call.method, call.path, call.body) for call in (*made, *plain)}
    found |= {f"{call.method} {call.path} {call.body}" for call in plain if call.path == "/vm"}
    return found | {line("GET", "/", None), line("GET", "/version", None)}


def place_of(folder: Path, worker_id: UUID) -> Place:
    return Place(worker_id=worker_id, folder=folder / "vms" / str(worker_id), program="firecracker")
