"""Sign-ins of browsers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hodei.adapters.memory.part import Part
from hodei.domain.sign_in import SignIn


class SignIns(Part):
    """SignInStore."""

    async def add_sign_in(self, sign_in: SignIn) -> None:
        """See SignInStore."""
        await self._begin()
        kept = self._tables.sign_ins
        for digest, old in list(kept.items()):
            if old.expires_at <= sign_in.created_at:
                del kept[digest]
        kept[sign_in.digest] = sign_in

    async def find_sign_in(self, digest: bytes, now: datetime) -> SignIn | None:
        """See SignInStore."""
        await self._begin()
        found = self._tables.sign_ins.get(digest)
        return found if found is not None and found.expires_at > now else None

    async def renew_sign_in(self, digest: bytes, expires_at: datetime) -> None:
        """See SignInStore."""
        await self._begin()
        found = self._tables.sign_ins.get(digest)
        if found is not None:
            self._tables.sign_ins[digest] = replace(found, expires_at=expires_at)

    async def end_sign_in(self, digest: bytes) -> None:
        """See SignInStore."""
        await self._begin()
        self._tables.sign_ins.pop(digest, None)
