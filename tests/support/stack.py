"""The compose files, brought up in an engine of the tests' own as the guide says.

The engine keeps its images and what builds have cached from one run to the next, outside the
clone, so that only what has changed is built. Its containers, networks and volumes are the run's.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.docker import ROOT, PrivateEngine
from tests.support.stack_images import KEPT, load_stand_ins, run
from tests.support.stack_registry import registry

MOST_KEPT = 12 << 30
"""Bytes of the engine's data; beyond them it begins anew."""
PATIENCE_S = 120
"""For what a service needs until it is well."""
COMMAND_S = 900
"""For a command; the longest of them build images."""
GUIDE = {"POSTGRES_PASSWORD": "tu-password-seguro", "GRAFANA_PASSWORD": "admin"}
"""The settings that the guide has."""
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
        self._plugins = run("scripts/testbed/compose")
        self._programs = run("scripts/testbed/grpcurl")

    def write_env(self, given: Mapping[str, str]) -> None:
        """Makes the file of settings."""
        lines = [f"{name}={value}\n" for name, value in given.items()]
        (self.clone / ".env").write_text("".join(lines), "ascii")

    def shell(self, command: str, fails: bool = False) -> str:
        """A command as it is printed in the guide, with the engine of the tests; what it says.

        `docker compose` is version 2, `docker-compose` Debian's 1.29.
        """
        inside = ["nsenter", f"--net={self.engine.network}", "--", "sh", "-c", command]
        done = subprocess.run(
            inside,
            cwd=self.clone,
            env={
                "PATH": f"{self._programs}:{os.environ['PATH']}",
                "HOME": "/nonexistent",
                "DOCKER_HOST": self.engine.host,
                "DOCKER_CONFIG": self._plugins,
                # As every engine since 23 builds.
                "DOCKER_BUILDKIT": "1",
                "BUILDX_CONFIG": str(self.clone.parent / "buildx"),
                "BUILDKIT_PROGRESS": "plain",
                "COMPOSE_HTTP_TIMEOUT": str(COMMAND_S),
                "COMPOSE_ANSI": "never",
            },
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
        said = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, f"{command}: {done.returncode}\n{said[-6000:]}"
        return said

    def inspect(self, container: str) -> Any:
        """What the engine knows of a container."""
        return json.loads(self.shell(f"docker inspect {container}"))[0]

    def healthy(self, container: str) -> None:
        """Waits until the container's own check says that it is well."""
        until = time.monotonic() + PATIENCE_S
        while (seen := self.inspect(container)["State"]["Health"])["Status"] != "healthy":
            assert time.monotonic() < until, seen
            time.sleep(0.5)

    def nothing_left(self) -> None:
        """Fails where a container, a volume or a network is left."""
        assert self.shell("docker ps --all --quiet") == ""
        assert self.shell("docker volume ls --quiet") == ""
        networks = self.shell("docker network ls --format '{{.Name}}'").split()
        assert sorted(networks) == ["bridge", "host", "none"]


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
