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
from urllib.parse import urlsplit

import httpx

from hodei.domain.webhooks.addresses import Address, Allowed, literal
from hodei.domain.webhooks.delivery import RESPONSE_BYTES
from hodei.ports.webhook_sender import Answer, Outgoing

MOST_ADDRESSES = 3
"""Of one name, tried one after the other while none can be connected to."""
LOOK_UP_S = 3.0
"""For a look before a webhook is stored."""
MOST_RETRY_AFTER = 7 * 86_400
ALLOW = "HODEI_WEBHOOK_ALLOW can allow it"


class HttpSender:
    """Any number of tasks may send."""

    def __init__(self, allowed: Allowed, tls: ssl.SSLContext | None = None) -> None:
        """`tls` says whom to believe; None: the authorities of this machine."""
        self._allowed = allowed
        self._tls = tls
        self._transport: httpx.AsyncHTTPTransport | None = None

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
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._send(request)
        except TimeoutError:
            return Answer(error=f"no answer within {request.timeout_s:g} s")

    async def close(self) -> None:
        """See `WebhookSender.close`."""
        if self._transport is not None:
            await self._transport.aclose()

    async def _send(self, request: Outgoing) -> Answer:
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
            try:
                return await self._post(request, host, address)
            except httpx.ConnectError as error:
                answer = Answer(error=_no_connection(error, address, port))
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                return Answer(error=f"the connection broke: {str(error) or 'no answer'}")
        return answer

    def _choose(self, host: str, found: list[Address]) -> tuple[list[Address], str]:
        """The addresses that may be called, or why none may."""
        refusals = [(address, self._allowed.refusal(host, address)) for address in found]
        good = [address for address, refusal in refusals if not refusal]
        if good or not refusals:
            return good, "" if good else f"the name {host!r} has no address"
        return [], f"{host!r} may not be called: {refusals[0][1]}; {ALLOW}"

    async def _post(self, request: Outgoing, host: str, address: Address) -> Answer:
        transport = await self._ready()
        url = httpx.URL(request.url)
        headers = httpx.Headers(
            {
                "Host": url.netloc.decode("ascii"),
                "Accept": "*/*",
                "Accept-Encoding": "identity",
                "Connection": "close",
                "User-Agent": "Hodei-Webhooks/1",
            }
        )
        headers.update(request.headers)
        asked = httpx.Request(
            "POST",
            url.copy_with(host=str(address)),
            headers=headers,
            content=request.body,
            extensions={"sni_hostname": host},
        )
        response = await transport.handle_async_request(asked)
        try:
            # The status is the answer; what comes after it is for the log only.
            return _answer(response, await _beginning(response))
        finally:
            await response.aclose()

    async def _ready(self) -> httpx.AsyncHTTPTransport:
        # Below the client of httpx: nothing here follows redirects or keeps cookies.
        if self._transport is None:
            tls = self._tls
            if tls is None:
                tls = await asyncio.to_thread(_authorities)
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
            self._transport = self._transport or httpx.AsyncHTTPTransport(
                verify=tls, trust_env=False, limits=limits
            )
        return self._transport


def _authorities() -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


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


async def _beginning(response: httpx.Response) -> bytes:
    """What of the body comes before it ends, breaks, or there is enough of it."""
    read = b""
    try:
        # A body that drips must not take the whole time once the status is here.
        async with asyncio.timeout(1.0):
            async for chunk in response.aiter_raw():
                read += chunk[:RESPONSE_BYTES]
                if len(read) >= RESPONSE_BYTES:
                    break
    except (httpx.HTTPError, httpx.StreamError, TimeoutError, OSError):
        pass
    return read[:RESPONSE_BYTES]


def _answer(response: httpx.Response, body: bytes) -> Answer:
    status = response.status_code
    return Answer(
        status=status,
        error=_fault(status),
        response=body.decode("utf-8", "replace"),
        retry_after_s=_retry_after(response.headers.get("retry-after", "")),
    )


def _fault(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"answered {status}: redirects are not followed; give the URL where it leads"
    if status == 410:
        return "answered 410: it wants no more of this"
    return f"answered {status}"


def _retry_after(text: str) -> int | None:
    """Seconds; the form with a date is not looked at."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    return min(int(text), MOST_RETRY_AFTER)


def _no_connection(error: httpx.ConnectError, address: Address, port: int) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not accepted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {cause.reason or cause}"
        cause = cause.__cause__ or cause.__context__
    return f"nothing answers at {address} port {port}"
