"""What can be wrong with the embedded PostgreSQL, each with a sentence that says what to change.

EmbeddedPostgresError (HodeiError)
├── BinariesMissing         no PostgreSQL to run
├── DataDirectoryUnusable   wrong owner, not writable, or not reachable for the system user
├── DataDirectoryInUse      another Hodei has it
├── VersionMismatch         written by another major version
├── StartFailed             initdb or the server ended; carries its last log line
└── KeepsFailing            it was restarted too often
"""

from __future__ import annotations

from pathlib import Path

from hodei.domain.errors import HodeiError
from hodei.domain.outcomes import signal_name


class EmbeddedPostgresError(HodeiError):
    """Root of this tree."""

    code = "embedded_postgres"


class BinariesMissing(EmbeddedPostgresError):
    """No PostgreSQL binaries were found, neither packaged nor on the machine."""


class DataDirectoryUnusable(EmbeddedPostgresError):
    """The data directory, or a directory above it, has the wrong owner or permissions."""


class DataDirectoryInUse(EmbeddedPostgresError):
    """Another Hodei process holds the lock of this data directory."""


class VersionMismatch(EmbeddedPostgresError):
    """The data directory was written by another major version than the binaries at hand."""


class StartFailed(EmbeddedPostgresError):
    """PostgreSQL, or initdb, ended before it could serve."""


class KeepsFailing(EmbeddedPostgresError):
    """PostgreSQL ended more often than the restart limit allows."""


ADVICE = (
    ("No space left on device", "Free some space on the disk that holds {data_dir}."),
    ("Disk quota exceeded", "Raise the disk quota of the user that owns {data_dir}."),
    ("Read-only file system", "Choose a writable place with HODEI_DATA_DIR."),
    ("Permission denied", "Make {data_dir} and everything in it belong to user {user}."),
    ("has wrong ownership", "Make {data_dir} and everything in it belong to user {user}."),
    ("Operation not permitted", "Allow this process to run programs as user {user}."),
    ("Address already in use", "Another server uses the same socket: stop it, or set TMPDIR."),
    ("Cannot allocate memory", "Give this machine or container at least 256 MB of free memory."),
    ("shared memory", "Give this machine or container more memory and a larger /dev/shm."),
    ("No space left for semaphores", "Raise the kernel's semaphore limits (kernel.sem)."),
    ("is not a valid data directory", "Move it away or choose another with HODEI_DATA_DIR."),
    ("could not locate a valid checkpoint record", "Restore {data_dir} from a backup."),
)
"""What PostgreSQL says, and what a person does about it; the first match wins."""


def start_failed(
    what: str, line: str, *, code: int | None, data_dir: Path, user: str, log: Path
) -> StartFailed:
    """The error for a server that ended: its last word, what to do, and where to read more.

    `code` is how it ended, negative for a signal; None when it was not a child of ours.
    """
    sentence = f"{what}: {line.rstrip('.') or _silent(code)}."
    hint = advice_for(line, data_dir=data_dir, user=user)
    return StartFailed(" ".join(part for part in (sentence, hint, f"Log: {log}") if part))


def advice_for(line: str, *, data_dir: Path, user: str) -> str:
    """What a person does about what PostgreSQL, or the system, said; empty: nothing is known."""
    advice = next((text for sign, text in ADVICE if sign in line), "")
    return advice.format(data_dir=data_dir, user=user)


def _silent(code: int | None) -> str:
    if code is None:
        return "it said nothing"
    ended = f"was ended by {signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
    return f"it {ended} and said nothing"
