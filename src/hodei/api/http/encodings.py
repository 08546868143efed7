"""Content negotiation: which packing of an answer a client wants most."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

WORTH_IT = 1400
"""Bytes; what is smaller goes in one network packet anyway."""
LONG = 65_536
"""Bytes from which packing is left to a thread: above a millisecond of the event loop."""
FAST = 3
"""Of gzip's levels: a list of jobs is packed to a tenth; the best level takes six times as long."""


async def pack(response: Response, request: Request) -> Response:
    """The answer, its body packed when it is JSON of some length and the client takes gzip.

    Answers to changes stay as they are: those carry tokens, and are short.
    """
    if (
        isinstance(response, StreamingResponse)
        or request.method != "GET"
        or response.media_type != "application/json"
        or len(response.body) < WORTH_IT
    ):
        return response
    response.headers["Vary"] = "Accept-Encoding"
    if not best(request.headers.get("accept-encoding", ""), ("gzip",)):
        return response
    content = bytes(response.body)
    if len(content) < LONG:
        response.body = gzip.compress(content, FAST)
    else:
        response.body = await asyncio.to_thread(gzip.compress, content, FAST)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(response.body))
    return response


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
