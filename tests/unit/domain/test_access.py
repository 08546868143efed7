"""Roles and what they grant."""

from __future__ import annotations

import pytest

from hodei.domain.access.principal import Principal, Via, everything
from hodei.domain.access.roles import (
    ALL_PROJECTS,
    GRANTS,
    OF_INSTALLATION,
    SHARED_READING,
    Permission,
    Role,
)
from hodei.domain.errors import Forbidden


def somebody(**roles: Role) -> Principal:
    return Principal(name="ana", via=Via.SESSION, roles=roles)


def test_each_role_may_do_more_than_the_one_before() -> None:
    grants = [GRANTS[role] for role in Role]
    assert grants[0] < grants[1] < grants[2] == frozenset(Permission)


def test_a_role_holds_in_its_project_only() -> None:
    ana = somebody(blue=Role.OPERATOR, red=Role.VIEWER)
    assert ana.may(Permission.JOBS_RUN, "blue")
    assert not ana.may(Permission.JOBS_RUN, "red")
    assert not ana.may(Permission.JOBS_READ, "green")
    assert ana.projects_with(Permission.JOBS_RUN) == frozenset({"blue"})
    assert ana.projects_with(Permission.JOBS_READ) == frozenset({"blue", "red"})


def test_the_greater_role_counts() -> None:
    ana = Principal(
        name="ana", via=Via.SESSION, roles={ALL_PROJECTS: Role.VIEWER, "blue": Role.ADMIN}
    )
    assert ana.role_in("blue") is Role.ADMIN
    assert ana.role_in("red") is Role.VIEWER
    assert ana.projects_with(Permission.JOBS_READ) is None
    assert ana.projects_with(Permission.SECRETS_MANAGE) == frozenset({"blue"})


@pytest.mark.parametrize("permission", sorted(OF_INSTALLATION))
def test_an_admin_of_one_project_does_not_manage_the_installation(permission: Permission) -> None:
    manages = permission not in SHARED_READING
    assert somebody(blue=Role.ADMIN).may(permission, "blue") is not manages
    assert everything("root", Via.ANONYMOUS).may(permission)


def test_a_refusal_says_what_is_missing() -> None:
    ana = somebody(blue=Role.VIEWER)
    with pytest.raises(Forbidden, match=r"jobs\.run needs the role operator in project 'blue'"):
        ana.require(Permission.JOBS_RUN, "blue")
    with pytest.raises(Forbidden, match=r"users\.manage needs the role admin in all projects"):
        ana.require(Permission.USERS_MANAGE)
    ana.require(Permission.JOBS_READ, "blue")


def test_a_token_can_only_do_less() -> None:
    ana = somebody(blue=Role.ADMIN, red=Role.VIEWER)
    assert ana.limited(most=Role.OPERATOR, project=None) == {
        "blue": Role.OPERATOR,
        "red": Role.VIEWER,
    }
    assert ana.limited(most=Role.ADMIN, project="red") == {"red": Role.VIEWER}
    assert ana.limited(most=Role.ADMIN, project="green") == {}
    assert everything("root", Via.SESSION).limited(most=Role.VIEWER, project="green") == {
        "green": Role.VIEWER
    }
