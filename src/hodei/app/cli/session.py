"""Runs a command against the server and turns what goes wrong into lines and exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from hodei.app.cli import exits

if TYPE_CHECKING:
    from hodei.client import ApiError, AsyncClient
    from hodei.domain.errors import Violation

Origins = Mapping[str, str]
"""Where fields came from: dotted path to `job.yaml:4:3` or `--cpu`."""


class Stop(Exception):
    """Ends the command with this exit code; the message, if any, has been shown."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


def say(text: str) -> None:
    """A message for the person, on stderr."""
    print(f"hodei: {text}", file=sys.stderr, flush=True)


def fail(text: str, code: int = exits.ERROR) -> NoReturn:
    """Ends the command with a message."""
    say(text)
    raise Stop(code)


def print_json(value: object) -> None:
    """One line of JSON on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def with_client(
    act: Callable[[AsyncClient], Awaitable[int | None]],
    *,
    origins: Origins | None = None,
    known: bool = True,
) -> None:
    """Runs `act` with a client; raises Stop with its exit code when it is not 0.

    A `known` one shows what `hodei login` kept for the server, unless HODEI_TOKEN is set.
    """
    from hodei.app.cli.credentials import kept_token
    from hodei.client import ApiError, AsyncClient

    token = kept_token() if known else None

    async def session() -> int | None:
        # A person waits: one quick answer is worth more than patience.
        async with AsyncClient(token=token, patience_s=0.0) as client:
            return await act(client)

    try:
        code = asyncio.run(session())
    except ApiError as error:
        raise Stop(show_error(error, origins or {}, hint=known)) from error
    except KeyboardInterrupt as error:
        raise Stop(exits.CANCELLED) from error
    except BrokenPipeError as error:
        # Whoever read our output has gone; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # Only what has fields makes a job; of a list, `head` takes what it wants.
        if origins is not None:
            say("nobody reads the output any more; the job, if there is one, goes on")
        raise Stop(exits.BROKEN_PIPE) from error
    if code:
        raise Stop(code)


def show_error(error: ApiError, origins: Origins, *, hint: bool = True) -> int:
    """Says what is wrong, and what to do; returns the exit code that it stands for.

    Without `hint` nobody is told to sign in: that is what was just tried.
    """
    from hodei.client import InvalidRequest, Unauthenticated, Unreachable

    if isinstance(error, Unreachable):
        say(
            f"{error.detail}. Start a server with `hodei up` or `hodei serve`, or set HODEI_URL "
            "to the address of a running one."
        )
        return exits.ERROR
    if error.violations:
        show_violations(error.violations, origins)
    elif hint and isinstance(error, Unauthenticated):
        shown = os.environ.get("HODEI_TOKEN")
        say(f"{error.detail} ({'HODEI_TOKEN holds it' if shown else '`hodei login` signs in'})")
    else:
        say(error.detail)
    return exits.USAGE if isinstance(error, InvalidRequest) else exits.ERROR


def show_violations(violations: Iterable[Violation], origins: Origins) -> None:
    """One line each: where it came from, field, what is wrong, value."""
    for violation in violations:
        origin = origin_of(violation.field, origins)
        where = f"{origin}: " if origin else ""
        field = f"{violation.field}: " if violation.field else ""
        given = f" (given: {violation.value})" if violation.value else ""
        say(f"{where}{field}{violation.message}{given}")


def origin_of(field: str, origins: Origins) -> str:
    """The origin of a field, or of the nearest field that it is part of."""
    path = field
    while path not in origins:
        if not path:
            return ""
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return origins[path]


def read_pairs(option: str, given: Iterable[str]) -> dict[str, str]:
    """`K=V` options as a dictionary; a wrong one ends the command."""
    pairs: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            fail(f"{option}: must look like NAME=VALUE (given: {text[:100]})", exits.USAGE)
        if name in pairs:
            fail(f"{option}: {name} is given twice", exits.USAGE)
        pairs[name] = value
    return pairs


def some_change(changes: Mapping[str, object]) -> None:
    """Ends the command when there is nothing that it could change."""
    if not changes:
        fail("nothing to change: see --help", exits.USAGE)


def raw_list(items: Iterable[Any]) -> list[Any]:
    """The server's own JSON of typed values."""
    return [item.raw for item in items]
