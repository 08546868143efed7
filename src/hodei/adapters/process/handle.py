"""What a process provider notes about a worker, and how it reads its notes again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from hodei.adapters.process.proc import Identity
from hodei.domain.worker import Handle

HANDLE_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a provider's processes are. Those of another place cannot be seen from here."""

    mark: str
    """Random, kept in the data directory; empty when that cannot be read."""
    host: str


def find_place(data_dir: Path) -> Place:
    """The place of this data directory, marked now if it never was."""
    file = data_dir / "place"
    mark = ""
    with suppress(OSError):
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            own = data_dir / f"place.{secrets.token_hex(8)}"
            own.write_text(secrets.token_hex(16), encoding="ascii")
            # Of several servers that come here first, one writes it.
            with suppress(FileExistsError):
                os.link(own, file)
            own.unlink()
        mark = file.read_text("ascii").strip()
    return Place(mark=mark, host=os.uname().nodename)


def partial_handle(provider: str, worker_id: UUID, place: Place) -> Handle:
    """For a worker that may or may not exist; everything of it is named after its id."""
    data = {"place": place.mark, "host": place.host}
    return Handle(provider=provider, worker_id=worker_id, version=HANDLE_VERSION, data=data)


def full_handle(partial: Handle, process: Identity) -> Handle:
    """For a worker whose process was started."""
    data: Mapping[str, object] = {
        **partial.data,
        "pid": process.pid,
        "start": process.start,
        "boot": process.boot,
    }
    return Handle(
        provider=partial.provider,
        worker_id=partial.worker_id,
        version=HANDLE_VERSION,
        data=data,
    )


def noted_process(handle: Handle) -> Identity | None:
    """The process that the handle names; None for a partial one."""
    pid, start, boot = (handle.data.get(name) for name in ("pid", "start", "boot"))
    if isinstance(pid, int) and isinstance(start, int) and isinstance(boot, str):
        return Identity(pid=pid, start=start, boot=boot)
    return None


def elsewhere(handle: Handle, place: Place) -> str:
    """Why nothing can be said about the worker from here; empty when it can."""
    if handle.version > HANDLE_VERSION:
        return f"its handle has version {handle.version}; this server knows {HANDLE_VERSION}"
    mark, host = handle.data.get("place"), handle.data.get("host")
    if mark and mark != place.mark and host != place.host:
        return f"the worker is on the machine {host}, this server is on {place.host}"
    return ""
