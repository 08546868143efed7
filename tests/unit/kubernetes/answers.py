"""Pods as API servers show them, of 1.20 and of the newest versions, cut to what matters."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

NOW = "2026-11-01T10:00:00Z"
IMAGE, AGENT_IMAGE = "alpine:latest", "agents/hodei:1"


def condition(kind: str, status: str, reason: str = "", message: str = "") -> Json:
    """One of a pod; newer servers say as well which generation it is about."""
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": NOW,
        "observedGeneration": 1,
    }


def waiting(reason: str, message: str = "") -> Json:
    """The state of a container that does not run yet."""
    return {"waiting": {"reason": reason, "message": message}}


def ended(code: int, reason: str = "Completed") -> Json:
    """The state of a container that is over."""
    return {"terminated": {"exitCode": code, "reason": reason, "finishedAt": NOW}}


RUNNING: Json = {"running": {"startedAt": NOW}}


def pod(
    *conditions: Json,
    install: Json | None = None,
    job: Json | None = None,
    node: str = "node-7",
    phase: str = "Pending",
    others: list[Json] | None = None,
    **status: Any,
) -> Json:
    """A pod of ours; `install` and `job` are the states of its two containers."""
    digest = "registry.example/alpine@sha256:" + "ab" * 32
    first = [{"name": "hodei-agent", "state": install}] if install else []
    main = [{"name": "job", "state": job, "imageID": digest}] if job else []
    return {
        "metadata": {"uid": "u", "name": "hodei-w", "resourceVersion": "7", "generation": 1},
        "spec": {"nodeName": node} if node else {},
        "status": {
            "phase": phase,
            "conditions": list(conditions),
            "initContainerStatuses": [*first, *(others or [])],
            "containerStatuses": main,
            "observedGeneration": 1,
            **status,
        },
    }
