"""A registry that does what a good one never does: stalls, lies, or fails, when told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.support.docker import ImageFiles, PrivateEngine, digest

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar"

# How an engine begins that has not learned yet that nothing is encrypted here.
TLS_HELLO = b"\x16"
TRICKLE_S, TRICKLE_BYTES = 0.05, 512


class ScriptedRegistry:
    """Serves one image under any name."""

    def __init__(self, image: ImageFiles) -> None:
        self.port = 0
        self.slow = False
        """Whether the last layer gets slow in the middle, and stays so until its reader leaves."""
        self.lying = False
        """Whether the last layer holds something else than its digest says."""
        self.failing = False
        """Whether every question is answered with status 503."""
        self.slowed = asyncio.Event()
        self.left = asyncio.Event()
        self.writers: set[asyncio.StreamWriter] = set()
        self._last = digest(image.layers[-1])
        blobs = [image.config, *image.layers]
        self._blobs = {digest(blob): blob for blob in blobs}
        described = [
            {"mediaType": kind, "size": len(blob), "digest": digest(blob)}
            for kind, blob in zip([CONFIG, *[LAYER] * len(image.layers)], blobs, strict=True)
        ]
        self.manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": described[0],
                "layers": described[1:],
            }
        ).encode()

    def name(self, repository: str) -> str:
        """An image's name at this registry."""
        return f"127.0.0.1:{self.port}/{repository}:1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection with one request; anything but plain HTTP is turned away."""
        self.writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            first = await reader.readexactly(1)
            if first == TLS_HELLO:
                raise ConnectionAbortedError
            head = first + await reader.readuntil(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n")[0].decode("latin-1").split(" ", 2)
            await self._answer(method, path, reader, writer)
            await writer.drain()
        self.writers.discard(writer)
        writer.close()

    async def _answer(
        self,
        method: str,
        path: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        wanted = path.rpartition("/")[2]
        if self.failing:
            _send(writer, 503, "text/plain", b"out for lunch", method)
        elif path == "/v2/":
            _send(writer, 200, "application/json", b"{}", method)
        elif "/manifests/" in path:
            _send(writer, 200, MANIFEST, self.manifest, method)
        elif wanted in self._blobs:
            blob = self._blobs[wanted]
            if wanted == self._last and self.lying:
                blob = bytes(len(blob))
            if wanted == self._last and self.slow:
                _send(writer, 200, LAYER, blob, method, len(blob) // 2)
                await writer.drain()
                self.slowed.set()
                await self._trickle(reader, writer)
                self.left.set()
            else:
                _send(writer, 200, LAYER, blob, method)
        else:
            _send(writer, 404, "text/plain", b"no such thing", method)

    async def _trickle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        leaving = asyncio.ensure_future(reader.read())
        with suppress(OSError):
            while not leaving.done():
                await asyncio.wait([leaving], timeout=TRICKLE_S)
                writer.write(bytes(TRICKLE_BYTES))
                await writer.drain()
        leaving.cancel()


def _send(
    writer: asyncio.StreamWriter,
    status: int,
    kind: str,
    body: bytes,
    method: str,
    most: int | None = None,
) -> None:
    head = (
        f"HTTP/1.1 {status} so\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"Docker-Content-Digest: {digest(body)}\r\n"
        "Docker-Distribution-Api-Version: registry/2.0\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + (b"" if method == "HEAD" else body[:most]))


@asynccontextmanager
async def scripted_registry(
    engine: PrivateEngine, image: ImageFiles
) -> AsyncIterator[ScriptedRegistry]:
    """Listens on the engine's own loopback."""
    registry = ScriptedRegistry(image)
    listening = await asyncio.to_thread(engine.listen)
    registry.port = listening.getsockname()[1]
    server = await asyncio.start_server(registry.serve, sock=listening)
    try:
        yield registry
    finally:
        server.close()
        for writer in list(registry.writers):
            writer.transport.abort()
        while registry.writers:
            await asyncio.sleep(0)
