"""Named secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Secrets(Protocol):
    """Where the values of named secrets come from.

    Names are letters, digits, dots, dashes and underscores. Values are only ever handed to an
    enrolled worker's stream and to the redactor of its log.
    """

    async def missing(self, project: str, names: Sequence[str]) -> Sequence[str]:
        """Those of `names` that the project has no secret for."""
        ...

    async def resolve(self, project: str, names: Sequence[str]) -> Mapping[str, str]:
        """Values by name. Raises NotFound for the first one that is missing."""
        ...
