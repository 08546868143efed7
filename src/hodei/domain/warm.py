"""Warm workers: which ones are kept, how many are worth it, and which must go.

A warm worker is enrolled before any job asks for it. What a job brings along (command,
environment, secrets, directory) reaches it over its stream, so that only its *shape* has to
match: image, CPU, memory and network. The match is exact, because the limits of a worker are
those of its job; only a reusable worker sets its limits anew for each attempt, so that its image
alone counts. A job that asks for storage or GPUs never finds a warm worker.

How many are *learned* from the past: the first worker of a shape would have served every stretch
of time in which such a job came, the second every stretch in which two came, and so on. Workers
are added as long as the next one would have served jobs and the budget lasts, each time the one
that would have served most for its share of the budget.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from uuid import UUID

from hodei.domain.provider import ProviderRecord, WarmLearning, WarmPool
from hodei.domain.serial import canonical_json
from hodei.domain.spec import Network
from hodei.domain.worker import Target, Worker, WorkerState

STRETCH_S = 10
"""Jobs that come within one stretch need a worker each: that long it may take to replace one."""
LEARNED_FROM_S = 86_400
NEWEST_JOBS = 10_000
"""No more of them are looked at."""
LEAST_SERVED = 2
"""Jobs that a learned worker must have served: what came once is no habit."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 3.0, 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What of a worker has to match a job."""

    image: str | None = None
    cpu: float = 1.0
    memory_mb: int = 512
    network: Network = Network.DEFAULT

    def __str__(self) -> str:
        cut_off = ", no network" if self.network is Network.NONE else ""
        return f"{self.image or 'no image'} ({self.cpu:g} CPU, {self.memory_mb} MB{cut_off})"

    @property
    def order(self) -> tuple[str, float, int, str]:
        """For lists that come out the same every time."""
        return self.image or "", self.cpu, self.memory_mb, self.network.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Jobs of one shape in the past."""

    shape: Shape
    stretches: Mapping[int, int]
    """Jobs that came within one stretch, and how many stretches had so many."""

    @property
    def jobs(self) -> int:
        """All of them."""
        return sum(jobs * stretches for jobs, stretches in self.stretches.items())

    def served(self, rank: int) -> int:
        """Jobs for which the `rank`-th worker would have been there, counted from 1."""
        return sum(n for jobs, n in self.stretches.items() if jobs >= rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Workers of one shape that a provider is to keep."""

    shape: Shape
    size: int
    fixed: int = 0
    """How many of them the configuration asks for."""
    reason: str = ""
    """Why so many, in one sentence."""


def full_name(image: str | None) -> str | None:
    """An image's name with the tag that it means when it names none."""
    if image is None or "@" in image or ":" in image.rpartition("/")[2]:
        return image
    return f"{image}:latest"


def shape_of(thing: Worker | WarmPool) -> Shape:
    """The shape of a worker, or of the workers of a configured pool."""
    return Shape(
        image=full_name(thing.image),
        cpu=float(thing.cpu),
        memory_mb=thing.memory_mb,
        network=thing.network,
    )


def pools_of(record: ProviderRecord, demands: Sequence[Demand] = ()) -> list[Pool]:
    """Every pool of a provider: as configured, raised to what was learned if that is asked for."""
    fixed: dict[Shape, int] = {}
    for pool in record.warm:
        shape = shape_of(pool)
        fixed[shape] = fixed.get(shape, 0) + pool.size
    pools = {
        shape: Pool(shape=shape, size=size, fixed=size, reason=f"{size} configured")
        for shape, size in fixed.items()
    }
    if record.warm_learned is not None:
        pools |= {pool.shape: pool for pool in learn(demands, record.warm_learned, fixed)}
    return sorted(pools.values(), key=lambda pool: pool.shape.order)


def learn(
    demands: Sequence[Demand], learning: WarmLearning, fixed: Mapping[Shape, int] | None = None
) -> list[Pool]:
    """Sizes from past demand. Workers that are configured anyway cost nothing of the budget."""
    ledger = _Ledger(learning, fixed or {})
    demands = _merged(demands)
    waiting = {demand.shape: demand for demand in demands}
    while waiting:
        best = min(waiting.values(), key=ledger.preference)
        if ledger.next_serves(best) < LEAST_SERVED or not ledger.add(best.shape):
            del waiting[best.shape]
    return [
        Pool(
            shape=demand.shape,
            size=ledger.size(demand.shape),
            fixed=ledger.fixed.get(demand.shape, 0),
            reason=ledger.explain(demand),
        )
        for demand in sorted(demands, key=lambda demand: demand.shape.order)
        if ledger.size(demand.shape)
    ]


def _merged(demands: Sequence[Demand]) -> list[Demand]:
    """One per shape, whatever way the image's name was written."""
    found: dict[Shape, Counter[int]] = {}
    for demand in demands:
        shape = replace(demand.shape, image=full_name(demand.shape.image))
        found.setdefault(shape, Counter()).update(demand.stretches)
    return [Demand(shape=shape, stretches=stretches) for shape, stretches in found.items()]


@dataclass(slots=True)
class _Ledger:
    """What has been added so far, and what is left of the budget."""

    learning: WarmLearning
    fixed: Mapping[Shape, int]
    added: dict[Shape, int] = field(default_factory=dict)
    stopped: dict[Shape, str] = field(default_factory=dict)
    """What kept the next worker of a shape out."""
    cpu: float = 0.0
    memory_mb: int = 0

    def size(self, shape: Shape) -> int:
        return self.fixed.get(shape, 0) + self.added.get(shape, 0)

    def next_serves(self, demand: Demand) -> int:
        return demand.served(self.size(demand.shape) + 1)

    def preference(self, demand: Demand) -> tuple[float, tuple[str, float, int, str]]:
        """Least is best: what the next worker would have served, by its share of the budget."""
        shape = demand.shape
        share = max(
            shape.cpu / self.learning.budget_cpu, shape.memory_mb / self.learning.budget_memory_mb
        )
        return -self.next_serves(demand) / share, shape.order

    def add(self, shape: Shape) -> bool:
        """Adds a worker of the shape if there is room for it."""
        learning = self.learning
        if sum(self.added.values()) >= learning.max_workers:
            self.stopped[shape] = f"the limit is {learning.max_workers} learned workers"
        elif self.cpu + shape.cpu > learning.budget_cpu + 1e-9:
            self.stopped[shape] = f"the budget is {learning.budget_cpu:g} CPU"
        elif self.memory_mb + shape.memory_mb > learning.budget_memory_mb:
            self.stopped[shape] = f"the budget is {learning.budget_memory_mb} MB"
        else:
            self.added[shape] = self.added.get(shape, 0) + 1
            self.cpu += shape.cpu
            self.memory_mb += shape.memory_mb
            return True
        return False

    def explain(self, demand: Demand) -> str:
        """Why so many, and why not one more."""
        size, fixed = self.size(demand.shape), self.fixed.get(demand.shape, 0)
        served = sum(demand.served(rank) for rank in range(1, size + 1))
        text = f"{size} would have been there for {served} of the last day's {demand.jobs} jobs"
        if fixed:
            text = f"{fixed} configured; {text}"
        more = self.next_serves(demand)
        if demand.shape in self.stopped:
            return f"{text}; one more for {more} others, but {self.stopped[demand.shape]}"
        return f"{text}; one more only for {more}" if more else text


# ---- what must go


def revision(settings: Mapping[str, object], agent: str) -> str:
    """Tells workers apart that were made with other settings, or with another agent."""
    digest = sha256(canonical_json(dict(settings)).encode()).hexdigest()[:12]
    return f"{digest}.{agent}"


def outdated(worker: Worker, *, revision: str, image_digest: str) -> str:
    """Why a worker that waits is not what would be made now; empty when it is, or not known."""
    before, now = worker.revision.partition("."), revision.partition(".")
    for part, what in ((0, "the settings of its provider"), (2, "the agent")):
        if before[part] and now[part] and before[part] != now[part]:
            return f"{what} changed since it was made"
    if worker.image_digest and image_digest and worker.image_digest != image_digest:
        return f"the image behind {worker.image} changed since it was made"
    return ""


def waits(worker: Worker) -> bool:
    """Whether a worker is there, or being made, for whatever job comes."""
    return worker.target is Target.RUN and worker.unused


def surplus(workers: Sequence[Worker], size: int) -> list[UUID]:
    """Which of the waiting workers of one pool are too many: the newest that are enrolled.

    The same for every server that asks, so that two of them do not send away two for one.
    """
    alike = [worker for worker in workers if waits(worker)]
    ready = [worker for worker in alike if worker.state is WorkerState.READY]
    ready.sort(key=lambda worker: (worker.created_at, worker.id))
    return [worker.id for worker in ready[len(ready) - min(len(ready), len(alike) - size) :]]


def pause_s(failures: int) -> float:
    """How long a pool rests after so many workers in a row that never enrolled."""
    return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 30)))
