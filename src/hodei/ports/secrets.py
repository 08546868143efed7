"""Secrets: values that have a name in a mounted directory, and values that are sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class MountedSecret:
    """A secret that the operator put on the server's machine."""

    project: str
    name: str
    changed_at: datetime


class MountedSecrets(Protocol):
    """Secrets that come from outside; they win over stored ones of the same name.

    Names are letters, digits, dots, dashes and underscores. Values are only ever handed to an
    enrolled worker's stream and to the redactor of its log.
    """

    async def all(self, project: str | None = None) -> Sequence[MountedSecret]:
        """Those of a project, or of every one, by project and name."""
        ...

    async def values(self, project: str, names: Sequence[str]) -> Mapping[str, str]:
        """Values by name, of those of `names` that are there."""
        ...


class Sealer(Protocol):
    """Makes secret values unreadable in the store.

    Sealing is deterministic: the same value in the same place gives the same text on every
    replica that seals with the same key. Several keys may be known, one of them seals.
    """

    def seal(self, value: str, *place: str) -> str:
        """The sealed form, printable ASCII, bound to the place."""
        ...

    def unseal(self, sealed: str, *place: str) -> str:
        """The value. Raises NotFound when no key opens it or the text was changed."""
        ...

    @property
    def sealed_now(self) -> str:
        """What begins every text that is sealed now; others are sealed with an older key."""
        ...
