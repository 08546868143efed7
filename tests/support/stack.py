"""The compose files, brought up in an engine of the tests' own as the guide says.

The engine keeps its images and what builds have cached from one run to the next, outside the
clone, so that only what has changed is built. Its containers, networks and volumes are the run's.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.docker import ROOT, PrivateEngine
from tests.support.stack_images import KEPT, load_stand_ins
from tests.support.stack_registry import registry

MOST_KEPT = 12 << 30
"""Bytes of the engine's data; beyond them it begins anew."""
PATIENCE_S = 900
PROJECT = "hodei-jobs"


@contextmanager
def lasting_engine() -> Iterator[PrivateEngine]:
    """A private engine whose images outlive it; one at a time."""
    KEPT.mkdir(mode=0o711, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        data = KEPT / "engine"
        if data.is_dir() and _size(data) > MOST_KEPT:
            shutil.rmtree(data)
        data.mkdir(mode=0o711, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="hodei-docker-", dir="/var/tmp"))
        (folder / "data").symlink_to(data)
        engine = PrivateEngine(folder)
        try:
            engine.run("up")
            load_stand_ins(engine)
            yield engine
            engine.run("stop")
        finally:
            engine.run("down")


def _size(folder: Path) -> int:
    done = subprocess.run(["du", "-sb", folder], capture_output=True, text=True, check=False)
    return int(done.stdout.split()[0])


class Stack:
    """A clone of the repository, and the commands of the guide in it."""

    def __init__(self, engine: PrivateEngine, clone: Path) -> None:
        self.engine = engine
        self.clone = clone

    def write_env(self, given: Mapping[str, str]) -> None:
        """Makes the file of settings."""
        lines = [f"{name}={value}\n" for name, value in given.items()]
        (self.clone / ".env").write_text("".join(lines), "ascii")

    def shell(self, command: str, fails: bool = False) -> str:
        """A command as it is printed in the guide; what it says.

        `docker compose` is Debian's docker-compose here, and the engine that of the tests.
        """
        plain = command.replace("docker compose ", "docker-compose ")
        inside = ["nsenter", f"--net={self.engine.network}", "--", "sh", "-c", plain]
        done = subprocess.run(
            inside,
            cwd=self.clone,
            env={
                "PATH": os.environ["PATH"],
                "HOME": "/nonexistent",
                "DOCKER_HOST": self.engine.host,
                "COMPOSE_HTTP_TIMEOUT": str(PATIENCE_S),
                "COMPOSE_ANSI": "never",
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        said = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, f"{command}: {done.returncode}\n{said[-6000:]}"
        return said


@contextmanager
def cloned(engine: PrivateEngine) -> Iterator[Stack]:
    """A copy of what git would clone, in a folder of the repository's name."""
    with tempfile.TemporaryDirectory(prefix="hodei-clone-", dir="/var/tmp") as name:
        clone = Path(name, PROJECT)
        shown = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(shown, cwd=ROOT, capture_output=True, text=True, check=True)
        for path in filter(None, listed.stdout.split("\0")):
            source = ROOT / path
            if source.is_file():
                (clone / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, clone / path, follow_symlinks=False)
        Path(name).chmod(0o755)
        yield Stack(engine, clone)


@contextmanager
def built_stack() -> Iterator[tuple[Stack, dict[str, str]]]:
    """An engine with a clone, and what the builds in it have to be told."""
    with lasting_engine() as engine, registry(engine) as sources, cloned(engine) as stack:
        clean(stack)
        yield stack, {**sources, "HODEI_DOCKER_SOCKET": str(engine.socket)}


def clean(stack: Stack) -> None:
    """Removes what an earlier run that was killed has left in the engine's data."""
    stack.shell("docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes")
    stack.shell("docker network prune --force && docker volume prune --force")
