"""A real Hodei server in a process of its own, for tests that stop, kill and restart it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port
from tests.support.processes import end_workers, remove_groups

POLL_S = 0.02
START_S = 120.0
STOP_S = 60.0
CLEAN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def hodei_command(*words: str) -> list[str]:
    """The command line program of this checkout."""
    return [str(Path(sys.executable).parent / "hodei"), *words]


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without any setting of Hodei, and with `more`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HODEI_", "GRPC_"))}
    return {"PATH": CLEAN_PATH, **kept, **more}


@contextmanager
def data_directory() -> Iterator[Path]:
    """An empty data directory that the embedded PostgreSQL's user can reach; gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="hodei-e2e-", dir="/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        # Workers outlive their server on purpose; nothing of a test does.
        remove_groups(end_workers(path))
        shutil.rmtree(path, ignore_errors=True)


class ServerProcess:
    """`hodei serve` on free ports, kept over restarts; a context manager that stops it."""

    def __init__(
        self,
        data_dir: Path,
        env: Mapping[str, str] | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self._command = list(command or hodei_command("serve"))
        self.log_path = data_dir / "server.log"
        self._env = {
            "HODEI_HTTP_PORT": str(free_port()),
            "GRPC_PORT": str(free_port()),
            "HODEI_METRICS_PORT": "0",
            **(env or {}),
            "HODEI_DATA_DIR": str(data_dir),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._note: dict[str, object] = {}

    def __enter__(self) -> ServerProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the server and waits until it serves."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=clean_environment(**self._env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_ready()

    def wait_ready(self) -> None:
        """Until the server has noted where it serves. Raises AssertionError with its log."""
        process = self.process
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            note = self._read_note()
            if note and note["pid"] == process.pid:
                self._note = note
                return
            if process.poll() is not None:
                break
            time.sleep(POLL_S)
        raise AssertionError(f"the server did not start:\n{self.log}")

    def _read_note(self) -> dict[str, object]:
        try:
            note: dict[str, object] = json.loads(
                (self.data_dir / "run" / "server.json").read_text()
            )
        except (OSError, ValueError):
            return {}
        return note

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running process."""
        assert self._process is not None, "the server was not started"
        return self._process

    @property
    def url(self) -> str:
        """Address of REST and WebSocket."""
        return str(self._note["url"])

    @property
    def grpc_target(self) -> str:
        """host:port of gRPC."""
        return str(self._note["grpc"])

    @property
    def agents(self) -> str:
        """host:port for agents of other machines, when HODEI_AGENT_LISTEN was set."""
        return str(self._note["agents"])

    @property
    def metrics_url(self) -> str:
        """Address of the Prometheus text, when HODEI_METRICS_PORT was set."""
        return str(self._note["metrics"])

    @property
    def ssh_port(self) -> int:
        """Port of the SSH gateway, when HODEI_SSH_PORT was set."""
        return int(str(self._note["ssh"]).rpartition(":")[2])

    @property
    def log(self) -> str:
        """Everything that the server has said."""
        return self.log_path.read_text(errors="replace")

    def kill9(self) -> None:
        """Ends the server as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Stops the server politely; gives its exit code. A second call changes nothing."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the server did not stop:\n{self.log}") from None
