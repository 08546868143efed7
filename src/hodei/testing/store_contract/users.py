"""Users, and their API tokens."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

from hodei.domain.access.api_token import FORGOTTEN_AFTER, ApiToken, token_digest
from hodei.domain.access.roles import ALL_PROJECTS, Role
from hodei.domain.access.user import User
from hodei.domain.sign_in import Method, SignIn, digest_of
from hodei.ports.store import Store
from hodei.ports.users import UserVerdict
from hodei.testing.store_contract.rows import T0, after

ANA = User(id=UUID(int=0xA), name="ana", roles={ALL_PROJECTS: Role.ADMIN}, created_at=T0, version=0)
BO = User(
    id=UUID(int=0xB),
    name="bo",
    roles={"default": Role.VIEWER, "web": Role.OPERATOR},
    password_hash="one",
    oidc_subject="https://id.example 7",
    created_at=T0,
)


def token_of(user: User, name: str = "ci", second: float = 0) -> ApiToken:
    """A token of `user`."""
    return ApiToken(
        id=uuid4(),
        digest=token_digest(f"{user.name} {name}"),
        user_id=user.id,
        owner=user.name,
        name=name,
        role=Role.OPERATOR,
        project="web",
        created_at=after(second),
        expires_at=after(3600),
    )


def sign_in_of(user: User, secret: str, *, token: ApiToken | None = None) -> SignIn:
    """A sign-in of `user`."""
    return SignIn(
        id=uuid4(),
        digest=digest_of(secret),
        owner=user.name,
        method=Method.TOKEN if token else Method.PASSWORD,
        user_id=user.id,
        token_id=token.id if token else None,
        created_at=T0,
        expires_at=after(3600),
        agent="a browser",
        source="127.0.0.1",
    )


class UserContract:
    """UserStore."""

    async def test_a_user_is_found_by_id_name_and_subject(
        self, store: Store, other_store: Store
    ) -> None:
        assert not await store.has_users()
        for user in (BO, ANA):
            assert await store.add_user(user) is UserVerdict.SAVED
        assert await other_store.has_users()
        stored = replace(BO, version=1)
        assert await other_store.get_user("bo") == stored
        assert await other_store.get_user(str(BO.id)) == stored
        assert await other_store.user_by_subject("https://id.example 7") == stored
        assert await other_store.list_users() == [replace(ANA, version=1), stored]
        for nobody in ("Bo", "", str(uuid4()), "b%"):
            assert await store.get_user(nobody) is None
        assert await store.user_by_subject("7") is None

    async def test_names_and_subjects_are_of_one_user(self, store: Store) -> None:
        await store.add_user(BO)
        same_name = replace(ANA, name="bo")
        same_subject = replace(ANA, oidc_subject=BO.oidc_subject)
        for user in (same_name, same_subject):
            assert await store.add_user(user) is UserVerdict.TAKEN
        await store.add_user(ANA)
        for user in (same_name, same_subject):
            assert await store.save_user(replace(user, version=1)) is UserVerdict.TAKEN
        assert await store.get_user("ana") == replace(ANA, version=1)

    async def test_only_one_of_many_at_once_is_the_first(
        self, store: Store, other_store: Store
    ) -> None:
        users = [replace(ANA, id=uuid4(), name=f"u{number}") for number in range(6)]
        verdicts = await asyncio.gather(
            *(
                (store, other_store)[number % 2].add_user(user, first=True)
                for number, user in enumerate(users)
            )
        )
        assert sorted(verdicts) == [UserVerdict.NOT_FIRST] * 5 + [UserVerdict.SAVED]
        assert len(await store.list_users()) == 1

    async def test_a_change_needs_the_version_it_was_made_from(self, store: Store) -> None:
        await store.add_user(BO)
        changed = replace(BO, version=1, enabled=False, roles={}, password_hash=None)
        assert await store.save_user(changed) is UserVerdict.SAVED
        assert await store.get_user("bo") == replace(changed, version=2)
        assert await store.save_user(changed) is UserVerdict.STALE
        assert await store.save_user(replace(ANA, version=1)) is UserVerdict.GONE

    async def test_the_last_admin_stays_one(self, store: Store) -> None:
        await store.add_user(ANA)
        await store.add_user(BO)
        ana = replace(ANA, version=1)
        for less in (
            replace(ana, roles={ALL_PROJECTS: Role.OPERATOR}),
            replace(ana, roles={"default": Role.ADMIN}),
            replace(ana, enabled=False),
        ):
            assert await store.save_user(less) is UserVerdict.LAST_ADMIN
        assert await store.delete_user(ana.id) is UserVerdict.LAST_ADMIN
        assert await store.get_user("ana") == ana
        assert await store.save_user(replace(ana, name="anna")) is UserVerdict.SAVED
        await store.save_user(replace(BO, version=1, roles=ANA.roles))
        assert await store.delete_user(ana.id) is UserVerdict.SAVED
        assert await store.delete_user(ana.id) is UserVerdict.GONE

    async def test_two_admins_cannot_both_go_at_once(
        self, store: Store, other_store: Store
    ) -> None:
        await store.add_user(ANA)
        await store.add_user(replace(BO, roles=ANA.roles))
        verdicts = await asyncio.gather(
            store.delete_user(ANA.id),
            other_store.save_user(replace(BO, version=1, roles={})),
        )
        assert sorted(verdicts) == [UserVerdict.LAST_ADMIN, UserVerdict.SAVED]

    async def test_signing_in_changes_no_version(self, store: Store) -> None:
        await store.add_user(BO)
        await store.note_sign_in(BO.id, after(5))
        assert await store.replace_hash(BO.id, "one", "two")
        assert not await store.replace_hash(BO.id, "one", "three")
        found = await store.get_user("bo")
        assert found == replace(BO, version=1, last_sign_in_at=after(5), password_hash="two")
        assert await store.save_user(replace(BO, version=1)) is UserVerdict.SAVED
        again = await store.get_user("bo")
        assert again is not None and again.last_sign_in_at == after(5)


class ApiTokenContract:
    """ApiTokenStore."""

    async def test_a_token_is_found_by_its_digest_with_its_owner(
        self, store: Store, other_store: Store
    ) -> None:
        await store.add_user(BO)
        token = token_of(BO)
        assert await store.add_token(token, most=9)
        assert await other_store.find_token(token.digest) == token
        assert await other_store.get_token(token.id) == token
        assert await store.find_token(token_digest("another")) is None
        await store.save_user(replace(BO, version=1, name="rob"))
        assert await store.find_token(token.digest) == replace(token, owner="rob")

    async def test_tokens_are_bounded_and_named_once(self, store: Store) -> None:
        await store.add_user(ANA)
        await store.add_user(BO)
        first, second = token_of(BO), token_of(BO, "laptop", 1)
        assert not await store.add_token(token_of(replace(BO, id=uuid4())), most=9)
        assert await store.add_token(first, most=2)
        assert not await store.add_token(
            replace(second, name="ci", digest=token_digest("x")), most=9
        )
        assert await store.add_token(second, most=2)
        assert not await store.add_token(token_of(BO, "third"), most=2)
        other = token_of(ANA, "ci", 2)
        assert await store.add_token(other, most=2)
        assert await store.list_tokens(BO.id) == [second, first]
        assert await store.list_tokens() == [other, second, first]

    async def test_tokens_that_are_over_make_room_and_are_forgotten(self, store: Store) -> None:
        await store.add_user(BO)
        old, new = token_of(BO, "old"), token_of(BO, "new", 3600)
        await store.add_token(old, most=1)
        assert not await store.add_token(token_of(BO, "too many", 3599), most=1)
        new = replace(new, expires_at=None)
        assert await store.add_token(new, most=1)
        assert await store.list_tokens(BO.id) == [new, old]
        later = token_of(BO, "later", 3600 + FORGOTTEN_AFTER.total_seconds())
        assert await store.add_token(later, most=2)
        assert await store.list_tokens(BO.id) == [later, new]

    async def test_a_use_is_stored_unless_it_is_older(self, store: Store) -> None:
        await store.add_user(BO)
        token = token_of(BO)
        await store.add_token(token, most=9)
        for second in (10, 5):
            await store.note_token_use(token.id, after(second))
        assert await store.get_token(token.id) == replace(token, last_used_at=after(10))
        assert await store.delete_token(token.id)
        assert not await store.delete_token(token.id)
        await store.note_token_use(token.id, after(20))
        assert await store.get_token(token.id) is None

    async def test_what_a_user_held_goes_with_the_user(self, store: Store) -> None:
        await store.add_user(BO)
        token, other = token_of(BO), token_of(BO, "other")
        for one in (token, other):
            await store.add_token(one, most=9)
        await store.add_sign_in(sign_in_of(BO, "a", token=token))
        await store.add_sign_in(sign_in_of(BO, "b"))
        await store.delete_token(token.id)
        assert await store.find_sign_in(digest_of("a"), T0) is None
        assert await store.find_sign_in(digest_of("b"), T0) is not None
        await store.delete_user(BO.id)
        assert await store.find_sign_in(digest_of("b"), T0) is None
        assert await store.find_token(other.digest) is None
        assert await store.list_tokens() == []
