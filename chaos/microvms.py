"""MicroVMs in a run: their monitors are killed. In a network of their own (testbed's `apart`)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

from chaos.ground import Hurt, Note, Place
from chaos.witness import Witness
from tests.support.docker import ImageFiles, busybox_layer
from tests.support.docker_images import ALPINE
from tests.support.firecracker import groups, image_folder, is_apart, linux_settings, machines

ADDRESS = "10.250.0.1"
"""Of this machine, for guests: on an interface of the run's own network."""


class MicroVms:
    """Guests that boot Linux, which takes them long on a KVM in software."""

    def __init__(self, images: Path, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._before = groups()
        settings = {**linux_settings(), "image_folders": [str(images)]}
        self.place = Place(
            provider="firecracker",
            image=ALPINE,
            witness=Witness(socket.create_server((ADDRESS, 0))),
            weight=0.03,
            every_ms=60_000,
            workers=3,
            cpu=1,
            memory_mb=128,
            settings=settings,
        )

    def environment(self) -> Mapping[str, str]:
        """Servers with the provider, which is told its settings later."""
        return {"HODEI_FC_ENABLED": "1"}

    def faults(self) -> Mapping[str, tuple[Hurt, int]]:
        """The monitor of a microVM is killed."""
        return {"monitor": (self._kill_monitor, 4)}

    def _kill_monitor(self, random: Random, note: Note) -> bool:
        running = self._monitors()
        if not running:
            return False
        pid = random.choice(running)
        note(f"microVM's monitor {pid} is killed")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return True

    def leftovers(self) -> Sequence[str]:
        """Directories, monitors and control groups."""
        found = [str(path) for path in self._vms()]
        found += [f"monitor {pid}" for pid in self._monitors()]
        return [*found, *sorted(groups() - self._before)]

    def clear(self) -> None:
        """Ends every monitor."""
        for pid in self._monitors():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _vms(self) -> list[Path]:
        return [path for folder in self._folders for path in folder.glob("data/providers/*/vms/*")]

    def _monitors(self) -> list[int]:
        return sorted({pid for path in self._vms() for pid in machines(path.name)})


@contextmanager
def open_microvms(folders: Sequence[Path]) -> Iterator[MicroVms]:
    """`folders` hold the servers' data. Raises RuntimeError outside of a network of its own."""
    if not is_apart():
        raise RuntimeError(
            "run it as scripts/testbed/firecracker/apart .venv/bin/python -m chaos --firecracker"
        )
    subprocess.run(["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"], check=True)
    try:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            config = {"Cmd": ["/bin/sh"], "Env": ["PATH=/usr/bin:/bin"]}
            image = ImageFiles(ALPINE, [busybox_layer()], config)
            yield MicroVms(image_folder(Path(folder, "images"), image), folders)
    finally:
        subprocess.run(["ip", "address", "del", f"{ADDRESS}/32", "dev", "lo"], check=False)
