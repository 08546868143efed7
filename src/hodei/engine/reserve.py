"""Jobs claimed ahead, for workers that are about to be free.

A worker that ends its attempt while jobs wait gets the next one by the transaction that stores
the end. That needs a job at hand: as many are claimed ahead as workers were freed in the last
moment, and what nobody took within another moment is given back. A job claimed ahead is as
PENDING as any other: it can be cancelled, and then the binding is stale.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from hodei.domain.job import Job
from hodei.ports.clock import Clock

LATELY_S = 0.25
"""Workers that were freed within this time are expected to be free again within it."""
KEEP_S = 0.5
"""What was not taken for so long is given back."""
MOST_AHEAD = 32


class Reserve:
    """What this replica has claimed and not yet bound."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: deque[Job] = deque()
        self._filled_at = 0.0
        self._freed: deque[float] = deque(maxlen=MOST_AHEAD)
        self._unfit: list[Job] = []

    def __bool__(self) -> bool:
        return bool(self._jobs or self._unfit)

    def freed(self) -> None:
        """A worker has ended its attempt."""
        self._freed.append(self._clock.monotonic())

    @property
    def wanted(self) -> int:
        """How many jobs to claim now; none while what is there will last."""
        mono = self._clock.monotonic()
        while self._freed and mono - self._freed[0] > LATELY_S:
            self._freed.popleft()
        enough = len(self._freed)
        return enough - len(self._jobs) if 2 * len(self._jobs) < enough else 0

    def put(self, jobs: Sequence[Job]) -> None:
        """Keeps jobs that were just claimed."""
        self._jobs.extend(jobs)
        self._filled_at = self._clock.monotonic()

    def take(self) -> Job | None:
        """The next job, best rank first."""
        return self._jobs.popleft() if self._jobs else None

    def reject(self, job: Job) -> None:
        """A job that was taken and cannot be bound: it is given back by the next pass."""
        self._unfit.append(job)

    def overdue(self, *, everything: bool = False) -> list[Job]:
        """What is to be given back; it is not kept any more."""
        found, self._unfit = self._unfit, []
        if everything or self._clock.monotonic() - self._filled_at >= KEEP_S:
            found += self._jobs
            self._jobs.clear()
        return found
