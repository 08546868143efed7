"""What a run needs of a provider that is not always there: its place, its faults, what is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from chaos.witness import Witness

Note = Callable[[str], None]
"""Writes a sentence of what is being done into the ledger."""
Hurt = Callable[[Random, Note], bool]
"""Ends something, and mends what would not come back by itself; False: there is nothing to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One provider of a run, and whom its jobs tell that they run."""

    provider: str
    image: str | None
    witness: Witness
    weight: float = 1.0
    """How many jobs it gets, beside the other places."""
    every_ms: int = 2000
    """Between two slots of its schedule."""
    workers: int = 12
    """It may have so many at once."""
    cpu: float = 0.1
    memory_mb: int = 64
    settings: Mapping[str, object] = field(default_factory=dict)
    """Of the provider, over what it has by itself."""


class Ground(Protocol):
    """A provider that a run brings along itself."""

    @property
    def place(self) -> Place:
        """Where its jobs go."""
        ...

    def environment(self) -> Mapping[str, str]:
        """Of the next server that is made: each has ports of its own."""
        ...

    def faults(self) -> Mapping[str, tuple[Hurt, int]]:
        """Each kind of fault that it has, by name, with its weight beside others."""
        ...

    def leftovers(self) -> Sequence[str]:
        """What is left there, named for a person."""
        ...

    def clear(self) -> None:
        """Removes what is left there."""
        ...
