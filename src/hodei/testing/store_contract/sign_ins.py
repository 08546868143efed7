"""Sign-ins of browsers, and tries to sign in."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from hodei.domain.errors import Conflict
from hodei.domain.sign_in import Method, SignIn, digest_of
from hodei.ports.store import Store
from hodei.testing.store_contract.rows import T0, after
from hodei.testing.store_contract.users import BO, sign_in_of, token_of

ANA = SignIn(
    id=UUID(int=7),
    digest=digest_of("secret"),
    owner="ana",
    method=Method.DEV,
    created_at=T0,
    expires_at=T0 + timedelta(hours=1),
)
WINDOW = timedelta(seconds=60)


class SignInContract:
    """SignInStore."""

    async def test_it_is_found_by_its_digest_on_every_replica(
        self, store: Store, other_store: Store
    ) -> None:
        await store.add_sign_in(ANA)
        assert await other_store.find_sign_in(ANA.digest, T0) == ANA
        assert await store.find_sign_in(digest_of("another"), T0) is None

    async def test_it_is_over_when_its_time_has_come(self, store: Store) -> None:
        await store.add_sign_in(ANA)
        assert await store.find_sign_in(ANA.digest, after(3599)) == ANA
        assert await store.find_sign_in(ANA.digest, after(3600)) is None
        await store.renew_sign_in(ANA.digest, after(7200))
        assert await store.find_sign_in(ANA.digest, after(3600)) == replace(
            ANA, expires_at=after(7200)
        )

    async def test_it_ends_for_good(self, store: Store) -> None:
        await store.add_sign_in(ANA)
        for _ in range(2):
            await store.end_sign_in(ANA.digest)
            await store.renew_sign_in(ANA.digest, after(7200))
            assert await store.find_sign_in(ANA.digest, T0) is None

    async def test_those_that_are_over_are_forgotten_with_the_next_one(self, store: Store) -> None:
        await store.add_sign_in(ANA)
        later = replace(
            ANA,
            id=uuid4(),
            digest=digest_of("later"),
            created_at=after(3600),
            expires_at=after(7200),
        )
        await store.add_sign_in(later)
        assert await store.find_sign_in(ANA.digest, T0) is None
        assert await store.find_sign_in(later.digest, after(3600)) == later

    async def test_those_of_a_user_are_listed_and_end_one_by_one_or_together(
        self, store: Store
    ) -> None:
        await store.add_user(BO)
        await store.add_sign_in(ANA)
        mine = [
            replace(sign_in_of(BO, f"s{number}"), created_at=after(number)) for number in range(4)
        ]
        for one in mine:
            await store.add_sign_in(one)
        assert await store.sign_ins_of(BO.id, T0) == mine[::-1]
        assert await store.sign_ins_of(BO.id, after(3600)) == []
        assert not await store.end_sign_in_of(uuid4(), mine[0].id)
        assert not await store.end_sign_in_of(BO.id, ANA.id)
        assert await store.end_sign_in_of(BO.id, mine[0].id)
        assert await store.sign_ins_of(BO.id, T0) == mine[:0:-1]
        await store.end_sign_ins_of(BO.id, but=mine[2].id)
        assert await store.sign_ins_of(BO.id, T0) == [mine[2]]
        await store.end_sign_ins_of(BO.id)
        assert await store.sign_ins_of(BO.id, T0) == []
        assert await store.find_sign_in(ANA.digest, T0) == ANA

    async def test_whoever_is_gone_does_not_sign_in(self, store: Store) -> None:
        with pytest.raises(Conflict):
            await store.add_sign_in(sign_in_of(BO, "s"))
        await store.add_user(BO)
        with pytest.raises(Conflict):
            await store.add_sign_in(sign_in_of(BO, "s", token=token_of(BO)))


class TriesContract:
    """TriesStore."""

    async def test_tries_are_counted_together_until_their_window_ends(
        self, store: Store, other_store: Store
    ) -> None:
        stores = (store, other_store)
        await asyncio.gather(
            *(
                stores[n % 2].count_tries([b"name", b"here"], now=T0, window=WINDOW)
                for n in range(6)
            )
        )
        [name] = await store.count_tries([b"name"], now=after(59), window=WINDOW)
        assert (name.key, name.since, name.count) == (b"name", T0, 7)
        [name] = await store.count_tries([b"name"], now=after(60), window=WINDOW)
        assert (name.since, name.count) == (after(60), 1)
        [here] = await store.count_tries([b"here"], now=after(61), window=WINDOW)
        assert here.count == 1, "old ones were forgotten"

    async def test_a_good_try_is_taken_back(self, store: Store) -> None:
        for _ in range(3):
            await store.count_tries([b"name", b"here"], now=T0, window=WINDOW)
        await store.forgive(all_of=b"name", one_of=b"here")
        found = await store.count_tries([b"name", b"here"], now=T0, window=WINDOW)
        assert {one.key: one.count for one in found} == {b"name": 1, b"here": 3}
        await store.forgive(all_of=b"stranger", one_of=b"stranger")
