"""Terminals: shells inside running jobs, relayed between a person and the agent.

Both ways have a window of the same size. Output is held here only until the person's side has
taken it, and the agent sends no more than the window beyond that; input waits at the person's
side until the program has taken what came before. Every terminal leaves two event rows: who
opened what, and how it ended. No keystroke is stored.
"""

from __future__ import annotations

import asyncio
import logging
import shlex
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from hodei.domain.attempt import Attempt
from hodei.domain.errors import Conflict, HodeiError, InvalidRequest, Unavailable
from hodei.domain.events import Event, EventKind
from hodei.engine.core import Core
from hodei.engine.jobs import JobDetail, Jobs
from hodei.engine.sessions import NO_EXIT_CODE, Session, Sessions
from hodei.ports.clock import Clock
from hodei.ports.peer import TerminalOrder, TerminalPeer
from hodei.ports.relay import EnterOrder, Relay
from hodei.ports.store import Unit

logger = logging.getLogger(__name__)

WINDOW = 256 << 10
"""Bytes that may be on their way in each direction before they are taken."""
TAKEN_STEP = WINDOW // 4
"""Output is reported as taken in steps of at least so many bytes."""
RETURN_S = 5.0
"""How long a worker that is not connected here is waited for."""
LOOK_EVERY_S = 0.1
ASK_EVERY_S = 1.0
"""How often the other server that holds it is asked meanwhile."""
MAX_PIECE = 1 << 16
"""Bytes of input in one frame to the agent."""
MAX_SIDE = 1000
MAX_COMMAND = 1000
"""Characters of the command in the event row."""
MAX_WORD = 100
"""Characters of the terminal's type and of an address."""
SIGNALS: Mapping[str, int] = {
    "HUP": 1,
    "INT": 2,
    "QUIT": 3,
    "ABRT": 6,
    "KILL": 9,
    "USR1": 10,
    "USR2": 12,
    "TERM": 15,
}
"""What a person may send by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Which terminal is wanted, by whom."""

    actor: str
    via: str
    """web, cli or ssh."""
    address: str = ""
    """Where the person's side is connected from."""
    argv: Sequence[str] = ()
    """Empty: the best shell that the image has."""
    tty: bool = True
    """A pseudo-terminal; otherwise three pipes: clean bytes, stderr apart, input that ends."""
    rows: int = 24
    columns: int = 80
    term: str = "xterm-256color"


@dataclass(frozen=True, slots=True)
class TerminalOutput:
    """A piece of output; on a pseudo-terminal all of it is stdout."""

    data: bytes
    stderr: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalEnd:
    """The shell is gone."""

    exit_code: int
    error: str = ""


class Terminal:
    """One open terminal. One task reads, another one writes."""

    def __init__(self, terminal_id: str, peer: TerminalPeer, clock: Clock) -> None:
        self.id = terminal_id
        self.end: TerminalEnd | None = None
        """Set once the program has ended, which may be before all its output was read."""
        self.bytes_in = 0
        self.bytes_out = 0
        self._peer = peer
        self._clock = clock
        self._active_at = clock.monotonic()
        self._output: deque[TerminalOutput] = deque()
        self._held = 0
        self._taken = 0
        self._changed = asyncio.Event()
        self._room = WINDOW
        self._may_write = asyncio.Event()
        self._may_write.set()

    # ---- the person's side

    async def read(self) -> TerminalOutput | TerminalEnd:
        """The next output, or the end; the output before it counts as taken."""
        self._report_taken()
        while not self._output:
            if self.end is not None:
                return self.end
            self._changed.clear()
            await self._changed.wait()
        piece = self._output.popleft()
        self._taken += len(piece.data)
        self._held -= len(piece.data)
        return piece

    def _report_taken(self) -> None:
        if self._taken:
            self._active_at = self._clock.monotonic()
        if self._taken >= TAKEN_STEP:
            self._peer.terminal_taken(self.id, self._taken)
            self._taken = 0

    async def write(self, data: bytes) -> None:
        """Keys from the person; waits while the program has not taken those before."""
        for start in range(0, len(data), MAX_PIECE):
            piece = data[start : start + MAX_PIECE]
            while self._room <= 0 and self.end is None:
                self._may_write.clear()
                await self._may_write.wait()
            if self.end is not None:
                return
            self._active_at = self._clock.monotonic()
            self._room -= len(piece)
            self.bytes_in += len(piece)
            self._peer.terminal_input(self.id, piece, end=False)

    def end_input(self) -> None:
        """Nothing more will be written: the program reads the end of its input."""
        self._peer.terminal_input(self.id, b"", end=True)

    def resize(self, rows: int, columns: int) -> None:
        """The person's window changed. Raises InvalidRequest."""
        self._peer.resize_terminal(self.id, *_size(rows, columns))

    def signal(self, name: str) -> None:
        """To what runs in the foreground. Raises InvalidRequest for a name that is unknown."""
        number = SIGNALS.get(name)
        if number is None:
            raise InvalidRequest.of("name", f"must be one of {', '.join(SIGNALS)}", name)
        self._peer.signal_terminal(self.id, number)

    # ---- the agent's side

    def on_output(self, data: bytes, stderr: bool) -> None:
        """More output."""
        if self.end is not None:
            return
        self._active_at = self._clock.monotonic()
        self._output.append(TerminalOutput(data, stderr))
        self._held += len(data)
        self.bytes_out += len(data)
        self._changed.set()
        if self._held > 2 * WINDOW:
            self.finish("the worker sent more output than it may")

    def on_taken(self, amount: int) -> None:
        """The program has taken input."""
        self._room = min(self._room + amount, WINDOW)
        self._may_write.set()

    def on_exited(self, exit_code: int, error: str) -> None:
        """The program is gone."""
        if self.end is None:
            # An agent that opens nothing says why, and no code of its own.
            code = NO_EXIT_CODE if error and not exit_code else exit_code
            self.end = TerminalEnd(exit_code=code, error=error)
            self._changed.set()
            self._may_write.set()

    # ---- the engine's side

    def finish(self, reason: str) -> None:
        """Ends it from here."""
        self._peer.close_terminal(self.id)
        self.on_exited(NO_EXIT_CODE, reason)

    async def close_when_idle(self, seconds: float) -> None:
        """Returns when it has ended, or has ended it for passing nothing for so long."""
        while self.end is None:
            left = self._active_at + seconds - self._clock.monotonic()
            if left <= 0:
                self.finish(f"closed: nothing passed for {seconds:g} s")
                return
            await self._clock.sleep(left)


class Terminals:
    """Opens terminals in running jobs: on workers connected here, or through the other servers."""

    def __init__(
        self, core: Core, jobs: Jobs, sessions: Sessions, relay: Relay | None = None
    ) -> None:
        """Without `relay`, other servers are not called."""
        self._core = core
        self._jobs = jobs
        self._sessions = sessions
        self._relay = relay

    @asynccontextmanager
    async def open(self, key: str, opening: Opening) -> AsyncIterator[Terminal]:
        """A shell (or a command) in a running job, closed on leaving.

        Raises NotFound, Conflict when it does not run, InvalidRequest, Unavailable when its
        worker is connected to another replica that cannot be called, or the opening cannot be
        recorded.
        """
        _size(opening.rows, opening.columns)
        detail = await self._jobs.get(key)
        async with AsyncExitStack() as stack:
            yield await self._opened(stack, detail, opening)

    async def _opened(self, stack: AsyncExitStack, detail: JobDetail, opening: Opening) -> Terminal:
        """Here, or where the worker is connected; waits for a worker that comes back."""
        attempt = _running(detail)
        clock = self._core.clock
        until, ask_at = clock.monotonic() + RETURN_S, clock.monotonic()
        refusal = ""
        # After a restart of the server its agents come back within seconds, here or elsewhere.
        while True:
            session = self._sessions.by_attempt(attempt.id)
            if session is not None:
                return await stack.enter_async_context(self._here(session, detail, opening))
            _started(attempt)
            now = clock.monotonic()
            if self._relay is not None and now >= ask_at:
                ask_at = now + ASK_EVERY_S
                try:
                    far = await self._far(stack, self._relay, attempt, opening)
                except Unavailable as error:
                    refusal = f" ({error})"
                else:
                    if far is not None:
                        return far
            if clock.monotonic() >= until:
                raise Unavailable(await self._elsewhere(attempt.worker_id) + refusal)
            await clock.sleep(LOOK_EVERY_S)

    @asynccontextmanager
    async def enter(
        self, job_id: UUID, attempt_id: UUID, opening: Opening
    ) -> AsyncIterator[Terminal]:
        """One that another server asks for, which has seen to it that the person may.

        Raises what `open` does; the worker has to be connected here.
        """
        _size(opening.rows, opening.columns)
        detail = await self._jobs.get(str(job_id))
        attempt = _running(detail)
        if attempt.id != attempt_id:
            raise Conflict("the job's process has just ended")
        session = self._sessions.by_attempt(attempt.id)
        if session is None:
            raise Unavailable("the job's worker has just left that server")
        async with self._here(session, detail, opening) as terminal:
            yield terminal

    @asynccontextmanager
    async def _here(
        self, session: Session, detail: JobDetail, opening: Opening
    ) -> AsyncIterator[Terminal]:
        terminal_id = self._core.chance.uuid().hex
        terminal = Terminal(terminal_id, session.peer, self._core.clock)
        trail = _Trail(self._core, detail, opening, terminal)
        # Recorded first: nobody enters a job unseen.
        await trail.opened()
        began = self._core.clock.monotonic()
        if session.closed.is_set() or session.attempt_id != detail.attempts[-1].id:
            # Meanwhile the worker may hold another job, which nobody asked to enter. From here
            # on the order of the stream sees to it: the agent opens nothing in what has ended.
            terminal.on_exited(NO_EXIT_CODE, "the job's process has just ended")
        else:
            session.terminals[terminal_id] = terminal
            session.peer.open_terminal(_order(terminal_id, opening))
        idle = self._core.timings.terminal_idle.total_seconds()
        watching = asyncio.create_task(terminal.close_when_idle(idle))
        try:
            yield terminal
        finally:
            watching.cancel()
            if session.terminals.pop(terminal_id, None) is not None:
                session.peer.close_terminal(terminal_id)
            await trail.closed(self._core.clock.monotonic() - began)

    async def _far(
        self, stack: AsyncExitStack, relay: Relay, attempt: Attempt, opening: Opening
    ) -> Terminal | None:
        """At the server that holds the worker; None: no other server is known to, or it cannot
        be called. That server keeps the record and closes what is idle. Raises Unavailable."""
        holder = await self._holder(attempt.worker_id)
        address = await self._core.store.server_address(holder) if holder else None
        if address is None:
            return None
        return await stack.enter_async_context(
            _far_terminal(self._core, relay, address, attempt, opening)
        )

    async def _holder(self, worker_id: UUID) -> str | None:
        """The other server that a worker is connected to."""
        leases = await self._core.store.leases()
        lease = next((each for each in leases if each.worker.id == worker_id), None)
        if lease is None or lease.lease_age_s > 0 or lease.replica == self._core.replica:
            return None
        return lease.replica

    async def _elsewhere(self, worker_id: UUID) -> str:
        """Where a worker is that is not connected here."""
        holder = await self._holder(worker_id)
        if holder is None:
            return "the job's worker is not connected just now; try again"
        return f"the job's worker is connected to the server {holder}: enter it from there"


@asynccontextmanager
async def _far_terminal(
    core: Core, relay: Relay, address: str, attempt: Attempt, opening: Opening
) -> AsyncIterator[Terminal]:
    """A terminal at the server that is called at `address`. Raises Conflict, Unavailable."""
    terminal_id = core.chance.uuid().hex
    call = relay.call(
        address,
        EnterOrder(
            job_id=attempt.job_id,
            attempt_id=attempt.id,
            actor=opening.actor,
            via=opening.via,
            address=opening.address,
            terminal=_order(terminal_id, opening),
        ),
    )
    terminal = Terminal(terminal_id, call, core.clock)
    async with call.entered(terminal):
        try:
            yield terminal
        finally:
            # What ended it here is no news of that server's: it is told, for the record.
            call.leave(terminal.end.error if terminal.end else "")


def _running(detail: JobDetail) -> Attempt:
    """Raises Conflict when there is none."""
    attempt = detail.attempts[-1] if detail.attempts else None
    if attempt is None or detail.job.finished or attempt.ended:
        state = detail.job.state.value
        raise Conflict(f"the job is {state}; a terminal needs a running process")
    return attempt


def _started(attempt: Attempt) -> None:
    """Raises Conflict when it has not."""
    if attempt.started_at is None:
        raise Conflict(f"the job is {attempt.phase.value}; a terminal needs a running process")


class _Trail:
    """The event rows of one terminal."""

    def __init__(self, core: Core, detail: JobDetail, opening: Opening, terminal: Terminal) -> None:
        self._core = core
        self._detail = detail
        self._opening = opening
        self._terminal = terminal

    async def opened(self) -> None:
        """Raises Unavailable."""
        opening = self._opening
        await self._core.committer.save(
            self._unit(
                EventKind.TERMINAL_OPENED,
                command=shlex.join(opening.argv)[:MAX_COMMAND],
                tty=opening.tty,
                address=opening.address[:MAX_WORD],
                replica=self._core.replica,
            )
        )

    async def closed(self, seconds: float) -> None:
        """Saved even when the caller is cancelled; a store that is away costs the row."""
        terminal, end = self._terminal, self._terminal.end
        unit = self._unit(
            EventKind.TERMINAL_CLOSED,
            exit_code=end.exit_code if end else None,
            reason=end.error if end else "left by the person",
            bytes_in=terminal.bytes_in,
            bytes_out=terminal.bytes_out,
            seconds=round(seconds, 3),
        )
        try:
            await asyncio.shield(self._core.committer.enqueue(unit))
        except HodeiError as error:
            logger.warning("end of a terminal not recorded", extra={"error": str(error)})

    def _unit(self, kind: EventKind, **data: object) -> Unit:
        attempt = self._detail.attempts[-1]
        event = Event(
            kind=kind,
            at=self._core.clock.now(),
            job_id=self._detail.job.id,
            attempt_id=attempt.id,
            worker_id=attempt.worker_id,
            provider_id=attempt.provider_id,
            project=self._detail.job.spec.project,
            actor=self._opening.actor,
            data={"terminal": self._terminal.id, "via": self._opening.via, **data},
        )
        return Unit(events=(event,))


def _order(terminal_id: str, opening: Opening) -> TerminalOrder:
    return TerminalOrder(
        terminal_id=terminal_id,
        argv=tuple(opening.argv),
        rows=opening.rows,
        columns=opening.columns,
        term=opening.term[:MAX_WORD],
        pipes=not opening.tty,
        window=WINDOW,
    )


def _size(rows: int, columns: int) -> tuple[int, int]:
    if not (1 <= rows <= MAX_SIDE and 1 <= columns <= MAX_SIDE):
        raise InvalidRequest.of("size", f"rows and columns must be between 1 and {MAX_SIDE}")
    return rows, columns
