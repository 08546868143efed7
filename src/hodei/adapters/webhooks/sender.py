"""Implements `WebhookSender` over HTTP.

The client is given the checked address in the place of the name, and the name as Host and for
TLS. It never looks anything up itself, so a name that points elsewhere a moment later changes
nothing. Connections are used once: one that was opened for a name must not serve another.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hodei.domain.webhooks.addresses import Address, Allowed, literal
from hodei.ports.webhook_sender import Answer, Outgoing

if TYPE_CHECKING:
    from hodei.adapters.webhooks.call import Caller

MOST_ADDRESSES = 3
"""Of one name, tried one after the other while none can be connected to."""
LOOK_UP_S = 3.0
"""For a look before a webhook is stored."""
ALLOW = "HODEI_WEBHOOK_ALLOW can allow it"


class HttpSender:
    """Any number of tasks may send."""

    def __init__(self, allowed: Allowed, tls: ssl.SSLContext | None = None) -> None:
        """`tls` says whom to believe; None: the authorities of this machine."""
        self._allowed = allowed
        self._tls = tls
        self._caller: Caller | None = None

    async def refusal(self, url: str) -> str:
        """See `WebhookSender.refusal`."""
        host, port = _place(url)
        try:
            async with asyncio.timeout(LOOK_UP_S):
                addresses = await _look_up(host, port)
        except (OSError, TimeoutError):
            return ""
        _, refusal = self._choose(host, addresses)
        return refusal

    async def send(self, request: Outgoing) -> Answer:
        """See `WebhookSender.send`."""
        caller = await self._ready()
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._send(caller, request)
        except TimeoutError:
            return Answer(error=f"no answer within {request.timeout_s:g} s")

    async def close(self) -> None:
        """See `WebhookSender.close`."""
        if self._caller is not None:
            await self._caller.close()

    async def _send(self, caller: Caller, request: Outgoing) -> Answer:
        host, port = _place(request.url)
        try:
            found = await _look_up(host, port)
        except OSError as error:
            why = error.strerror or "it does not answer"
            return Answer(error=f"the name {host!r} could not be looked up: {why}")
        addresses, refusal = self._choose(host, found)
        if refusal:
            return Answer(error=refusal)
        answer = Answer()
        for address in addresses[:MOST_ADDRESSES]:
            answer, connected = await caller.post(request, host, address, port)
            if connected:
                break
        return answer

    def _choose(self, host: str, found: list[Address]) -> tuple[list[Address], str]:
        """The addresses that may be called, or why none may."""
        refusals = [(address, self._allowed.refusal(host, address)) for address in found]
        good = [address for address, refusal in refusals if not refusal]
        if good or not refusals:
            return good, "" if good else f"the name {host!r} has no address"
        return [], f"{host!r} may not be called: {refusals[0][1]}; {ALLOW}"

    async def _ready(self) -> Caller:
        if self._caller is None:
            made = await asyncio.to_thread(_caller, self._tls)
            self._caller = self._caller or made
        return self._caller


def _caller(tls: ssl.SSLContext | None) -> Caller:
    """In a thread: to load the library and the authorities takes a third of a second."""
    from hodei.adapters.webhooks.call import Caller

    return Caller(tls)


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


async def _look_up(host: str, port: int) -> list[Address]:
    """Each address once, in the order of the resolver. Raises OSError."""
    if (given := literal(host)) is not None:
        return [given]
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # A scope, as of fe80::1%eth0, is cut off: such addresses are refused without it as well.
    return list(dict.fromkeys(ip_address(str(place[4][0]).partition("%")[0]) for place in found))
