"""One POST to an address that was checked, with httpx below its client.

A module of its own: httpx takes a good part of a server's start and of its memory, and most
servers never call a webhook.
"""

from __future__ import annotations

import asyncio
import ssl

import httpx

from hodei.domain.webhooks.addresses import Address
from hodei.domain.webhooks.delivery import RESPONSE_BYTES
from hodei.ports.webhook_sender import Answer, Outgoing

MOST_RETRY_AFTER = 7 * 86_400


class Caller:
    """Any number of tasks may call. Connections are used once."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        """`tls` says whom to believe; None: the authorities of this machine."""
        # Below the client of httpx: nothing here follows redirects or keeps cookies.
        self._transport = httpx.AsyncHTTPTransport(
            verify=tls or _authorities(),
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def post(
        self, request: Outgoing, host: str, address: Address, port: int
    ) -> tuple[Answer, bool]:
        """What became of it, and whether the address could be connected to."""
        try:
            return await self._post(request, host, address), True
        except httpx.ConnectError as error:
            return Answer(error=_no_connection(error, address, port)), False
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Answer(error=f"the connection broke: {str(error) or 'no answer'}"), True

    async def close(self) -> None:
        """Hangs up."""
        await self._transport.aclose()

    async def _post(self, request: Outgoing, host: str, address: Address) -> Answer:
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
        response = await self._transport.handle_async_request(asked)
        try:
            # The status is the answer; what comes after it is for the log only.
            return _answer(response, await _beginning(response))
        finally:
            await response.aclose()


def _authorities() -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


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
