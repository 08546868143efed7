"""Calls receivers of webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One request to a receiver."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    timeout_s: float
    """From the look-up of the name to the end of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it."""

    status: int | None = None
    """None: there was no answer."""
    error: str = ""
    """Why it did not arrive, for people; empty: the answer was 2xx."""
    response: str = ""
    """The beginning of the answer's body, 1 KiB at most."""
    retry_after_s: int | None = None
    """So long the receiver asked to be left alone."""


class WebhookSender(Protocol):
    """Calls public addresses, and those that the operator allows, and no others.

    The name in a URL is looked up at every call, and the connection is made to an address that
    was checked. Redirects are not followed; no proxy of the environment is used; no more than
    1 KiB of an answer's body is read.
    """

    async def refusal(self, url: str) -> str:
        """Why this URL may not be called as its name is looked up now; empty: it may, or its
        name cannot be looked up at the moment."""
        ...

    async def send(self, request: Outgoing) -> Answer:
        """POSTs; whatever the receiver does becomes an answer. Never raises for it."""
        ...

    async def close(self) -> None: ...
