"""What the init of a guest is told: over vsock, once, and nowhere else to be read.

The guest dials the host; Firecracker connects to a socket in the jail, which the server serves.
Until then the orders lie in a file that only the server may read, so that another server, or this
one after a restart, can go on.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hodei.adapters.firecracker.guest import ORDERS_PORT
from hodei.adapters.firecracker.machine import VSOCK
from hodei.adapters.firecracker.network import MASK, Names
from hodei.adapters.firecracker.places import Place

ENTROPY_BYTES = 64
GREETING = b"hodei 1\n"
GREETING_S = 10.0
OTP = "/.hodei-run/otp"
_PEER = struct.Struct("3i")

Record = tuple[str, bytes]
First = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What is started in the guest, and as whom."""

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str = "/"
    uid: int = 0
    gid: int = 0
    groups: Sequence[int] = ()
    otp: str = field(repr=False)


def records(program: Program, hostname: str, *, network: bool, dns: Sequence[str]) -> list[Record]:
    """Everything that does not depend on the moment. Pure."""
    made: list[Record] = [("hostname", hostname.encode())]
    hosts = f"127.0.0.1\tlocalhost {hostname}\n"
    made.append(("file", f"0644 /etc/hosts\n{hosts}".encode()))
    made.append(("file", f"0644 /etc/hostname\n{hostname}\n".encode()))
    if network:
        lines = "".join(f"nameserver {each}\n" for each in dns)
        made.append(("file", f"0644 /etc/resolv.conf\n{lines}".encode()))
    made += [("uid", str(program.uid).encode()), ("gid", str(program.gid).encode())]
    made += [("group", str(each).encode()) for each in program.groups]
    made.append(("cwd", program.cwd.encode()))
    made.append(("file", f"0400 {OTP}\n{program.otp}".encode()))
    made += [("env", f"{name}={value}".encode()) for name, value in program.env.items()]
    made += [("arg", word.encode()) for word in program.argv]
    return made


def addresses(names: Names) -> list[Record]:
    """What the guest's network card gets, which a restored guest has of its own too. Pure."""
    return [
        ("mac", bytes.fromhex(names.mac.replace(":", ""))),
        ("address", names.guest.encode()),
        ("mask", MASK.encode()),
        ("gateway", names.gateway.encode()),
    ]


def encoded(made: Sequence[Record]) -> bytes:
    """The form that the init reads."""
    return b"".join(b"%s %d\n%s\n" % (name.encode(), len(value), value) for name, value in made)


def store(place: Place, made: Sequence[Record]) -> None:
    """Writes them where the server looks. Raises OSError."""
    new = place.folder / "orders.new"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(encoded(made))
    os.replace(new, place.orders)


@dataclass(slots=True)
class _Guest:
    place: Place
    uid: int
    first: First | None
    asked: asyncio.Event = field(default_factory=asyncio.Event)


class Orders:
    """Serves the guests of this server."""

    def __init__(self) -> None:
        self._servers: dict[Path, asyncio.Server] = {}

    async def serve(self, place: Place, uid: int, first: First | None = None) -> asyncio.Event:
        """Listens for one guest until it was told; the event says that it has asked.

        `first` is done before, when the guest asks; it asks again afterwards. Raises OSError.
        """
        self.stop(place)
        guest = _Guest(place, uid, first)
        name = f"{VSOCK}_{ORDERS_PORT}"
        folder = os.open(place.root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        listening = socket.socket(socket.AF_UNIX)
        try:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            # Through the descriptor: the path itself may be too long for an address.
            listening.bind(f"/proc/self/fd/{folder}/{name}")
            os.chown(name, uid, uid, dir_fd=folder, follow_symlinks=False)
            listening.setblocking(False)

            async def told(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                    await self._tell(guest, reader, writer)
                writer.close()

            self._servers[place.folder] = await asyncio.start_unix_server(told, sock=listening)
        except BaseException:
            listening.close()
            raise
        finally:
            os.close(folder)
        return guest.asked

    def stop(self, place: Place) -> None:
        """Nobody is told anything any more."""
        server = self._servers.pop(place.folder, None)
        if server is not None:
            server.close()

    def close(self) -> None:
        """The same for all."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()

    async def _tell(
        self,
        guest: _Guest,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        place = guest.place
        peer = writer.get_extra_info("socket")
        credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        if _PEER.unpack(credentials)[1] not in (guest.uid, 0):
            return
        async with asyncio.timeout(GREETING_S):
            if await reader.readexactly(len(GREETING)) != GREETING:
                return
        guest.asked.set()
        if guest.first is not None:
            first, guest.first = guest.first, None
            await first()
            return
        async with asyncio.timeout(GREETING_S):
            content = await asyncio.to_thread(place.orders.read_bytes)
            now: list[Record] = [
                ("clock", _clock()),
                ("entropy", os.urandom(ENTROPY_BYTES)),
            ]
            writer.write(encoded(now) + content + encoded([("end", b"")]))
            await writer.drain()
            writer.write_eof()
            # The guest closes once it has everything.
            await reader.read()
        place.orders.unlink(missing_ok=True)
        self.stop(place)


def _clock() -> bytes:
    """The time, as the init takes it: seconds and nine digits of them."""
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    return b"%d.%09d" % (seconds, rest)
