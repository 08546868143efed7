"""The directory of one worker: what is in it, and removing it whatever a job left there."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from hodei.adapters.process.proc import Identity, parse_stat

LOG_TAIL_BYTES = 2000


class WorkerFolder:
    """Paths and small files of one worker. All methods block; OSError goes through."""

    def __init__(self, workers: Path, worker_id: UUID) -> None:
        self.path = workers / str(worker_id)
        self.process = self.path / "process"
        """Written by the worker itself before anything else: boot id and /proc/self/stat."""
        self.otp = self.path / "otp"
        self.log = self.path / "agent.log"
        self.agent = self.path / "agent"
        """The agent's own: spool and working directories of its attempts."""

    def make(self, otp: str, labels: Mapping[str, str]) -> None:
        """Creates it, readable for this user only. Raises FileExistsError."""
        self.path.mkdir(mode=0o700, parents=True)
        self.agent.mkdir(mode=0o700)
        (self.path / "labels.json").write_text(json.dumps(dict(labels)), encoding="utf-8")
        descriptor = os.open(self.otp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(otp)

    def exists(self) -> bool:
        """Whether the directory is there."""
        return self.path.is_dir()

    def identity(self) -> Identity | None:
        """The process that was started, dead or alive; None: not known."""
        try:
            boot, _, line = self.process.read_text("utf-8", "replace").partition(" ")
        except OSError:
            return None
        parsed = parse_stat(line)
        return Identity(pid=parsed.pid, start=parsed.start, boot=boot) if parsed else None

    def last_words(self) -> str:
        """The last line that the agent wrote, empty when there is none."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_TAIL_BYTES))
                lines = file.read(LOG_TAIL_BYTES).decode("utf-8", "replace").split("\n")
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def remove(self) -> None:
        """Removes everything; nothing happens when it is not there."""
        if self.path.is_dir():
            # A job may have taken the right to change its own directories from itself.
            shutil.rmtree(self.path, onerror=_insist)


def worker_ids(workers: Path) -> set[UUID]:
    """Workers that have a directory."""
    try:
        names = os.listdir(workers)
    except OSError:
        return set()
    return {found for name in names if (found := as_worker_id(name)) is not None}


def as_worker_id(text: str) -> UUID | None:
    """The id that `text` spells in its one canonical form."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None


def _insist(function: Callable[..., object], path: str, error: object) -> None:
    if not os.path.lexists(path):
        return
    with suppress(OSError):
        os.chmod(os.path.dirname(path), stat.S_IRWXU)
    if os.path.isdir(path) and not os.path.islink(path):
        os.chmod(path, stat.S_IRWXU)
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
