"""Whose rights an SSH key has."""

from __future__ import annotations

import pytest

from hodei.api.identity import Identity
from hodei.domain.access.principal import Via
from hodei.domain.access.roles import ALL_PROJECTS, Permission, Role
from hodei.domain.errors import Unauthenticated
from hodei.engine.access.users import UserChange
from hodei.engine.engine import Engine
from tests.integration.access.installation import OURS, THEIRS, installation


async def test_a_key_opens_what_its_user_may_open() -> None:
    async with installation(people=False) as place:
        await _keys(place.engine)


async def _keys(engine: Engine) -> None:
    users = engine.access.users
    identity = Identity(engine.access, dev_mode=False)
    before = await identity.keyed("ann@laptop")
    assert (before.name, before.via) == ("ann@laptop", Via.KEY)
    assert before.may(Permission.TERMINAL_OPEN, THEIRS), "nobody need sign in yet"
    await users.create("root", roles={ALL_PROJECTS: Role.ADMIN})
    with pytest.raises(Unauthenticated, match="no user"):
        await identity.keyed("ann@laptop")
    await users.create("ann", roles={OURS: Role.OPERATOR})
    for name in ("ann", "ann@laptop"):
        ann = await identity.keyed(name)
        assert (ann.name, ann.via) == ("ann", Via.KEY)
        assert ann.may(Permission.TERMINAL_OPEN, OURS)
        assert not ann.may(Permission.TERMINAL_OPEN, THEIRS)
    await users.change("ann", UserChange(enabled=False))
    with pytest.raises(Unauthenticated):
        await identity.keyed("ann@laptop")
