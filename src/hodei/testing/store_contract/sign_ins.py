"""Sign-ins of browsers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hodei.domain.sign_in import SignIn, digest_of
from hodei.ports.store import Store
from hodei.testing.store_contract.rows import T0, after

ANA = SignIn(
    digest=digest_of("secret"), owner="ana", created_at=T0, expires_at=T0 + timedelta(hours=1)
)


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
            ANA, digest=digest_of("later"), created_at=after(3600), expires_at=after(7200)
        )
        await store.add_sign_in(later)
        assert await store.find_sign_in(ANA.digest, T0) is None
        assert await store.find_sign_in(later.digest, after(3600)) == later
