"""Time zones from the data that is installed with the server, never from the machine's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo


class PackagedZones:
    """Implements `hodei.domain.schedules.zones.Zones` with the package `tzdata`."""

    def get(self, name: str) -> tzinfo | None:
        """See Zones."""
        return _zone(name) if name in _names() else None

    def names(self) -> Sequence[str]:
        """See Zones."""
        return tuple(_names())


@cache
def _names() -> dict[str, None]:
    text = (resources.files("tzdata") / "zones").read_text(encoding="utf-8")
    return dict.fromkeys(sorted(text.split()))


@cache
def _zone(name: str) -> ZoneInfo:
    path = resources.files("tzdata") / "zoneinfo"
    for part in name.split("/"):
        path /= part
    with path.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
