"""Foreign errors become Hodei's own here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from hodei.domain.errors import Conflict, HodeiError, InvalidRequest, Unavailable

CONTENTION = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""Two transactions met; a repeat succeeds."""

_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.QueryCanceledError,
    asyncpg.InterfaceError,
    # What the driver says when the server's farewell meets a statement under way.
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)

_LOGIN = asyncpg.InvalidAuthorizationSpecificationError
"""Its kinds: a wrong password, a missing one, a user whom pg_hba.conf does not let in."""

_SCHEMA = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)


@contextmanager
def translated() -> Iterator[None]:
    """Raises Unavailable, Conflict, InvalidRequest or HodeiError for what asyncpg raised."""
    try:
        yield
    except (asyncpg.PostgresError, *_GONE) as error:
        raise _hodei_error(error) from error


def _hodei_error(error: Exception) -> HodeiError:
    match error:
        case asyncpg.DiskFullError():
            return Unavailable("PostgreSQL has no room left on its disk; free some space")
        case asyncpg.TooManyConnectionsError():
            return Unavailable(
                "PostgreSQL takes no more connections; raise its max_connections "
                "or lower the number of Hodei servers"
            )
        case asyncpg.InsufficientResourcesError():
            return Unavailable(f"PostgreSQL is short of resources: {error}")
        case _LOGIN():
            return Unavailable(
                f"PostgreSQL refuses the connection: {error}; give the right user and password"
            )
        case asyncpg.InvalidCatalogNameError():
            return Unavailable(
                f"PostgreSQL refuses the connection: {error}; create the database, or name another"
            )
        case asyncpg.InsufficientPrivilegeError():
            return Unavailable(
                f"PostgreSQL refuses the connection: {error}; let this user own its database"
            )
        case asyncpg.UniqueViolationError():
            return Conflict(f"there is one already: {error.detail or error}")
        case asyncpg.UntranslatableCharacterError() | asyncpg.CharacterNotInRepertoireError():
            return InvalidRequest.of("", "text must not contain NUL characters")
        case asyncpg.DataError():
            return HodeiError(f"a value does not fit the database: {error}")
    if isinstance(error, CONTENTION):
        return Unavailable("PostgreSQL is too busy: transactions keep meeting each other")
    if isinstance(error, _SCHEMA):
        return Unavailable(f"the database schema does not fit, run `hodei db upgrade`: {error}")
    if isinstance(error, _GONE):
        return Unavailable(f"PostgreSQL does not answer: {_sentence(error)}")
    return HodeiError(f"PostgreSQL refused a statement: {error}")


def _sentence(error: Exception) -> str:
    return str(error) or type(error).__name__
