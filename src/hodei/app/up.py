"""`hodei up`: everything in one process, and the first job run before your eyes.

The job goes the whole way that any other takes: through REST, PostgreSQL, the dispatcher, a
worker and its agent, and its log comes back through the same client that programs use.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import webbrowser
from collections.abc import Awaitable, Callable, Mapping

from hodei.api.http.pages import built
from hodei.app.serve import Addresses, Serving, run_server
from hodei.client import AsyncClient, Forbidden, Job, Unauthenticated
from hodei.domain.schema import HELLO
from hodei.domain.spec import CommandType

Follow = Callable[[AsyncClient, Job], Awaitable[int]]
"""Shows a job until its end; gives the exit code that it stands for."""
Show = Callable[[Addresses], None]

HELLO_JOB = {
    "name": HELLO["name"],
    "command": {"type": CommandType.SHELL.value, "script": 'echo "Hello from Hodei!" && date'},
    "preferences": {"provider": "local"},
}
"""The guide's first job, without the image: the provider of this machine runs none."""


def run_up(
    *,
    once: bool,
    browse: bool,
    log_level: str | None,
    welcome: Show,
    follow: Follow,
    hint: Show,
) -> int:
    """Serves, runs the hello job, and goes on serving unless it is only for `once`.

    With `browse` the web pages open in the person's browser.
    """

    def greet(addresses: Addresses) -> None:
        welcome(addresses)
        if browse and built():
            asyncio.get_running_loop().run_in_executor(None, webbrowser.open, addresses.url)

    return run_server(_session(once, greet, follow, hint), log_level=log_level)


def on_a_desktop(environ: Mapping[str, str], terminal: bool) -> bool:
    """Whether somebody sits before a screen here and does not mind a browser window."""
    screen = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    return bool(screen) and terminal and environ.get("HODEI_NO_BROWSER", "") in ("", "0")


def _session(once: bool, welcome: Show, follow: Follow, hint: Show) -> Serving:
    async def session(addresses: Addresses, stop: asyncio.Event) -> int:
        welcome(addresses)
        hello = asyncio.ensure_future(_hello(addresses, follow))
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait({hello, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if hello.done():
            code = hello.result()
            if once:
                return code
            hint(addresses)
            await stopped
            return 0
        hello.cancel()
        await asyncio.gather(hello, return_exceptions=True)
        return 0

    return session


async def _hello(addresses: Addresses, follow: Follow) -> int:
    async with AsyncClient(addresses.url, ca=_itself(addresses)) as client:
        try:
            job = await client.submit(HELLO_JOB)
        except (Unauthenticated, Forbidden) as error:
            print(f"hodei: no hello job: {error}", file=sys.stderr, flush=True)
            return 1
        return await follow(client, job)


def _itself(addresses: Addresses) -> ssl.SSLContext | None:
    """Believes the server of this process, by whatever name its certificate calls it."""
    if not addresses.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=addresses.certificate)
    return context
