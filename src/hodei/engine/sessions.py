"""Sessions: the streams of the agents that are connected to this replica.

A session keeps the newest known entities of its worker and the facts that the agent reported
but that are not stored yet. One pump per session turns pending facts into one unit, saves it,
acknowledges, and looks again: a short job's start, log and end leave in one transaction, and
the binding of the worker's next job leaves with them. When a save turns out stale the entities
are read again and the same facts are applied to them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from hodei.domain import attempt as attempts
from hodei.domain import worker as workers
from hodei.domain.attempt import Attempt, Phase
from hodei.domain.change import changed
from hodei.domain.errors import Conflict, HodeiError, NotFound, StaleVersion, Unavailable
from hodei.domain.logs import Segment
from hodei.domain.outcome import Outcome
from hodei.domain.outcomes import lost, not_startable, provision_failed
from hodei.domain.worker import Target, Worker, WorkerState
from hodei.engine.binding import Binding, NextJobs
from hodei.engine.core import Core
from hodei.engine.facts import Draft, joined, worker_only
from hodei.engine.ingest import TAIL_DELAY_S, LogEnd, LogIngest, open_ingest
from hodei.engine.orders import run_order
from hodei.engine.provision import close_worker
from hodei.engine.reports import ExitReport, HelloReport
from hodei.engine.sampling import Pace
from hodei.engine.secret_values import note_delivery
from hodei.engine.settle import decide, is_unexplained, outcome_of
from hodei.engine.subject import about_worker
from hodei.ports.peer import Peer, TerminalEvents
from hodei.ports.store import Held, Sample, Unit

logger = logging.getLogger(__name__)

MAX_UNSTORED_LOG = 8 << 20
"""Bytes of log that one session may hold before its stream is read no further."""

NO_EXIT_CODE = 255
"""Of a terminal that ended in another way than its program."""

OnSegments = Callable[[UUID, Sequence[Segment], LogEnd | None], None]
OnBegun = Callable[[Attempt], None]
OnFree = Callable[[Worker], None]
OnReturned = Callable[[Held], None]
WhyStopped = Callable[[Worker], Awaitable[str]]
OnSample = Callable[[UUID, UUID, Sample], None]


class Session:
    """One connected agent. All methods are called from the event loop, in stream order."""

    def __init__(
        self,
        core: Core,
        worker: Worker,
        peer: Peer,
        *,
        on_begun: OnBegun,
        on_segments: OnSegments,
        on_free: OnFree,
        next_jobs: NextJobs,
        on_sample: OnSample,
        on_returned: OnReturned,
        why_stopped: WhyStopped,
    ) -> None:
        self._core = core
        self.worker = worker
        self.peer = peer
        self._held: Held | None = None
        self._counts = False
        self.heard_at = core.clock.monotonic()
        self.closed = asyncio.Event()
        self.terminals: dict[str, TerminalEvents] = {}
        self._on_begun = on_begun
        self._on_segments = on_segments
        self._on_free = on_free
        self._next_jobs = next_jobs
        self._tail_timer: asyncio.Task[None] | None = None
        self._tails_due = False
        self._on_sample = on_sample
        self._on_returned = on_returned
        self._why_stopped = why_stopped
        self._log: LogIngest | None = None
        self._started_at: datetime | None = None
        self._exit: ExitReport | None = None
        self._samples: list[Sample] = []
        self._pace = Pace(core.clock.monotonic())
        self._greeted = False
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    # ---- what the dispatcher and the others ask

    @property
    def idle(self) -> bool:
        """Whether it waits for an attempt."""
        return (
            self._greeted
            and not self.closed.is_set()
            and self.held is None
            and self.worker.state is WorkerState.READY
            and self.worker.target is Target.RUN
            and self.worker.unused
        )

    @property
    def overdue(self) -> bool:
        """Whether it has missed a heartbeat: its agent, or the way to it, may be gone."""
        quiet_s = self._core.clock.monotonic() - self.heard_at
        return quiet_s > 1.5 * self._core.timings.heartbeat.total_seconds()

    @property
    def held(self) -> Held | None:
        """The attempt it runs, as it is stored."""
        return self._held

    @held.setter
    def held(self, held: Held | None) -> None:
        self._held = held
        self._count()

    def _count(self) -> None:
        """The committer knows how many attempts are under way."""
        counts = self._held is not None and not self.closed.is_set()
        self._core.committer.crowd += counts - self._counts
        self._counts = counts

    @property
    def attempt_id(self) -> UUID | None:
        """The attempt it runs."""
        return self.held.attempt.id if self.held else None

    @property
    def unstored_bytes(self) -> int:
        """Log that it received and that is not stored yet."""
        return self._log.unstored_bytes if self._log else 0

    async def assign(self, held: Held) -> None:
        """Hands a bound attempt to the agent; the binding is stored already."""
        self.held = held
        self.worker = held.worker
        self._started_at, self._exit = None, None
        self._on_begun(held.attempt)
        try:
            order = await run_order(self._core, held)
            self._log = await open_ingest(self._core, held, order)
            await note_delivery(self._core, held)
        except NotFound as error:
            # A secret that was deleted since: no repeat would bring it back.
            await self._give_up(not_startable(str(error)))
            return
        except HodeiError as error:
            # The stream is closed: on its return the agent is handed the attempt once more.
            logger.warning("attempt could not be handed over", extra={"error": str(error)})
            self.close(error)
            return
        if self.closed.is_set():
            # The order was never said, so nothing can have run: another worker may take it.
            name = str(held.worker.provider_id)
            await self._give_up(provision_failed(name, "its agent had just gone"))
            return
        self.peer.run(order)

    def cancel(self, reason: str) -> None:
        """Asks the agent to end its attempt with the grace of the job."""
        if self.held is not None:
            self.peer.cancel(self.held.attempt.id, grace_ms=None, reason=reason)

    def close(self, error: Exception | None = None) -> None:
        """Ends the stream; what was not stored comes again on the next one."""
        if not self.closed.is_set():
            self.closed.set()
            self._count()
            self._room.set()
            self._wake.set()
            if self._tail_timer is not None:
                self._tail_timer.cancel()
            for terminal in self.terminals.values():
                terminal.on_exited(NO_EXIT_CODE, "the connection to the worker was lost")
            self.terminals.clear()
            self.peer.close(error)

    # ---- what the agent reports

    def heard(self) -> None:
        """Anything at all came from the agent."""
        self.heard_at = self._core.clock.monotonic()

    def on_started(self, attempt_id: UUID, at: datetime) -> None:
        """The user's process exists."""
        if self._concerns(attempt_id) and self._started_at is None:
            self._started_at = at
            self._wake.set()

    def on_log(self, attempt_id: UUID, seq: int, stderr: bool, time_ms: int, data: bytes) -> None:
        """A chunk of output."""
        if self._concerns(attempt_id) and self._log is not None:
            try:
                self._log.feed(seq, stderr, time_ms, data)
            except Conflict as error:
                self.close(error)  # the agent begins again from what is stored
                return
            if self._log.unstored_bytes > MAX_UNSTORED_LOG:
                self._room.clear()
            self._wake.set()

    def on_sample(self, sample: Sample) -> None:
        """What the attempt's processes use."""
        if self.held is None or not self._concerns(sample.attempt_id):
            return
        if self._pace.allows(self._core.clock.monotonic()):
            self._samples.append(sample)
            self._on_sample(self.held.job.id, sample.attempt_id, sample)
            self._wake.set()

    def on_exit(self, report: ExitReport) -> None:
        """The attempt is over."""
        if self._concerns(report.attempt_id):
            self._exit = report
            self._started_at = self._started_at or report.started_at
            self._wake.set()
        else:
            # Stored before the acknowledgement reached the agent, or none of its business.
            self.peer.ack_exit(report.attempt_id)

    async def room(self) -> None:
        """Waits until the session may take more log."""
        await self._room.wait()

    async def hello(self, report: HelloReport) -> None:
        """The stream begins: says from where the agent goes on.

        Raises Conflict when the worker is not wanted any more.
        """
        await self._welcome(report)
        # Only now: a binding that came before the welcome would be said before it.
        self._greeted = True
        if self.idle:
            self._on_free(self.worker)

    async def _welcome(self, report: HelloReport) -> None:
        # As it is now: what the agent holds may have been bound since its session was looked up.
        worker = await self._core.store.get_worker(self.worker.id) or self.worker
        self.worker = worker
        if worker.target is Target.GONE or worker.state is WorkerState.GONE:
            self.peer.shutdown(worker.reason or "the worker is not wanted any more")
            raise Conflict("the worker is not wanted any more")
        held = await self._core.store.held(worker.attempt_id) if worker.attempt_id else None
        if held is not None and held.attempt.ended:
            held = None
        if report.attempt_id is not None and (held is None or held.attempt.id != report.attempt_id):
            self.peer.welcome(acked_chunk_seq=0, abandon=True)
        await self._returned(held)
        if held is None:
            if report.attempt_id is None:
                self.peer.welcome(acked_chunk_seq=0, abandon=False)
            return
        held = self.held or held
        if report.attempt_id == held.attempt.id:
            await self._resume(held, report)
        elif held.attempt.started_at is not None:
            # Never again on the same attempt: its user code has run.
            await self._give_up(lost("its agent does not hold it any more", user_code_ran=True))
            return
        else:
            self.peer.welcome(acked_chunk_seq=0, abandon=False)
            await self.assign(held)
        if held.attempt.cancel_requested_at is not None:
            self.cancel(held.job.cancel_reason)

    async def _resume(self, held: Held, report: HelloReport) -> None:
        order = await run_order(self._core, held)
        self._log = await open_ingest(self._core, held, order)
        self.held = held
        self.peer.welcome(acked_chunk_seq=self._log.acked_seq, abandon=False)
        self._on_returned(held)
        if report.started and report.started_at is not None:
            self.on_started(held.attempt.id, report.started_at)

    async def _give_up(self, outcome: Outcome) -> None:
        """The attempt cannot go on here: its worker is destroyed, which ends it."""
        await close_worker(self._core, self.worker.id, outcome)
        worker = await self._core.store.get_worker(self.worker.id)
        if worker is not None:
            self._on_free(worker)
        # Last, because whoever reads the stream is cancelled by it.
        self.close(Conflict(outcome.message))

    async def _returned(self, held: Held | None) -> None:
        """Notes the return of a worker that had been given up for silent."""
        now = self._core.clock.now()
        if held is None:
            if self.worker.state is WorkerState.SILENT:
                worker = workers.apply(self.worker, workers.ReturnedIdle(), now)
                await self._save_worker(worker, now)
            return
        self.held, self.worker = held, held.worker
        if held.worker.state is not WorkerState.SILENT:
            return
        draft = Draft.of(held, now)
        draft.move_worker(workers.ReturnedBusy())
        if draft.attempt.phase is Phase.LOST and draft.attempt.started_at is not None:
            draft.move_attempt(attempts.WorkerHeard())
        await self._core.committer.save(draft.unit(replica=self._core.replica))
        self.held = draft.held()
        self.worker = self.held.worker

    async def _save_worker(self, worker: Worker, now: datetime) -> None:
        unit = changed(worker_only(worker, now), replica=self._core.replica)
        await self._core.committer.save(unit)
        self.worker = changed(worker, version=worker.version + 1)

    # ---- the pump

    async def run(self) -> None:
        """Stores what was reported until the stream ends."""
        while not self.closed.is_set():
            await self._wake.wait()
            self._wake.clear()
            if self.closed.is_set():
                return
            about_worker(self.worker, self.held)
            try:
                await self._store_or_reread()
            except Unavailable as error:
                # Whether it was saved is unknown. The next stream begins from what is stored.
                logger.warning("store does not answer", extra={"error": str(error)})
                self.close(error)
            except Exception as error:
                # A stream that nobody stores from must not look alive.
                logger.exception("session failed", extra={"worker_id": str(self.worker.id)})
                self.close(error)

    async def _store_or_reread(self) -> None:
        try:
            await self._store_pending()
        except StaleVersion:
            await self._reread()

    async def _store_pending(self) -> None:
        held, log = self.held, self._log
        if held is None or log is None:
            return
        report = self._exit
        if report is not None and log.fed_seq < report.last_chunk_seq:
            report = None
        if report is not None and is_unexplained(report, held):
            why = await self._why_stopped(held.worker)
            report = changed(report, message=f"{report.message} ({why})" if why else report.message)
        appended = log.take(end=report, tails=self._tails_due)
        self._wait_for_more(log)
        samples = tuple(self._samples)
        draft = self._draft(held, report, log)
        moved = bool(draft.events) or report is not None
        unit = draft.unit() if moved else Unit()
        unit = changed(unit, samples=samples, logs=(appended,) if appended is not None else ())
        if not (unit.jobs or unit.logs or unit.samples):
            return
        following = self._following(draft.worker) if report is not None else None
        await self._save(joined(unit, following.unit) if following else unit, following)
        del self._samples[: len(samples)]
        if moved and following is None:
            self.held = draft.held()
            self.worker = self.held.worker
        if appended is not None:
            log.stored(appended)
            self.peer.ack_log(held.attempt.id, appended.head.acked_seq)
            end = LogEnd(head=appended.head, last=draft.job.finished) if report else None
            self._on_segments(held.attempt.id, appended.segments, end)
            if log.unstored_bytes <= MAX_UNSTORED_LOG:
                self._room.set()
        if report is not None:
            if not draft.job.finished:
                self._next_jobs.wake()
            await self._finished(held.attempt.id, following)

    def _following(self, worker: Worker) -> Binding | None:
        """The next job of a worker that is about to be free, if one is at hand."""
        ready = worker.state is WorkerState.READY and worker.target is Target.RUN
        return self._next_jobs.next_for(worker) if ready and not self.closed.is_set() else None

    async def _save(self, unit: Unit, following: Binding | None) -> None:
        try:
            await self._core.committer.save(unit)
        except StaleVersion:
            if following is not None:
                self._next_jobs.reject(following.job)
            raise

    def _wait_for_more(self, log: LogIngest) -> None:
        """An unfinished line is stored after a moment, not with each of its chunks."""
        self._tails_due = False
        if log.fed_seq > log.head.acked_seq and self._tail_timer is None:
            self._tail_timer = asyncio.get_running_loop().create_task(self._store_tails())

    async def _store_tails(self) -> None:
        await self._core.clock.sleep(TAIL_DELAY_S)
        self._tail_timer = None
        self._tails_due = True
        self._wake.set()

    def _draft(self, held: Held, report: ExitReport | None, log: LogIngest) -> Draft:
        draft = Draft.of(held, self._core.clock.now())
        if self._started_at is not None:
            draft.started(self._started_at)
        if report is None:
            return draft
        draft.attempt = changed(
            draft.attempt, cpu_ms=report.cpu_ms, memory_peak_bytes=report.memory_peak_bytes
        )
        draft.job = changed(
            draft.job, warn_count=log.head.warn_count, error_count=log.head.error_count
        )
        outcome = outcome_of(report, held)
        draft.end(outcome, decide(held, outcome, self._core.chance, ran=True))
        draft.release_worker()
        return draft

    async def _finished(self, attempt_id: UUID, following: Binding | None) -> None:
        self.peer.ack_exit(attempt_id)
        self.held, self._log, self._started_at, self._exit = None, None, None, None
        if following is not None:
            await self.assign(following.held)
        else:
            self._on_free(self.worker)

    async def _reread(self) -> None:
        """Somebody else changed the attempt: reads it again, and goes on or gives up."""
        held = self.held
        if held is None:
            return
        fresh = await self._core.store.held(held.attempt.id)
        mine = fresh is not None and fresh.worker.id == self.worker.id
        if fresh is None or not mine or fresh.attempt.ended or fresh.worker.ended_at is not None:
            self.close(Conflict("the attempt is not this worker's any more"))
            return
        state = await self._core.store.log_state(held.attempt.id)
        if self._log is not None and state and state.head.acked_seq != self._log.acked_seq:
            self.close(Conflict("another stream of this worker took over"))
            return
        self.held, self.worker = fresh, fresh.worker
        self._wake.set()

    def _concerns(self, attempt_id: UUID) -> bool:
        return self.held is not None and self.held.attempt.id == attempt_id


class Sessions:
    """The sessions of this replica, by worker."""

    def __init__(self) -> None:
        self._by_worker: dict[UUID, Session] = {}

    def add(self, session: Session) -> None:
        """A worker has one stream: an older one is closed."""
        old = self._by_worker.get(session.worker.id)
        if old is not None:
            old.close(Conflict("the worker opened a newer stream"))
        self._by_worker[session.worker.id] = session

    def remove(self, session: Session) -> bool:
        """Forgets a session; False when a newer one of the same worker took its place."""
        if self._by_worker.get(session.worker.id) is not session:
            return False
        del self._by_worker[session.worker.id]
        return True

    def get(self, worker_id: UUID) -> Session | None:
        """The session of a worker that is connected here."""
        return self._by_worker.get(worker_id)

    def by_attempt(self, attempt_id: UUID) -> Session | None:
        """The session that runs an attempt."""
        return next((s for s in self._by_worker.values() if s.attempt_id == attempt_id), None)

    def all(self) -> list[Session]:
        """Every session, in order of connection."""
        return list(self._by_worker.values())

    def idle(self) -> list[Session]:
        """Sessions that wait for an attempt."""
        return [session for session in self._by_worker.values() if session.idle]
