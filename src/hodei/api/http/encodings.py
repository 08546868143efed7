"""Content negotiation: which packing of an answer a client wants most."""

from __future__ import annotations

from collections.abc import Sequence


def best(accepted: str, available: Sequence[str]) -> str:
    """The first of the `available` encodings (best first) that an Accept-Encoding takes.

    A client's preference among those that it takes does not count beyond taking or refusing:
    the smallest is best for both sides. Empty when none is taken.
    """
    weights = dict(_weights(accepted))
    for name in available:
        if weights.get(name, weights.get("*", 0.0)) > 0:
            return name
    return ""


def _weights(accepted: str) -> list[tuple[str, float]]:
    return [
        (name.strip(), _weight(parameters))
        for name, _, parameters in (part.partition(";") for part in accepted.lower().split(","))
    ]


def _weight(parameters: str) -> float:
    name, _, value = parameters.replace(" ", "").partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
