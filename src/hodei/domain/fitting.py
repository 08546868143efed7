"""The hard filters of placement: what keeps one provider from running one job, and the words.

A *misfit* is lasting: only another configuration, or another spec, would help. A *hindrance*
passes by itself with load or health. Each filter gives one exact sentence for its provider, and
each kind of misfit has one for all providers together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hodei.domain.provider import Capabilities, Health, ProviderRecord
from hodei.domain.spec import JobSpec, Network
from hodei.domain.warm import full_name


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleWorker:
    """An enrolled worker that holds nothing."""

    worker_id: UUID
    image: str | None
    cpu: float
    memory_mb: int
    network: Network = Network.DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A configured provider as placement sees it at one moment."""

    record: ProviderRecord
    capabilities: Capabilities
    health: Health
    live_workers: int
    """Workers that are not gone, idle ones included."""
    idle: tuple[IdleWorker, ...] = ()
    free_cpu: float | None = None
    """CPUs that a new worker can still get; None: not known, not a limit."""
    free_memory_mb: int | None = None

    @property
    def max_workers(self) -> int:
        """The configured limit, or else the provider's own."""
        configured = self.record.max_workers
        return self.capabilities.max_workers if configured is None else configured

    @property
    def name(self) -> str:
        """The provider's name in quotes, as sentences show it."""
        return f"'{self.record.name}'"

    def answers_to(self, key: str) -> bool:
        """Whether `key` is the provider's name or id."""
        return key == self.record.name or key.lower() == str(self.record.id)


class Kind(StrEnum):
    """What keeps a provider from running a job."""

    PREFERENCE = "preference"
    REGION = "region"
    LABELS = "labels"
    NO_IMAGES = "no_images"
    NEEDS_IMAGE = "needs_image"
    ARCHITECTURE = "architecture"
    GPUS = "gpus"
    NETWORK = "network"
    STORAGE = "storage"
    CPU = "cpu"
    MEMORY = "memory"
    NO_WORKERS = "no_workers"
    DISABLED = "disabled"
    UNHEALTHY = "unhealthy"
    FULL = "full"
    ROOM = "room"

    @property
    def lasting(self) -> bool:
        """Whether neither load nor health would change it."""
        return self not in _PASSING

    @property
    def busy(self) -> bool:
        """Whether it passes as soon as enough of the running jobs have ended."""
        return self in (Kind.FULL, Kind.ROOM)

    @property
    def field(self) -> str:
        """The field of the spec that would have to change; empty when none would help."""
        return _FIELDS.get(self, "")


_PASSING = frozenset({Kind.UNHEALTHY, Kind.FULL, Kind.ROOM})
_FIELDS: Mapping[Kind, str] = {
    Kind.PREFERENCE: "preferences.provider",
    Kind.REGION: "preferences.region",
    Kind.LABELS: "preferences.labels",
    Kind.NO_IMAGES: "image",
    Kind.NEEDS_IMAGE: "image",
    Kind.ARCHITECTURE: "resources.architecture",
    Kind.GPUS: "resources.gpus",
    Kind.NETWORK: "network",
    Kind.STORAGE: "resources.storage_mb",
    Kind.CPU: "resources.cpu",
    Kind.MEMORY: "resources.memory_mb",
}

Found = tuple[Kind, str]
"""What is in the way, and the sentence about this one provider."""

IMAGE_ADVICE = (
    "start the server with HODEI_DOCKER_ENABLED=1, create a provider of type docker, "
    "or leave the image empty"
)


def misfit(spec: JobSpec, candidate: Candidate) -> Found | None:
    """The first lasting reason why this provider can never run the job, if there is one.

    Whether the provider is enabled is left out: enabling one is not a matter of fit.
    """
    return next(_misfits(spec, candidate), None)


def hindrance(spec: JobSpec, candidate: Candidate) -> Found | None:
    """The first passing reason why this provider cannot make a worker for the job now."""
    return next(_hindrances(spec, candidate), None)


def warm_worker(spec: JobSpec, candidate: Candidate) -> IdleWorker | None:
    """An idle worker that can take the job as it is, the first of those given.

    A reusable worker sets the limits anew for each attempt; any other got its limits when it
    was made, so they must be the very ones that the job asks for.
    """
    return next((w for w in candidate.idle if _suits(spec, candidate, w)), None)


def _suits(spec: JobSpec, candidate: Candidate, worker: IdleWorker) -> bool:
    if worker.image != spec.image and full_name(worker.image) != full_name(spec.image):
        return False
    if spec.project in candidate.capabilities.projects_apart:
        return False
    if candidate.capabilities.reusable_workers:
        return True
    wanted = spec.resources
    plain = not wanted.storage_mb and not wanted.gpus
    mixed = wanted.architecture is not None and len(candidate.capabilities.architectures) > 1
    size = worker.cpu == wanted.cpu and worker.memory_mb == wanted.memory_mb
    return plain and size and worker.network is spec.network and not mixed


def _misfits(spec: JobSpec, candidate: Candidate) -> Iterator[Found]:
    yield from _wrong_place(spec, candidate)
    yield from _wrong_kind(spec, candidate)
    yield from _too_small(spec, candidate)


def _wrong_place(spec: JobSpec, candidate: Candidate) -> Iterator[Found]:
    who, wish = candidate.name, spec.preferences
    record = candidate.record
    if wish.provider is not None and not candidate.answers_to(wish.provider):
        yield Kind.PREFERENCE, f"the job asks for provider '{wish.provider}', not {who}"
    regions = candidate.capabilities.regions
    if wish.region is not None and wish.region != record.region and wish.region not in regions:
        yield Kind.REGION, f"provider {who} does not serve region '{wish.region}'"
    missing = {k: v for k, v in wish.labels.items() if record.labels.get(k) != v}
    if missing:
        yield Kind.LABELS, f"provider {who} does not carry {labels_text(missing)}"


def _wrong_kind(spec: JobSpec, candidate: Candidate) -> Iterator[Found]:
    who, can, wanted = candidate.name, candidate.capabilities, spec.resources
    if spec.image is not None and not can.images:
        yield Kind.NO_IMAGES, f"provider {who} runs no images; {IMAGE_ADVICE}"
    if spec.image is None and can.images:
        yield Kind.NEEDS_IMAGE, f"provider {who} needs an image; name one, such as alpine:latest"
    if wanted.architecture is not None and wanted.architecture not in can.architectures:
        offered = ", ".join(sorted(can.architectures)) or "none"
        yield (
            Kind.ARCHITECTURE,
            f"provider {who} does not offer {wanted.architecture}, only {offered}",
        )
    if spec.network is Network.NONE and not can.networks_none:
        yield Kind.NETWORK, f"provider {who} cannot cut a job off from the network"
    if wanted.storage_mb and not can.storage_limit:
        yield Kind.STORAGE, f"provider {who} cannot limit storage; leave storage_mb at 0"


def _too_small(spec: JobSpec, candidate: Candidate) -> Iterator[Found]:
    who, can, wanted = candidate.name, candidate.capabilities, spec.resources
    if wanted.gpus > can.gpus:
        has = f"has {counted(can.gpus, 'GPU')}" if can.gpus else "has no GPU"
        yield Kind.GPUS, f"provider {who} {has} and the job asks for {wanted.gpus}"
    if wanted.cpu > can.max_cpu:
        most = counted(can.max_cpu, "CPU")
        yield (
            Kind.CPU,
            f"provider {who} gives a job at most {most} and this one asks for {wanted.cpu:g}",
        )
    if wanted.memory_mb > can.max_memory_mb:
        yield (
            Kind.MEMORY,
            f"provider {who} gives a job at most {can.max_memory_mb} MB of memory "
            f"and this one asks for {wanted.memory_mb}",
        )
    if candidate.max_workers < 1:
        yield Kind.NO_WORKERS, f"provider {who} allows no worker: its max_workers is 0"


def _hindrances(spec: JobSpec, candidate: Candidate) -> Iterator[Found]:
    who, wanted = candidate.name, spec.resources
    if not candidate.health.ok:
        why = candidate.health.reason.rstrip(". ") or "its check failed"
        yield Kind.UNHEALTHY, f"provider {who} is not healthy: {why}"
    if candidate.live_workers >= candidate.max_workers:
        yield Kind.FULL, full_text(candidate)
    if candidate.free_cpu is not None and wanted.cpu > candidate.free_cpu:
        free = counted(candidate.free_cpu, "CPU")
        yield Kind.ROOM, f"provider {who} has {free} free and the job asks for {wanted.cpu:g}"
    if candidate.free_memory_mb is not None and wanted.memory_mb > candidate.free_memory_mb:
        yield (
            Kind.ROOM,
            f"provider {who} has {candidate.free_memory_mb} MB of memory free "
            f"and the job asks for {wanted.memory_mb}",
        )


def full_text(candidate: Candidate) -> str:
    """What a provider without room for another worker is waiting for."""
    most, idle = candidate.max_workers, len(candidate.idle)
    if idle:
        return (
            f"provider {candidate.name} is at its limit of {counted(most, 'worker')}, "
            f"and none of the {idle} idle fits this job"
        )
    if most == 1:
        return f"the only worker of provider {candidate.name} is busy"
    return f"all {most} workers of provider {candidate.name} are busy"


def none_text(kind: Kind, spec: JobSpec, who: str) -> str:
    """The sentence when every provider has the same misfit; `who` is "no enabled provider"."""
    return _NONE[kind](spec, who)


_NONE: Mapping[Kind, Callable[[JobSpec, str], str]] = {
    Kind.PREFERENCE: lambda spec, _: f"no provider is called '{spec.preferences.provider}'",
    Kind.REGION: lambda spec, who: f"{who} serves region '{spec.preferences.region}'",
    Kind.LABELS: lambda spec, who: f"{who} carries {labels_text(spec.preferences.labels)}",
    Kind.NO_IMAGES: lambda _, who: f"{who} runs images; {IMAGE_ADVICE}",
    Kind.NEEDS_IMAGE: lambda _, who: f"{who} runs jobs without an image; name one",
    Kind.ARCHITECTURE: lambda spec, who: f"{who} offers {spec.resources.architecture}",
    Kind.NETWORK: lambda _, who: f"{who} can cut a job off from the network",
    Kind.STORAGE: lambda _, who: f"{who} can limit storage; leave storage_mb at 0",
    Kind.GPUS: lambda spec, who: f"{who} has {counted(spec.resources.gpus, 'GPU')}",
    Kind.CPU: lambda spec, who: f"{who} gives a job {counted(spec.resources.cpu, 'CPU')}",
    Kind.MEMORY: lambda spec, who: f"{who} gives a job {spec.resources.memory_mb} MB of memory",
    Kind.NO_WORKERS: lambda _, who: f"{who} allows any worker: max_workers is 0",
}


def labels_text(labels: Mapping[str, str]) -> str:
    """ "the label a=b", "the labels a=b, c=d"."""
    pairs = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return f"the label{'s' if len(labels) > 1 else ''} {pairs}"


def counted(amount: float, noun: str) -> str:
    """ "1 CPU", "0.5 CPUs", "3 GPUs"."""
    return f"{amount:g} {noun}{'' if amount == 1 else 's'}"
