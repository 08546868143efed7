"""OpenSSH's own client against a server, in a pipe or on a pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port
from tests.support.server import CLEAN_PATH

TIMEOUT_S = 120.0
Done = subprocess.CompletedProcess[bytes]


def new_key(path: Path, comment: str) -> str:
    """Makes a key pair at `path`; the line of the public one."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], check=True
    )
    return path.with_suffix(".pub").read_text()


def gateway(folder: Path) -> dict[str, str]:
    """Settings of a server that lets in the key `key`, made in the folder, as ann@laptop."""
    authorized = folder / "authorized_keys"
    authorized.write_text(new_key(folder / "key", "ann@laptop"))
    authorized.chmod(0o644)
    return {
        "HODEI_SSH_PORT": str(free_port()),
        "HODEI_SSH_AUTHORIZED_KEYS": str(authorized),
    }


@dataclass(frozen=True, slots=True)
class SshClient:
    """How one person calls one server; nothing of this machine's own settings is used."""

    folder: Path
    port: int
    key: str | None = "key"
    """Name of the private key in the folder; None: a password is asked for."""

    def options(self) -> list[str]:
        """Options that ssh, scp and sftp share."""
        known = self.folder / "known_hosts"
        given = ["-F", "none", "-o", f"UserKnownHostsFile={known}", "-o", "LogLevel=ERROR"]
        given += ["-o", "StrictHostKeyChecking=accept-new", "-o", "IdentityAgent=none"]
        given += ["-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=20"]
        if self.key is None:
            return [*given, "-o", "PubkeyAuthentication=no", "-o", "NumberOfPasswordPrompts=1"]
        return [*given, "-o", "BatchMode=yes", "-i", str(self.folder / self.key)]

    def command(self, job: str, *words: str, options: tuple[str, ...] = ()) -> list[str]:
        """The command line of ssh."""
        target = f"{job}@127.0.0.1"
        return ["ssh", *options, *self.options(), "-p", str(self.port), target, *words]

    def run(self, job: str, *words: str, stdin: bytes = b"", options: tuple[str, ...] = ()) -> Done:
        """To its end, in pipes."""
        return subprocess.run(
            self.command(job, *words, options=options),
            input=stdin,
            env={"PATH": CLEAN_PATH},
            capture_output=True,
            check=False,
            timeout=TIMEOUT_S,
        )

    def begin(self, job: str, *words: str) -> subprocess.Popen[bytes]:
        """In pipes, unbuffered."""
        return subprocess.Popen(
            self.command(job, *words),
            env={"PATH": CLEAN_PATH},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )


class Seat:
    """A program on a pseudo-terminal that is its own, as a person has it."""

    def __init__(self, pid: int, master: int) -> None:
        self._pid = pid
        self._master = master
        self._code: int | None = None
        self.seen = b""

    def wait_for(self, text: bytes, seconds: float = 90.0) -> None:
        """Reads until `text` has been shown."""
        until = time.monotonic() + seconds
        while text not in self.seen:
            left = until - time.monotonic()
            assert left > 0 and self._read(left), f"{text!r} was not shown:\n{self.seen!r}"

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self._master, 65536)
        except OSError:
            return False
        self.seen += piece
        return bool(piece)

    def type(self, keys: bytes) -> None:
        """Keys."""
        os.write(self._master, keys)

    def resize(self, rows: int, columns: int) -> None:
        """The window's new size; the program is told by a signal."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def end(self) -> int:
        """The exit code."""
        while self._read(90):
            continue
        self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._code

    def close(self) -> None:
        """Ends it."""
        if self._code is None:
            os.kill(self._pid, 9)
            os.waitpid(self._pid, 0)
        os.close(self._master)


@contextmanager
def seated(command: list[str], *, rows: int = 24, columns: int = 80) -> Iterator[Seat]:
    """Starts a program on a pseudo-terminal of this size."""
    pid, master = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, {"PATH": CLEAN_PATH, "TERM": "xterm-kitty"})
    seat = Seat(pid, master)
    seat.resize(rows, columns)
    try:
        yield seat
    finally:
        seat.close()
