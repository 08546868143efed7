"""One HTTP connection pool to the server: errors translated, safe requests repeated."""

from __future__ import annotations

import asyncio
import json
import os
import random
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from hodei.client.errors import ApiError, InvalidRequest, Unavailable, Unreachable, from_problem
from hodei.domain.errors import Violation
from hodei.domain.trace_context import parse_traceparent

DEFAULT_URL = "http://127.0.0.1:8080"
PREFIX = "/api/v1"
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 2.0
STREAM_SILENCE_S = 45.0
"""A stream that says nothing for this long (it sends comments) is taken for broken."""

Params = Mapping[str, str | int | Sequence[str] | None]


Authority = str | Path | ssl.SSLContext | None
"""Whom to believe that a server is the right one: a PEM file, a context, or the system's."""


class Backoff:
    """Waiting times that grow, with jitter, until an outage has lasted too long."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self.reset()

    def reset(self) -> None:
        """The other side answered."""
        self._since: float | None = None
        self._delay = FIRST_DELAY_S

    async def wait(self) -> bool:
        """Sleeps before the next try; False when patience is over."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        if now - self._since >= self._patience_s:
            return False
        await asyncio.sleep(self._delay * random.uniform(0.5, 1.0))
        self._delay = min(self._delay * 2, LONGEST_DELAY_S)
        return True


class Transport:
    """Requests under `/api/v1`. Every method raises ApiError and its subclasses only."""

    def __init__(
        self,
        url: str | None,
        token: str | None,
        *,
        ca: Authority = None,
        timeout_s: float,
        patience_s: float,
    ) -> None:
        self.url = checked_url(url or os.environ.get("HODEI_URL") or DEFAULT_URL)
        self.token = token or os.environ.get("HODEI_TOKEN") or None
        self.patience_s = patience_s
        self.tls = _context(ca or os.environ.get("HODEI_CA_FILE") or None, self.url)
        """What connections of `https` and `wss` are checked with; None: there are none."""
        # A proxy of the environment is for the world outside, not for a server of one's own.
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers=self.headers(),
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 5.0)),
            # Without TLS it is never asked, and to load the system's authorities takes time.
            verify=self.tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=False,
        )

    def headers(self) -> dict[str, str]:
        """Headers that every request carries, those of WebSockets included."""
        headers = {"User-Agent": "hodei-client"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        # A process that is in a trace, as every job of a traced installation is, goes on with it.
        headers |= in_trace(os.environ.get("TRACEPARENT"))
        return headers

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        patience_s: float | None = None,
    ) -> Any:
        """The decoded JSON answer; None for an empty one.

        A `repeatable` request is sent again while the connection breaks or the server says
        that it is unavailable, for up to `patience_s`.
        """
        backoff = Backoff(self.patience_s if patience_s is None else patience_s)
        while True:
            try:
                return await self._once(method, path, params, body, headers)
            except Unavailable as error:
                sent = not isinstance(error.__cause__, httpx.ConnectError)
                if sent and not repeatable:
                    raise
                if not await backoff.wait():
                    raise

    async def _once(
        self,
        method: str,
        path: str,
        params: Params | None,
        body: object,
        headers: Mapping[str, str] | None,
    ) -> Any:
        try:
            response = await self._http.request(
                method,
                PREFIX + path,
                params=_present(params),
                headers=headers,
                json=body,
            )
        except httpx.HTTPError as error:
            raise Unreachable(self.url, _why(error)) from error
        _raise_for(response)
        return decode(response)

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """An answer that is read as it comes; broken connections raise Unreachable."""
        timeout = httpx.Timeout(STREAM_SILENCE_S, connect=5.0)
        try:
            async with self._http.stream(
                "GET", PREFIX + path, params=_present(params), headers=headers, timeout=timeout
            ) as response:
                if response.is_error:
                    await response.aread()
                _raise_for(response)
                yield response
        except httpx.HTTPError as error:
            raise Unreachable(self.url, _why(error)) from error

    def socket_url(self, path: str) -> str:
        """Address of a WebSocket under `/api/v1`."""
        scheme, _, rest = self.url.partition("://")
        return f"{'wss' if scheme == 'https' else 'ws'}://{rest}{PREFIX}{path}"


def in_trace(traceparent: str | None) -> dict[str, str]:
    """The header by which what a request causes goes on with a trace; none for what is no
    `traceparent`."""
    place = parse_traceparent(traceparent)
    return {} if place is None else {"traceparent": str(place)}


def _context(ca: Authority, url: str) -> ssl.SSLContext | None:
    """Raises InvalidRequest when the file cannot be used."""
    if not url.startswith("https:"):
        return None
    if isinstance(ca, ssl.SSLContext):
        return ca
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        why = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        message = f"is not a file of PEM certificates: {why}"
        raise InvalidRequest(
            "invalid_request",
            f"HODEI_CA_FILE: {message} (given: {ca})",
            violations=[Violation(field="HODEI_CA_FILE", message=message, value=str(ca))],
        ) from error
    if ca is not None:
        # The server's own certificate will do as well as that of its authority.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def checked_url(url: str) -> str:
    """`url` without a closing slash. Raises InvalidRequest for anything but http(s)://host."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = "must look like http://127.0.0.1:8080"
        raise InvalidRequest(
            "invalid_request",
            f"HODEI_URL: {message} (given: {url[:100]})",
            violations=[Violation(field="HODEI_URL", message=message, value=url[:100])],
        )
    return url.rstrip("/")


def decode(response: httpx.Response) -> Any:
    """The JSON of an answer. Raises ApiError when it is none."""
    if not response.content:
        return None
    try:
        return json.loads(response.content)
    except ValueError:
        raise ApiError(
            "bad_answer",
            f"{response.request.url} answered with something that is not JSON; is it Hodei?",
            status=response.status_code,
        ) from None


def _raise_for(response: httpx.Response) -> None:
    if response.is_success:
        return
    try:
        problem = json.loads(response.content)
    except ValueError:
        problem = None
    raise from_problem(response.status_code, problem)


def _present(params: Params | None) -> dict[str, Any] | None:
    if params is None:
        return None
    return {name: value for name, value in params.items() if value not in (None, "", ())}


def _why(error: httpx.HTTPError) -> str:
    if (fault := tls_fault(error)) is not None:
        return fault
    match error:
        case httpx.ConnectError():
            return "nothing listens there, or it cannot be reached"
        case httpx.TimeoutException():
            return "no answer in time"
        case httpx.RemoteProtocolError():
            return f"{error}; perhaps that port speaks TLS (https)"
        case _:
            return str(error) or "the connection broke"


def tls_fault(error: BaseException) -> str | None:
    """Why TLS failed, and what to do; None when something else did."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    match cause:
        case None:
            return None
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate is not accepted: {cause.verify_message}; set HODEI_CA_FILE (or "
                "--ca) to the authority that signed it, and call the server by a name in it"
            )
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "RECORD_LAYER_FAILURE"):
            return "that port does not speak TLS; use http instead of https"
        case _:
            return f"TLS failed: {cause.reason or cause}"
