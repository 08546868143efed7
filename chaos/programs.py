"""The scripts of the load: each tells the witness that it runs, and what it did at its end."""

from __future__ import annotations

from random import Random
from typing import Any

from chaos.ground import Place
from chaos.ledger import Kind

WEIGHTS = {
    Kind.SHORT: 8,
    Kind.CHATTY: 2,
    Kind.LONG: 3,
    Kind.FAILING: 2,
    Kind.RETRIED: 2,
    Kind.OVERDUE: 1,
    Kind.CANCELLED: 2,
}
LINES = {
    Kind.SHORT: 3,
    Kind.CHATTY: 3000,
    Kind.LONG: 40,
    Kind.FAILING: 2,
    Kind.RETRIED: 2,
    Kind.OVERDUE: 1,
    Kind.CANCELLED: 1,
    Kind.SCHEDULED: 3,
}
RETRY = {
    "max_attempts": 8,
    "backoff": {"initial_ms": 50, "factor": 1.5, "max_ms": 500, "jitter": 0.2},
}
# The connection is inherited by all that the script starts, and the kernel closes it with the
# last of them: that is when nothing of the attempt runs any more, whoever killed it and how.
BASH = """#!/bin/bash
exec 3<>"/dev/tcp/$WITNESS_HOST/$WITNESS_PORT" 4<&3 || exit 9
"""
# An image has no bash; its nc ends with the container.
BUSYBOX = """
mkdir -p /tmp && mkfifo /tmp/asked /tmp/answered || exit 9
nc "$WITNESS_HOST" "$WITNESS_PORT" </tmp/asked >/tmp/answered &
exec 3>/tmp/asked 4</tmp/answered
"""
COMMON = """
tell() { echo "$*" >&3; read -r heard <&4; }
tell start "$HODEI_JOB_ID" "$HODEI_ATTEMPT"
n=0
say() { n=$((n + 1)); echo "line $n of $HODEI_JOB_ID in attempt $HODEI_ATTEMPT"; }
finish() { tell "done" "$1"; exit "$1"; }
"""
BODIES = {
    Kind.SHORT: "say; say; say; finish 0",
    Kind.CHATTY: "while [ $n -lt 3000 ]; do say; done; finish 0",
    Kind.LONG: "while [ $n -lt 40 ]; do say; sleep 0.1; done; finish 0",
    Kind.FAILING: "say; say; finish 3",
    Kind.RETRIED: 'say; say; [ "$HODEI_ATTEMPT" -gt 1 ] || finish 3; finish 0',
    Kind.OVERDUE: "say; sleep 600; finish 0",
    Kind.CANCELLED: "say; sleep 600; finish 0",
    Kind.SCHEDULED: "say; say; say; finish 0",
}


def choose(random: Random) -> Kind:
    """A kind that is submitted by hand, by its weight."""
    return random.choices(list(WEIGHTS), weights=list(WEIGHTS.values()))[0]


def retries(kind: Kind) -> bool:
    """Whether jobs of this kind are tried again after a loss."""
    return kind in (Kind.LONG, Kind.RETRIED, Kind.CHATTY)


def spec(kind: Kind, place: Place) -> dict[str, Any]:
    """The body of a submission."""
    retry: dict[str, Any] | None = None
    if retries(kind):
        causes = ["failed"] if kind is Kind.RETRIED else []
        retry = {**RETRY, "on": ["lost", "provision", *causes]}
    host, port = place.witness.address
    return {
        "name": f"chaos {kind}",
        "command": (BUSYBOX if place.image else BASH) + COMMON + BODIES[kind] + "\n",
        "image": place.image,
        "env": {"WITNESS_HOST": host, "WITNESS_PORT": str(port)},
        "resources": {"cpu": place.cpu, "memory_mb": place.memory_mb},
        "timeout_ms": 3000 if kind is Kind.OVERDUE else 900_000,
        "grace_ms": 500,
        "preferences": {"provider": place.provider},
        "labels": {"chaos": str(kind)},
        **({"retry": retry} if retry else {}),
    }
