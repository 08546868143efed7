"""Whom credentials stand for, and how passwords are asked for, on memory stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from hodei.domain.access import tries
from hodei.domain.access.handshake import Handshake, handshake_of
from hodei.domain.access.principal import Via
from hodei.domain.access.roles import ALL_PROJECTS, Role
from hodei.domain.access.user import User, WrongPassword
from hodei.domain.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    TooManyRequests,
    Unauthenticated,
)
from hodei.domain.sign_in import LIFETIME, Method
from hodei.engine.access.access import Access, Entrance
from hodei.engine.access.oidc import RolePolicy
from hodei.engine.access.recognition import REMEMBERED
from hodei.engine.access.sign_ins import Place
from hodei.engine.access.users import UserChange
from hodei.engine.projects import ProjectConfig
from hodei.ports.identity_provider import Identified
from tests.unit.engine.world import World, world

PASSWORD = "correct horse battery"
HERE = Place(source="10.0.0.1", agent="a browser")


@dataclass(slots=True)
class CountedPasswords:
    """Passwords in the open, and what was asked."""

    asked: list[str | None] = field(default_factory=list)
    newest: str = "2"

    async def hash(self, password: str) -> str:
        return f"{self.newest} {password}"

    async def verify(self, stored: str | None, password: str) -> bool:
        self.asked.append(stored)
        return stored is not None and stored.partition(" ")[2] == password

    def outdated(self, stored: str) -> bool:
        return not stored.startswith(self.newest)


@dataclass(slots=True)
class Vouching:
    """A provider that says what a test wants."""

    name: str = "Example"
    who: Identified = field(
        default_factory=lambda: Identified(issuer="https://id", subject="1", claims={})
    )

    async def login_url(self, handshake: Handshake, *, redirect_uri: str) -> str:
        return f"https://id/?state={handshake.state}"

    async def identify(self, code: str, handshake: Handshake, *, redirect_uri: str) -> Identified:
        return self.who


@dataclass(slots=True)
class Site:
    """Access over the stores of a world, with counted passwords."""

    world: World
    access: Access
    passwords: CountedPasswords
    provider: Vouching

    def another(self) -> Access:
        """The same of a replica that no hint reaches."""
        return Access(self.world.engine.core, Entrance())

    async def user(self, name: str = "bo", **roles: Role) -> User:
        """A user with a password, and roles in projects that are there."""
        for project in set(roles) - {"default"}:
            await self.world.engine.projects.put(project, ProjectConfig())
        held = roles or {ALL_PROJECTS: Role.ADMIN}
        hashed = await self.passwords.hash(PASSWORD)
        user = await self.access.users.create(name, password=PASSWORD, roles=held)
        assert user.password_hash == hashed
        return user


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """With an administrator `ana`."""
    async with world(provider=False) as made_world:
        passwords, provider = CountedPasswords(), Vouching()
        core = replace(made_world.engine.core, passwords=passwords)
        roles = RolePolicy(claim="role", default=Role.VIEWER)
        access = Access(core, Entrance(provider=provider, roles=roles))
        made = Site(made_world, access, passwords, provider)
        await made.user("ana")
        yield made


async def test_an_unknown_name_costs_a_verification_too(site: Site) -> None:
    await site.access.users.change("ana", UserChange(enabled=True))
    for name, password in (("nobody", PASSWORD), ("ana", "wrong"), ("ANA", PASSWORD)):
        with pytest.raises(WrongPassword):
            await site.access.sign_ins.with_password(name, password, HERE)
    assert site.passwords.asked == [None, f"2 {PASSWORD}", None]
    user = await site.access.users.get("ana")
    with pytest.raises(WrongPassword):
        await site.access.sign_ins.with_password(str(user.id), PASSWORD, HERE)


async def test_a_disabled_user_is_told_the_same(site: Site) -> None:
    bo = await site.user(default=Role.VIEWER)
    await site.access.users.change(str(bo.id), UserChange(enabled=False))
    with pytest.raises(WrongPassword):
        await site.access.sign_ins.with_password("bo", PASSWORD, HERE)
    assert site.passwords.asked == [f"2 {PASSWORD}"]


async def test_an_old_hash_is_made_anew_at_the_next_sign_in(site: Site) -> None:
    site.passwords.newest = "3"
    await site.access.sign_ins.with_password("ana", PASSWORD, HERE)
    assert (await site.access.users.get("ana")).password_hash == f"3 {PASSWORD}"


async def test_good_sign_ins_are_not_counted_and_bad_ones_end(site: Site) -> None:
    for _ in range(tries.PER_SOURCE * 2):
        await site.access.sign_ins.with_password("ana", PASSWORD, HERE)
    for _ in range(tries.PER_NAME):
        with pytest.raises(WrongPassword):
            await site.access.sign_ins.with_password("ana", "wrong", HERE)
    asked = len(site.passwords.asked)
    with pytest.raises(TooManyRequests):
        await site.access.sign_ins.with_password("ana", PASSWORD, HERE)
    assert len(site.passwords.asked) == asked, "nothing was looked at"
    await site.world.clock.advance(tries.WINDOW.total_seconds())
    await site.access.sign_ins.with_password("ana", PASSWORD, HERE)


async def test_what_is_remembered_is_forgotten_by_a_change_or_in_time(site: Site) -> None:
    bo = await site.user(default=Role.OPERATOR)
    secret, _ = await site.access.sign_ins.with_password("bo", PASSWORD, HERE)
    away = site.another()

    async def role(access: Access) -> Role | None:
        principal, _ = await access.recognition.session(secret, dev_mode=False)
        assert principal is not None and principal.via is Via.SESSION
        return principal.role_in("default")

    assert await role(site.access) is await role(away) is Role.OPERATOR
    await site.access.users.change(str(bo.id), UserChange(roles={"default": Role.VIEWER}))
    assert await role(site.access) is Role.VIEWER
    assert await role(away) is Role.OPERATOR, "no hint reached it"
    await site.world.clock.advance(REMEMBERED.total_seconds())
    assert await role(away) is Role.VIEWER


async def test_what_was_read_while_something_changed_is_not_remembered(site: Site) -> None:
    bo = await site.user(default=Role.OPERATOR)
    secret, _ = await site.access.sign_ins.with_password("bo", PASSWORD, HERE)
    site.access.recognition.forget()
    reading = asyncio.ensure_future(site.access.recognition.session(secret, dev_mode=False))
    await asyncio.sleep(0)
    await site.access.users.change(str(bo.id), UserChange(roles={}))
    await reading
    principal, _ = await site.access.recognition.session(secret, dev_mode=False)
    assert principal is not None and principal.roles == {}


async def test_a_sign_in_lives_on_by_being_used(site: Site) -> None:
    secret, made = await site.access.sign_ins.with_password("ana", PASSWORD, HERE)
    for _ in range(3):
        await site.world.clock.advance(LIFETIME.total_seconds() - 60)
        _, used = await site.access.recognition.session(secret, dev_mode=False)
        assert used.expires_at > made.expires_at
    await site.world.clock.advance(LIFETIME.total_seconds())
    with pytest.raises(Unauthenticated):
        await site.access.recognition.session(secret, dev_mode=False)


async def test_a_tokens_use_is_written_at_most_once_a_minute(site: Site) -> None:
    ana = await site.access.users.get("ana")
    text, token = await site.access.tokens.create(
        ana.principal(Via.SESSION), "ci", role=Role.VIEWER
    )
    store = site.world.engine.core.store
    seen = set()
    for _ in range(13):
        await site.access.recognition.token(text)
        found = await store.get_token(token.id)
        assert found is not None and found.last_used_at is not None
        seen.add(found.last_used_at)
        await site.world.clock.advance(5)
    assert len(seen) == 2


async def test_tokens_are_bounded_by_what_their_maker_may(site: Site) -> None:
    bo = await site.user(default=Role.OPERATOR, web=Role.ADMIN)
    maker = bo.principal(Via.SESSION)
    for role, project, field_name in (
        (Role.ADMIN, "default", "role"),
        (Role.VIEWER, "other", "project"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            await site.access.tokens.create(maker, "x", role=role, project=project)
        assert [one.field for one in refused.value.violations] == [field_name]
    with pytest.raises(Conflict):
        await site.access.tokens.create(replace(maker, user_id=None), "x", role=Role.VIEWER)


async def test_a_sign_in_of_development_mode_is_over_without_it(site: Site) -> None:
    nobody = replace(
        (await site.access.users.get("ana")).principal(Via.DEV), user_id=None, name="dev"
    )
    secret, made = await site.access.sign_ins.with_token(nobody, HERE)
    assert (made.method, made.owner) == (Method.DEV, "dev")
    assert (await site.access.recognition.session(secret, dev_mode=True))[0] is None
    with pytest.raises(Unauthenticated):
        await site.access.recognition.session(secret, dev_mode=False)


async def test_the_first_user_must_be_an_administrator() -> None:
    async with world(provider=False) as made_world:
        access = Access(made_world.engine.core, Entrance())
        assert not await access.recognition.sign_in_needed()
        with pytest.raises(Conflict):
            await access.users.create("bo", roles={"default": Role.ADMIN})
        await access.users.set_up("ana", PASSWORD, "")
        assert await access.recognition.sign_in_needed()
        with pytest.raises(Conflict):
            await access.users.set_up("eve", PASSWORD, "")


async def test_roles_of_a_provider_never_take_the_last_administrator(site: Site) -> None:
    oidc = site.access.oidc
    assert oidc is not None
    await site.access.users.create(
        "root", roles={ALL_PROJECTS: Role.ADMIN}, oidc_subject="https://id 1"
    )

    async def come() -> Role | None:
        secret, _ = await oidc.begin(redirect_uri="x")
        state = handshake_of(secret).state
        _, sign_in = await oidc.finish(secret, state=state, code="c", redirect_uri="x", place=HERE)
        return (await site.access.users.get(sign_in.owner)).roles.get(ALL_PROJECTS)

    assert await come() is Role.VIEWER
    site.provider.who = replace(site.provider.who, claims={"role": ["x", "admin", "viewer"]})
    assert await come() is Role.ADMIN
    await site.access.users.delete("ana")
    site.provider.who = replace(site.provider.who, claims={"role": "viewer"})
    assert await come() is Role.ADMIN, "the last one stays"
    secret, _ = await oidc.begin(redirect_uri="x")
    with pytest.raises(Unauthenticated):
        await oidc.finish(secret, state="forged", code="c", redirect_uri="x", place=HERE)
    await site.access.users.create("ana", roles={ALL_PROJECTS: Role.ADMIN})
    await site.access.users.change("root", UserChange(enabled=False))
    with pytest.raises(Forbidden):
        await come()


def test_the_greatest_role_of_a_claim_counts() -> None:
    policy = RolePolicy(claim="groups")
    for claims, role in (
        ({"groups": ["viewer", "admin", 7, None]}, Role.ADMIN),
        ({"groups": "operator"}, Role.OPERATOR),
        ({"groups": "Admin"}, None),
        ({"groups": {"admin": True}}, None),
        ({}, None),
    ):
        assert policy.role(claims) is role
    assert RolePolicy(default=Role.VIEWER).role({"groups": "admin"}) is Role.VIEWER


def test_remembering_is_short() -> None:
    assert timedelta(0) < REMEMBERED <= timedelta(seconds=5)
