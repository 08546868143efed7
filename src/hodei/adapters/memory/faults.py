"""Failures of the memory store on request, held apart from the store that suffers them."""

from __future__ import annotations

from dataclasses import dataclass

from hodei.domain.errors import Unavailable


@dataclass(slots=True)
class MemoryFaults:
    """What shall go wrong. Give the same object to a store and to the test that drives it."""

    down: bool = False
    """While set, every call raises Unavailable and changes nothing."""
    commits_lost: int = 0
    """So many of the next commits raise Unavailable and save nothing."""
    commits_unanswered: int = 0
    """So many of the next commits raise Unavailable although everything was saved."""

    def on_call(self) -> None:
        """Before any call."""
        if self.down:
            raise Unavailable("the memory store was told to be down")

    def before_saving(self) -> None:
        """Before a commit."""
        if self.commits_lost > 0:
            self.commits_lost -= 1
            raise Unavailable("the memory store was told to lose this commit")

    def after_saving(self) -> None:
        """After a commit, in place of its answer."""
        if self.commits_unanswered > 0:
            self.commits_unanswered -= 1
            raise Unavailable("the memory store was told not to answer this commit")
