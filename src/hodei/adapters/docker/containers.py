"""The containers of workers: names, the body of a create call, and what a list of them means."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from hodei.adapters.docker.images import Image
from hodei.adapters.docker.settings import DockerSettings
from hodei.domain.parsing.answers import Answer, inner, objects, text, whole
from hodei.domain.provider import Observation, ObservedState
from hodei.domain.spec import Network
from hodei.ports.provider import ProvisionRequest

AGENT = "/.hodei/bin/hodei-agent"
AGENT_FOLDER = "/.hodei"
SOCKET_FOLDER = "/.hodei-run"
WORKER_FOLDER = "/.hodei-worker"
OTP = f"{WORKER_FOLDER}/otp"

AGENT_PREFIX = "HODEI_AGENT_"

INSTALLATION_LABEL = "hodei.installation"
PROVIDER_LABEL = "hodei.provider"
WORKER_LABEL = "hodei.worker"
IMAGE_LABEL = "hodei.image"

_KILLED = 137
_AGENT_EXITS: Mapping[int, str] = {
    1: "it was cut off from the server",
    2: "its settings are wrong",
    3: "its one-time password was refused",
    4: "no server answered it",
    126: "its program cannot be executed",
    127: "its program was not found",
}

Mount = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose containers they are."""

    installation: str
    provider: str

    def labels(self, worker_id: UUID) -> dict[str, str]:
        """What finds a worker of this owner again."""
        return {
            INSTALLATION_LABEL: self.installation,
            PROVIDER_LABEL: self.provider,
            WORKER_LABEL: str(worker_id),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How the agent and its password come into one container."""

    mounts: tuple[Mount, ...]
    servers: str
    """Targets as the agent sees them, comma-separated."""


def container_name(worker_id: UUID) -> str:
    """Derived from the worker, so that a repeat finds its own work."""
    return f"hodei-{worker_id}"


def container_body(
    request: ProvisionRequest,
    image: Image,
    delivered: Delivered,
    settings: DockerSettings,
    owner: Owner,
) -> dict[str, object]:
    """The body of a create call. USER, WORKDIR and ENV stay the image's own."""
    labels = {
        **settings.labels,
        **request.spec.labels,
        **owner.labels(request.worker_id),
        IMAGE_LABEL: request.spec.image or "",
    }
    return {
        # The very image that was looked at, even if its name has moved on since.
        "Image": image.id,
        "Entrypoint": [AGENT],
        "Cmd": [],
        "Env": environment(request, image, delivered.servers),
        "Labels": labels,
        # The engine's polite signal is for the agent, which gives the image's own to the job.
        "StopSignal": "SIGTERM",
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": host_config(request, delivered, settings),
    }


def host_config(
    request: ProvisionRequest, delivered: Delivered, settings: DockerSettings
) -> dict[str, object]:
    """Limits and confinement."""
    wanted = request.spec.resources
    memory = wanted.memory_mb << 20
    cut_off = request.spec.network is Network.NONE
    config: dict[str, object] = {
        "NanoCpus": round(wanted.cpu * 1_000_000_000),
        "Memory": memory,
        # Memory and swap together: no swap.
        "MemorySwap": memory,
        "PidsLimit": settings.pids_limit,
        "CapDrop": ["ALL"],
        "CapAdd": list(settings.capabilities),
        "SecurityOpt": ["no-new-privileges"],
        "Privileged": False,
        "ReadonlyRootfs": settings.read_only_root,
        "NetworkMode": "none" if cut_off else settings.network,
        "Mounts": [dict(mount) for mount in delivered.mounts],
        # The agent streams the output; a second copy on the engine's disk serves nobody.
        "LogConfig": {"Type": "none"},
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,
        "Init": False,
    }
    if wanted.storage_mb:
        config["StorageOpt"] = {"size": f"{wanted.storage_mb}m"}
    if wanted.gpus:
        config["DeviceRequests"] = [
            {"Driver": "nvidia", "Count": wanted.gpus, "Capabilities": [["gpu"]]}
        ]
    return config


def environment(request: ProvisionRequest, image: Image, servers: str) -> list[str]:
    """What is added to the image's own variables. Holds no secret: everybody may look."""
    added = {
        "HODEI_AGENT_SERVER": servers,
        "HODEI_AGENT_WORKER_ID": str(request.worker_id),
        "HODEI_AGENT_OTP_FILE": OTP,
        "HODEI_AGENT_REUSABLE": "0",
        "HODEI_AGENT_WORKDIR": "inherit",
        "HODEI_AGENT_LIMITS": "none",
        "HODEI_AGENT_IMAGE_ENTRYPOINT": json.dumps(image.entrypoint),
    }
    if image.stop_signal:
        added["HODEI_AGENT_STOP_SIGNAL"] = image.stop_signal
    if request.enrolment.ca_pem:
        added["HODEI_AGENT_CA"] = request.enrolment.ca_pem
    # An image has no say in the agent's settings; a bare name takes a variable away.
    foreign = [name for name in image.env if name.startswith(AGENT_PREFIX) and name not in added]
    return [*foreign, *(f"{name}={value}" for name, value in added.items())]


def own_filter(owner: Owner, *, any_provider: bool = False) -> dict[str, str]:
    """Parameters of a list call that finds the containers of an owner, running or not."""
    labels = [f"{INSTALLATION_LABEL}={owner.installation}"]
    if not any_provider:
        labels.append(f"{PROVIDER_LABEL}={owner.provider}")
    return {"all": "true", "filters": json.dumps({"label": labels})}


def by_worker(answer: object) -> dict[UUID, Answer]:
    """The rows of a list call by the worker they carry."""
    found = {}
    for row in objects(answer):
        worker_id = as_worker_id(text(inner(row, "Labels"), WORKER_LABEL))
        if worker_id is not None:
            found[worker_id] = row
    return found


def as_worker_id(name: str) -> UUID | None:
    """The id that `name` spells in its one canonical form."""
    try:
        found = UUID(name)
    except ValueError:
        return None
    return found if str(found) == name else None


def ended(row: Answer) -> bool:
    """Whether a row of a list is of a container whose end has to be looked at."""
    return text(row, "State") in ("exited", "dead")


def observation(row: Answer) -> Observation:
    """What a row of a list, or the state within an inspection, means."""
    state = text(row, "State") or text(row, "Status")
    if state == "created":
        return Observation(state=ObservedState.STARTING, reason="the container is not started yet")
    if state in ("running", "restarting", "paused"):
        return Observation(state=ObservedState.RUNNING)
    return Observation(state=ObservedState.EXITED, reason=f"the container is {state or 'ended'}")


def ending(inspected: Answer) -> Observation:
    """How a container ended, from its inspection."""
    state = inner(inspected, "State")
    code = whole(state, "ExitCode")
    limit = (whole(inner(inspected, "HostConfig"), "Memory") or 0) >> 20
    fault = text(state, "Error")
    if text(state, "Status") not in ("exited", "dead"):
        return observation(state)
    starved = state.get("OOMKilled") is True and code == _KILLED
    if starved:
        reason = f"out of memory: the container used up its {limit} MiB"
    elif fault:
        reason = f"the container failed: {fault}"
    elif code == _KILLED:
        reason = "the container was killed from outside, with memory to spare"
    else:
        why = _AGENT_EXITS.get(code or 0)
        reason = f"the agent ended with exit code {code}" + (f": {why}" if why else "")
    return Observation(
        state=ObservedState.EXITED, exit_code=code, reason=reason, out_of_memory=starved
    )


def is_killed(seen: Observation) -> bool:
    """Whether it ended by SIGKILL, for a reason that the engine does not tell."""
    return seen.exit_code == _KILLED and not seen.out_of_memory


def is_owned(inspected: Answer, owner: Owner, worker_id: UUID) -> bool:
    """Whether an inspected container is the worker's own."""
    labels = inner(inner(inspected, "Config"), "Labels")
    wanted = owner.labels(worker_id)
    names: Sequence[str] = (INSTALLATION_LABEL, WORKER_LABEL)
    return all(text(labels, name) == wanted[name] for name in names)
