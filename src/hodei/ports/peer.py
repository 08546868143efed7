"""The peer: the agent of one worker, as the engine talks to it over its stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from hodei.domain.spec import CommandType


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """Everything an agent needs to run one attempt."""

    attempt_id: UUID
    job_id: UUID
    job_name: str
    attempt_number: int
    type: CommandType
    script: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    secret_env: Mapping[str, str] = field(repr=False)
    working_dir: str
    stdin: bytes
    timeout_ms: int
    grace_ms: int
    cpu_millis: int
    memory_bytes: int
    pids: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalOrder:
    """Everything an agent needs to open one terminal."""

    terminal_id: str
    argv: tuple[str, ...]
    """Empty: the best shell that the image has."""
    rows: int
    columns: int
    term: str
    pipes: bool
    """Three pipes in the place of a pseudo-terminal."""
    window: int
    """Bytes of output that may be on their way before they are taken."""


class TerminalPeer(Protocol):
    """What is said about terminals, to an agent or to the server that it is connected to."""

    def terminal_input(self, terminal_id: str, data: bytes, *, end: bool) -> None: ...

    def terminal_taken(self, terminal_id: str, amount: int) -> None: ...

    def signal_terminal(self, terminal_id: str, number: int) -> None: ...

    def resize_terminal(self, terminal_id: str, rows: int, columns: int) -> None: ...

    def close_terminal(self, terminal_id: str) -> None: ...


class TerminalEvents(Protocol):
    """What is reported about one terminal."""

    def on_output(self, data: bytes, stderr: bool) -> None: ...

    def on_taken(self, amount: int) -> None: ...

    def on_exited(self, exit_code: int, error: str) -> None: ...


class Peer(TerminalPeer, Protocol):
    """What the server says to one agent.

    No call waits for the agent: each queues a frame on the stream and returns. Frames arrive
    in order or the stream ends; everything said on a stream that has ended is lost, and the
    next Hello tells what has to be said again. Repeating a frame is harmless.
    """

    def welcome(self, *, acked_chunk_seq: int, abandon: bool) -> None: ...

    def run(self, order: RunOrder) -> None: ...

    def cancel(self, attempt_id: UUID, *, grace_ms: int | None, reason: str) -> None: ...

    def ack_log(self, attempt_id: UUID, seq: int) -> None: ...

    def ack_exit(self, attempt_id: UUID) -> None: ...

    def shutdown(self, reason: str) -> None: ...

    def heartbeat(self) -> None: ...

    def open_terminal(self, order: TerminalOrder) -> None: ...

    def close(self, error: Exception | None = None) -> None:
        """Ends the stream; with an error, the agent is told its code."""
        ...
