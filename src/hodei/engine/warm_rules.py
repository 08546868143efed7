"""What a configuration may say about warm pools, on the provider that it is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hodei.domain.errors import Violation, shorten
from hodei.domain.parsing import limits
from hodei.domain.parsing.limits import Number, Whole
from hodei.domain.provider import Capabilities, WarmLearning, WarmPool
from hodei.domain.spec import Network

MAX_WARM = 256
SIZE = Whole(least=0, most=MAX_WARM)
BUDGET_CPU = Number(least=0.1, most=1024)
BUDGET_MEMORY_MB = Whole(least=16, most=67_108_864)
LEARNED_WORKERS = Whole(least=1, most=MAX_WARM)


def warm_faults(
    warm: Sequence[WarmPool], learning: WarmLearning | None, able: Capabilities
) -> list[Violation]:
    """Everything that is wrong; empty when nothing is."""
    found = [fault for index, pool in enumerate(warm) for fault in _pool(index, pool, able)]
    total = sum(pool.size for pool in warm)
    if total > MAX_WARM:
        found.append(_fault("warm", f"must not ask for more than {MAX_WARM} workers", total))
    return [*found, *(_learning(learning, able) if learning else ())]


def _pool(index: int, pool: WarmPool, able: Capabilities) -> Iterator[Violation]:
    path = f"warm[{index}]"
    if not SIZE.least <= pool.size <= SIZE.most:
        yield _fault(f"{path}.size", f"must be {SIZE.expected}", pool.size)
    yield from _image(f"{path}.image", pool.image, able)
    yield from _size(path, pool, able)
    if pool.network is Network.NONE and not able.networks_none:
        yield _fault(f"{path}.network", "this provider cannot cut a worker off from the network")


def _image(path: str, image: str | None, able: Capabilities) -> Iterator[Violation]:
    rule = limits.IMAGE
    if image is None:
        if able.images:
            yield _fault(path, "is required: this provider runs every worker in an image")
    elif not able.images:
        yield _fault(path, "must be left out: this provider runs no images", image)
    elif len(image) > rule.most or not rule.pattern.fullmatch(image):
        yield _fault(path, f"must be {rule.expected}", image)


def _size(path: str, pool: WarmPool, able: Capabilities) -> Iterator[Violation]:
    if not limits.CPU.least <= pool.cpu <= limits.CPU.most:
        yield _fault(f"{path}.cpu", f"must be {limits.CPU.expected}", pool.cpu)
    elif pool.cpu > able.max_cpu:
        yield _fault(f"{path}.cpu", f"this provider gives a job at most {able.max_cpu:g}", pool.cpu)
    rule = limits.MEMORY_MB
    if not rule.least <= pool.memory_mb <= rule.most:
        yield _fault(f"{path}.memory_mb", f"must be {rule.expected}", pool.memory_mb)
    elif pool.memory_mb > able.max_memory_mb:
        most = f"this provider gives a job at most {able.max_memory_mb}"
        yield _fault(f"{path}.memory_mb", most, pool.memory_mb)


def _learning(learning: WarmLearning, able: Capabilities) -> Iterator[Violation]:
    if able.reusable_workers:
        yield _fault("warm_learned", "is for workers that are used once; these are kept anyway")
    for name, value, rule in (
        ("budget_cpu", learning.budget_cpu, BUDGET_CPU),
        ("budget_memory_mb", learning.budget_memory_mb, BUDGET_MEMORY_MB),
        ("max_workers", learning.max_workers, LEARNED_WORKERS),
    ):
        if not rule.least <= value <= rule.most:
            yield _fault(f"warm_learned.{name}", f"must be {rule.expected}", value)


def _fault(field: str, message: str, value: object = "") -> Violation:
    return Violation(field=field, message=message, value=shorten(value) if value != "" else "")
