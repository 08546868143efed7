"""Where this server's directories are as the engine sees them.

The engine mounts paths of its own machine. A server that is itself in a container of that engine
knows its directories by other names: those of the volumes that it was given. The engine is asked
once which they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from hodei.adapters.docker.engine import Engine
from hodei.domain.errors import ProviderUnavailable
from hodei.domain.parsing.answers import objects, text

MARK = Path("/.dockerenv")
"""Docker puts it into each of its containers."""
MOUNTS = Path("/proc/self/mountinfo")
_OWN_ID = re.compile(r"/containers/([0-9a-f]{64})/(?:hostname|hosts|resolv\.conf) /etc/")


def own_container(mark: Path = MARK, mounts: Path = MOUNTS) -> str | None:
    """Id of the container that this process is in; None: in none of Docker's. Raises OSError."""
    if not mark.exists():
        return None
    found = _OWN_ID.search(mounts.read_text("utf-8", "replace"))
    return found.group(1) if found else None


class HostPaths:
    """Paths of this process, as paths of the engine's machine."""

    def __init__(self, engine: Engine, container: str | None) -> None:
        self._engine = engine
        self._container = container
        self._volumes: Mapping[str, str] | None = None

    async def of(self, path: str) -> str:
        """The same place on the engine's machine.

        Raises EngineRefusal, and ProviderUnavailable for a path that the container does not share.
        """
        if self._container is None:
            return path
        if self._volumes is None:
            self._volumes = await self._read(self._container)
        return translate(path, self._volumes)

    async def _read(self, container: str) -> Mapping[str, str]:
        filters = json.dumps({"id": [container]})
        rows = objects(await self._engine.get("/containers/json", {"filters": filters}))
        # Of another engine than this one: then the operator has made the paths the same.
        found: dict[str, str] = {} if rows else {"/": "/"}
        for row in rows:
            for mount in objects(row.get("Mounts")):
                target, source = text(mount, "Destination"), text(mount, "Source")
                if target and source:
                    found[target] = source
        return found


def translate(path: str, volumes: Mapping[str, str]) -> str:
    """`path` below the volume that holds it, by where that one lies. Raises ProviderUnavailable."""
    place = PurePosixPath(path)
    for folder in (place, *place.parents):
        source = volumes.get(str(folder))
        if source is not None:
            return str(PurePosixPath(source) / place.relative_to(folder))
    raise ProviderUnavailable(
        f"this server is in a container, and {path} is in none of its volumes, so that the engine "
        "cannot mount it into jobs: mount a volume at HODEI_DATA_DIR, or set delivery to volume"
    )
