"""Sign-ins of browsers, and tries to sign in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.domain.access.tries import Tries
from hodei.domain.errors import Conflict
from hodei.domain.sign_in import SignIn


class SignIns(Part):
    """SignInStore and TriesStore."""

    async def add_sign_in(self, sign_in: SignIn) -> None:
        """See SignInStore."""
        await self._begin()
        user_id, token_id = sign_in.user_id, sign_in.token_id
        if (user_id and user_id not in self._tables.users) or (
            token_id and token_id not in self._tables.tokens
        ):
            raise Conflict("whoever signed in is no user any more")
        self._forget(lambda one: one.expires_at <= sign_in.created_at)
        self._tables.sign_ins[sign_in.digest] = sign_in

    async def find_sign_in(self, digest: bytes, now: datetime) -> SignIn | None:
        """See SignInStore."""
        await self._begin()
        found = self._tables.sign_ins.get(digest)
        return found if found is not None and found.expires_at > now else None

    async def sign_ins_of(self, user_id: UUID, now: datetime) -> Sequence[SignIn]:
        """See SignInStore."""
        await self._begin()
        kept = self._tables.sign_ins.values()
        found = [one for one in kept if one.user_id == user_id and one.expires_at > now]
        return sorted(found, key=lambda one: (-one.created_at.timestamp(), one.id))

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

    async def end_sign_in_of(self, user_id: UUID, sign_in_id: UUID) -> bool:
        """See SignInStore."""
        await self._begin()
        return self._forget(lambda one: one.user_id == user_id and one.id == sign_in_id) > 0

    async def end_sign_ins_of(self, user_id: UUID, *, but: UUID | None = None) -> None:
        """See SignInStore."""
        await self._begin()
        self._forget(lambda one: one.user_id == user_id and one.id != but)

    async def count_tries(
        self, keys: Sequence[bytes], *, now: datetime, window: timedelta
    ) -> Sequence[Tries]:
        """See TriesStore."""
        await self._begin()
        kept = self._tables.tries
        for key, old in list(kept.items()):
            if old.since <= now - window:
                del kept[key]
        for key in keys:
            before = kept.get(key) or Tries(key=key, since=now, count=0)
            kept[key] = replace(before, count=before.count + 1)
        return [kept[key] for key in keys]

    async def forgive(self, *, all_of: bytes, one_of: bytes) -> None:
        """See TriesStore."""
        await self._begin()
        kept = self._tables.tries
        kept.pop(all_of, None)
        if one_of in kept and kept[one_of].count > 0:
            kept[one_of] = replace(kept[one_of], count=kept[one_of].count - 1)

    def _forget(self, over: Callable[[SignIn], bool]) -> int:
        kept = self._tables.sign_ins
        gone = [digest for digest, one in kept.items() if over(one)]
        for digest in gone:
            del kept[digest]
        return len(gone)
