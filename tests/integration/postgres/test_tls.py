"""The way to the database: `sslmode` and its files in the URL mean what they mean to libpq."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hodei.adapters.postgres import PostgresBus, PostgresStore, upgrade
from hodei.app.settings import read_settings
from hodei.domain.errors import InvalidRequest, Unavailable
from tests.support.certificates import Authority
from tests.support.postgres import Server

SSL_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)
AUTHORITY, OTHER = Authority(), Authority()


class Front:
    """Stands before a PostgreSQL and speaks TLS for it; counts what came by TLS, and not."""

    def __init__(self, socket: Path, context: ssl.SSLContext | None) -> None:
        self._socket = socket
        self._context = context
        self.port = 0
        self.secure = self.plain = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            first = await reader.readexactly(8)
            while first == SSL_REQUEST:
                writer.write(b"S" if self._context else b"N")
                await writer.drain()
                if self._context:
                    await writer.start_tls(self._context)
                    self.secure += 1
                    first = b""
                else:
                    first = await reader.readexactly(8)
            if first:
                self.plain += 1
            inner_reader, inner_writer = await asyncio.open_unix_connection(self._socket)
            inner_writer.write(first)
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            # The client has looked at the certificate and gone.
            return
        finally:
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def front(server: Server, folder: Path, *, tls: bool = True) -> AsyncIterator[Front]:
    """A PostgreSQL that is reached by TCP on this machine."""
    cert, key = AUTHORITY.issue().write(folder, "server")
    for name, authority in (("ca", AUTHORITY), ("other", OTHER)):
        (folder / f"{name}.pem").write_bytes(authority.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    made = Front(server.directory / ".s.PGSQL.5432", context if tls else None)
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listening.close()


def url(dsn: str, port: int, query: str) -> str:
    """The database's address by TCP, as HODEI_DATABASE_URL has it."""
    made = f"postgres://postgres@127.0.0.1:{port}{urlsplit(dsn).path}?{query}"
    return read_settings({"HODEI_DATABASE_URL": made}).database_url or ""


@pytest.mark.parametrize("mode", ["prefer", "require", "verify-ca", "verify-full"])
async def test_every_connection_is_by_tls(
    postgres_server: Server, postgres_dsn: str, tmp_path: Path, mode: str
) -> None:
    async with front(postgres_server, tmp_path) as pg:
        dsn = url(postgres_dsn, pg.port, f"sslmode={mode}&sslrootcert={tmp_path}/ca.pem")
        await upgrade(dsn)
        async with PostgresStore.open(dsn) as store, PostgresBus.open(dsn):
            assert await store.installation_id()
        assert pg.secure >= 3
        assert pg.plain == 0


@pytest.mark.parametrize(
    ("query", "tls"),
    [
        ("sslmode=verify-full&sslrootcert={}/other.pem", True),
        ("sslmode=verify-ca&sslrootcert={}/other.pem", True),
        ("sslmode=verify-full&sslrootcert={}/ca.pem", False),
        ("sslmode=require", False),
    ],
)
async def test_a_wrong_server_or_no_tls_is_refused(
    postgres_server: Server, postgres_dsn: str, tmp_path: Path, query: str, tls: bool
) -> None:
    async with front(postgres_server, tmp_path, tls=tls) as pg:
        dsn = url(postgres_dsn, pg.port, query.format(tmp_path))
        with pytest.raises(Unavailable) as refused:
            await upgrade(dsn)
        assert "\n" not in str(refused.value)
        assert pg.plain == 0


@pytest.mark.parametrize(
    "query",
    ["sslmode=perhaps", "sslmode=verify-full&sslrootcert=/none.pem", "sslcert=/none.pem"],
)
def test_what_cannot_be_meant_is_refused_at_the_start(query: str) -> None:
    with pytest.raises(InvalidRequest, match="HODEI_DATABASE_URL") as refused:
        read_settings({"HODEI_DATABASE_URL": f"postgres://me:secret@db/hodei?{query}"})
    assert "secret" not in str(refused.value)
