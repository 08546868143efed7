"""What a person asks for: the job spec and the values in it.

All times are milliseconds, all sizes MiB where the name says `_mb`. Building a value does not
validate it; `hodei.domain.parsing` is the only door from outside and refuses what is out of
bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DEFAULT_PROJECT = "default"


class CommandType(StrEnum):
    """How the command is given."""

    SHELL = "shell"
    EXEC = "exec"
    PYTHON = "python"
    NODE = "node"


class Priority(StrEnum):
    """Order in the queue; waiting raises every job, so LOW is late and never starved."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"


class Architecture(StrEnum):
    """Machine architectures a job can ask for."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


class Network(StrEnum):
    """What the job's processes can reach."""

    DEFAULT = "default"
    NONE = "none"


class RetryCause(StrEnum):
    """Why an attempt may be tried again."""

    FAILED = "failed"
    TIMEOUT = "timeout"
    LOST = "lost"
    OOM = "oom"
    PROVISION = "provision"


ALL_RETRY_CAUSES = frozenset(RetryCause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: `script` for shell, python and node; `argv` for exec."""

    type: CommandType
    script: str = ""
    argv: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRef:
    """An environment value that is a named secret, resolved when the attempt starts."""

    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretText:
    """An environment value that is secret and came with the spec; sealed before it is stored."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedText:
    """A secret value as it is stored: unreadable without the installation's key."""

    sealed: str = field(repr=False)


EnvValue = str | SecretRef | SecretText | SealedText


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What one attempt may use; enforced by the provider or refused."""

    cpu: float = 1.0
    memory_mb: int = 512
    storage_mb: int = 0
    """Scratch space; 0 leaves it to the provider's own limit."""
    gpus: int = 0
    architecture: Architecture | None = None
    """None: any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Hard filters of placement."""

    provider: str | None = None
    """Provider id or name; None: any."""
    region: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels that the provider must carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waiting time before attempt n+1: initial * factor^(n-1), at most max, spread by jitter."""

    initial_ms: int = 1_000
    factor: float = 2.0
    max_ms: int = 300_000
    jitter: float = 0.1
    """Share of the waiting time that is random, 0..1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often an attempt is repeated, after which causes."""

    max_attempts: int = 1
    backoff: Backoff = field(default_factory=Backoff)
    on: frozenset[RetryCause] = ALL_RETRY_CAUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """Everything a person says about a job; immutable once submitted."""

    name: str
    command: Command
    image: str | None = None
    """OCI reference; None only fits providers without images (process)."""
    env: Mapping[str, EnvValue] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)
    timeout_ms: int = 300_000
    """Run time, from the start of the user's process."""
    queue_timeout_ms: int | None = None
    """Waiting time before the first start; None: no limit."""
    grace_ms: int = 10_000
    """From the polite signal to KILL."""
    preferences: Preferences = field(default_factory=Preferences)
    priority: Priority = Priority.NORMAL
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    network: Network = Network.DEFAULT
    labels: Mapping[str, str] = field(default_factory=dict)
    working_dir: str | None = None
    stdin: str = ""
    project: str = DEFAULT_PROJECT
