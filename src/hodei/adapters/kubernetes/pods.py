"""What the state of a pod means: its phase on the way up, how it is, and how it ended."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from hodei.adapters.kubernetes.manifests import INSTALL, JOB, WORKER_LABEL
from hodei.domain.errors import (
    CapacityExhausted,
    ImageUnavailable,
    ProviderError,
    ProviderUnavailable,
    SpecRejected,
    shorten,
)
from hodei.domain.parsing.answers import Answer, inner, objects, text, whole
from hodei.domain.provider import Observation, ObservedState

MOST_WORDS = 500
_KILLED = 137
_AGENT_EXITS = {
    1: "it was cut off from the server",
    2: "its settings are wrong",
    3: "its one-time password was refused",
    4: "no server answered it",
}
_NO_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
             "RegistryUnavailable", "ImageInspectError", "SignatureValidationFailed")  # fmt: skip
_NOT_MADE = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
_NOT_STARTED = ("ContainerCannotRun", "StartError")
# What passes by itself when a registry is asked again later.
_PASSING = re.compile(
    r"connection refused|connection reset|i/o timeout|tls handshake timeout|unexpected eof|"
    r"deadline exceeded|toomanyrequests|too many requests|server misbehaving|no route to host|"
    r"network is unreachable|status(?: code)?:? 5\d\d|temporary failure",
    re.IGNORECASE,
)
# Before 1.32 a node did not repeat why it has to pull again.
_BACK_OFF = re.compile(r'Back-off pulling image "[^"]*"\s*')


def uid(pod: Answer) -> str:
    """What tells a pod from an earlier one of the same name."""
    return text(inner(pod, "metadata"), "uid")


def node(pod: Answer) -> str:
    """Where it is; empty while it is nowhere."""
    return text(inner(pod, "spec"), "nodeName")


def worker_of(item: Answer) -> UUID | None:
    """The worker that a pod carries, in its one canonical form."""
    name = text(inner(inner(item, "metadata"), "labels"), WORKER_LABEL)
    try:
        found = UUID(name)
    except ValueError:
        return None
    return found if str(found) == name else None


def leaving_since(pod: Answer) -> datetime | None:
    """When its grace is over; None: nobody asked for its end."""
    return _time(text(inner(pod, "metadata"), "deletionTimestamp"))


def is_over(pod: Answer) -> bool:
    """Whether its node has said that no process of it is left."""
    status = inner(pod, "status")
    if not node(pod):
        return False
    rows = [
        *objects(status.get("containerStatuses")),
        *objects(status.get("initContainerStatuses")),
    ]
    started = [row for row in rows if not inner(row, "state").get("waiting")]
    if text(status, "phase") in ("Succeeded", "Failed") and not _runs(rows):
        return True
    main = _state(pod, "containerStatuses", JOB)
    return bool(started) and not _runs(rows) and bool(main.get("terminated"))


def has_started(pod: Answer) -> bool:
    """Whether the job's container runs, or did."""
    state = _state(pod, "containerStatuses", JOB)
    return bool(state.get("running") or state.get("terminated")) and not _cannot_run(state)


def is_pulling(pod: Answer) -> bool:
    """Whether the node has the agent and fetches what it does not have of the job's image."""
    brought = inner(_state(pod, "initContainerStatuses", INSTALL), "terminated")
    waiting = _state(pod, "containerStatuses", JOB).get("waiting")
    return bool(brought) and whole(brought, "exitCode") == 0 and bool(waiting)


def digest(pod: Answer) -> str:
    """Of the job's image, as its node calls it; empty while that is not known."""
    name = text(_row(pod, "containerStatuses", JOB), "imageID")
    _, _, found = name.rpartition("sha256:")
    return f"sha256:{found}" if found and name else ""


def unschedulable(pod: Answer) -> str:
    """The scheduler's own words why no node takes it; empty when one does."""
    found = _condition(pod, "PodScheduled")
    if text(found, "status") != "False" or text(found, "reason") == "SchedulingGated":
        return ""
    return _short(text(found, "message") or text(found, "reason"))


def gated(pod: Answer) -> str:
    """Whose word the scheduler waits for before it looks at the pod; empty when it does not."""
    found = _condition(pod, "PodScheduled")
    if text(found, "reason") != "SchedulingGated":
        return ""
    gates = objects(inner(pod, "spec").get("schedulingGates"))
    names = ", ".join(text(each, "name") for each in gates)
    return f"the pod is gated by {names}" if names else _short(text(found, "message"))


def unpulled(pod: Answer) -> tuple[str, str]:
    """The container whose image a registry may still give, and why it did not; empty: none."""
    for field, name in (("initContainerStatuses", INSTALL), ("containerStatuses", JOB)):
        waiting = inner(_state(pod, field, name), "waiting")
        words = text(waiting, "message") or text(waiting, "reason")
        if text(waiting, "reason") in _NO_IMAGE and _passes(words):
            return name, _short(words)
    return "", ""


def says_nothing(words: str) -> bool:
    """Whether a node only says that it will pull again, and not why it has to."""
    return _BACK_OFF.fullmatch(words) is not None


def not_pulled(name: str, image: str, words: str) -> str:
    """What is said of the image of a container when it does not come."""
    sentence = f"image {image} cannot be pulled: {_short(words)}"
    if name == INSTALL:
        return f"the agent's {sentence}; make it with hodei agent image, and name it as agent_image"
    return f"the {sentence}"


def trouble(pod: Answer, image: str, agent_image: str) -> ProviderError | None:
    """Why it will not come up; None while it may."""
    status = inner(pod, "status")
    if text(status, "phase") == "Failed" and not has_started(pod):
        reason, words = text(status, "reason"), text(status, "message")
        if not reason:
            return _not_installed(pod, agent_image) or ProviderUnavailable("the pod failed")
        return CapacityExhausted(f"the cluster ended the pod ({reason}): {_short(words)}")
    return (
        _image_trouble(pod, "initContainerStatuses", INSTALL, agent_image)
        or _not_installed(pod, agent_image)
        or _image_trouble(pod, "containerStatuses", JOB, image)
        or _unmade(pod, image)
    )


def observation(pod: Answer) -> Observation:
    """How a worker is."""
    status = inner(pod, "status")
    phase = text(status, "phase")
    state = _state(pod, "containerStatuses", JOB)
    if phase in ("Succeeded", "Failed") or state.get("terminated"):
        return _ending(pod, state)
    if phase == "Unknown" or text(status, "reason") == "NodeLost":
        return Observation(
            state=ObservedState.UNKNOWN, reason=f"its node {node(pod)} does not answer"
        )
    if state.get("running"):
        return Observation(state=ObservedState.RUNNING, reason=_leaving(pod))
    reason = (
        unschedulable(pod)
        or text(inner(state, "waiting"), "reason")
        or "the pod is not started yet"
    )
    return Observation(state=ObservedState.STARTING, reason=_short(reason))


def _ending(pod: Answer, state: Answer) -> Observation:
    status = inner(pod, "status")
    done = inner(state, "terminated")
    code = whole(done, "exitCode")
    starved = text(done, "reason") == "OOMKilled"
    said = _short(text(status, "message"))
    match text(status, "reason"):
        case "Evicted":
            reason = f"the cluster evicted the pod: {said}"
        case "DeadlineExceeded":
            reason = "the pod was older than the provider's lifetime_s allows"
        case "":
            reason = _exit(code, starved)
        case other:
            reason = f"the cluster ended the pod ({other}): {said}"
    return Observation(
        state=ObservedState.EXITED,
        exit_code=code,
        reason=_disruption(pod) or reason,
        out_of_memory=starved,
    )


def _leaving(pod: Answer) -> str:
    """Who ends a pod that runs still, as far as that is known; empty: nobody."""
    return (_disruption(pod) or "the pod was deleted") if leaving_since(pod) else ""


def _disruption(pod: Answer) -> str:
    """What the cluster itself ended it for; empty before 1.26, and when it did not."""
    target = _condition(pod, "DisruptionTarget")
    if text(target, "status") != "True":
        return ""
    why = text(target, "reason") or "disruption"
    return f"the cluster ended the pod ({why}): {_short(text(target, 'message'))}"


def _exit(code: int | None, starved: bool) -> str:
    if starved:
        return "out of memory: the pod used up its limit"
    if code is None:
        return "the pod ended before its container had started"
    if code == _KILLED:
        return "the pod was killed from outside, with memory to spare"
    why = _AGENT_EXITS.get(code)
    return f"the agent ended with exit code {code}" + (f": {why}" if why else "")


def _image_trouble(pod: Answer, field: str, name: str, image: str) -> ProviderError | None:
    waiting = inner(_state(pod, field, name), "waiting")
    reason, words = text(waiting, "reason"), text(waiting, "message")
    if reason not in _NO_IMAGE or _passes(words or reason):
        return None
    sentence = not_pulled(name, image, words or reason)
    if name == INSTALL:
        return ProviderUnavailable(sentence)
    if reason == "ErrImageNeverPull":
        return ImageUnavailable(f"{sentence}; pull_policy never forbids to pull")
    return ImageUnavailable(sentence)


def _passes(words: str) -> bool:
    return bool(_PASSING.search(words)) or says_nothing(words)


def _not_installed(pod: Answer, agent_image: str) -> ProviderError | None:
    done = inner(_state(pod, "initContainerStatuses", INSTALL), "terminated")
    code = whole(done, "exitCode")
    if not done or code == 0:
        return None
    words = _short(text(done, "message") or text(done, "reason"))
    return ProviderUnavailable(
        f"the agent's image {agent_image} did not bring the agent (exit code {code}): {words}"
    )


def _unmade(pod: Answer, image: str) -> ProviderError | None:
    state = _state(pod, "containerStatuses", JOB)
    if _cannot_run(state):
        words = _short(text(inner(state, "terminated"), "message"))
        return ImageUnavailable(f"the container of {image} cannot be started: {words}")
    waiting = inner(state, "waiting")
    if text(waiting, "reason") not in _NOT_MADE:
        return None
    words = _short(text(waiting, "message"))
    if "runAsNonRoot" in words or "non-numeric user" in words:
        return SpecRejected(
            f"the image {image} would run as root, which the provider's non_root forbids ({words})"
        )
    return ProviderUnavailable(f"the node cannot make the container of {image}: {words}")


def _cannot_run(state: Answer) -> bool:
    return text(inner(state, "terminated"), "reason") in _NOT_STARTED


def _runs(rows: Iterable[Answer]) -> bool:
    return any(inner(row, "state").get("running") for row in rows)


def _row(pod: Answer, field: str, name: str) -> Answer:
    rows = objects(inner(pod, "status").get(field))
    return next((row for row in rows if text(row, "name") == name), {})


def _state(pod: Answer, field: str, name: str) -> Answer:
    return inner(_row(pod, field, name), "state")


def _condition(pod: Answer, kind: str) -> Answer:
    rows = objects(inner(pod, "status").get("conditions"))
    return next((row for row in rows if text(row, "type") == kind), {})


def _short(words: str) -> str:
    return shorten(" ".join(words.split()), MOST_WORDS)


def _time(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
