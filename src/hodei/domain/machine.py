"""The form that all state machines share: a table of edges, and one function that follows them.

A machine is `Mapping[(state, type of event), state]`. Active and terminal states are derived
from the table, never listed apart, and the diagrams in `docs/states` are drawn from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from hodei.domain.errors import IllegalTransition

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Machine(Generic[S]):
    """A named transition table."""

    name: str
    states: type[S]
    initial: S
    table: Mapping[tuple[S, type[object]], S]

    def next(self, state: S, event: object) -> S:
        """The state after `event`; raises IllegalTransition when the table has no such edge."""
        try:
            return self.table[state, type(event)]
        except KeyError:
            raise IllegalTransition(self.name, state, event) from None

    def allows(self, state: S, event: type[object]) -> bool:
        """Whether the table has an edge for this type of event."""
        return (state, event) in self.table

    @property
    def active(self) -> frozenset[S]:
        """States that some edge leaves."""
        return frozenset(state for state, _ in self.table)

    @property
    def terminal(self) -> frozenset[S]:
        """States that no edge leaves."""
        return frozenset(self.states) - self.active
