"""Secrets: values that have a name, and values that are sealed."""

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


class Sealer(Protocol):
    """Makes secret values unreadable in the store.

    Sealing is deterministic: the same value of the same project and variable gives the same
    text on every replica with the same key, so that equal specs stay equal.
    """

    def seal(self, value: str, *, project: str, name: str) -> str:
        """The sealed form, printable ASCII, bound to the project and the variable's name."""
        ...

    def unseal(self, sealed: str, *, project: str, name: str) -> str:
        """The value. Raises NotFound when the key is another one or the text was changed."""
        ...
