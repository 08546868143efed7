"""The code that whoever sets up a server that the network reaches must know."""

from __future__ import annotations

from typing import Protocol


class SetupCode(Protocol):
    """A secret that only whoever sees the server's console or its files can know."""

    async def fits(self, code: str) -> bool:
        """Whether it is the one; compared in constant time."""
        ...

    async def spend(self) -> None:
        """It has been used: nobody needs it any more."""
        ...
