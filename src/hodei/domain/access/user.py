"""Users: people who sign in, and what their names, passwords and roles may be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from hodei.domain.access.principal import Principal, Via
from hodei.domain.access.roles import ALL_PROJECTS, Role
from hodei.domain.errors import Unauthenticated
from hodei.domain.parsing.limits import PROJECT, Text
from hodei.domain.parsing.reader import (
    ABSENT,
    Report,
    check_text,
    describe,
    one_of,
    pick,
    printable,
    text_fault,
)

PASSWORD_LEAST = 12
PASSWORD_MOST = 256
"""Characters, after normalisation."""
MOST_ROLES = 1000
USER_NAME = Text(
    most=63,
    pattern=re.compile(r"[a-z0-9][a-z0-9._-]*"),
    expected="1 to 63 lower-case letters, digits, '.', '_' and '-', beginning with a letter or "
    "a digit",
)
PASSWORD_EXPECTED = (
    f"must have {PASSWORD_LEAST} to {PASSWORD_MOST} characters and not be the user's name"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may sign in, and the roles held."""

    id: UUID
    name: str
    roles: Mapping[str, Role] = field(default_factory=dict)
    """By project; ALL_PROJECTS counts for each."""
    enabled: bool = True
    password_hash: str | None = field(default=None, repr=False)
    """None: signs in another way, or not at all."""
    oidc_subject: str | None = None
    """`ISSUER SUBJECT` of the identity provider that this user signs in at."""
    created_at: datetime
    last_sign_in_at: datetime | None = None
    version: int = 0

    @property
    def administers(self) -> bool:
        """Whether this user can put right whatever any other user may be missing."""
        return self.enabled and self.roles.get(ALL_PROJECTS) is Role.ADMIN

    def principal(self, via: Via) -> Principal:
        """The user as a caller."""
        return Principal(name=self.name, via=via, roles=self.roles, user_id=self.id)


def normalised(password: str) -> str:
    """One form for what looks the same and may be typed differently (Unicode NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check_name(report: Report, raw: object, field_name: str = "name") -> str:
    """A user's name; notes why it is none."""
    return check_text(report, field_name, raw, USER_NAME) or ""


def check_password(report: Report, raw: object, *, name: str, field_name: str = "password") -> str:
    """A new password in its normal form; notes why it will not do, and never its text."""
    if not isinstance(raw, str):
        report.add(field_name, f"must be text: it {PASSWORD_EXPECTED}")
        return ""
    if fault := text_fault(raw):
        report.add(field_name, fault)
        return ""
    # Normalisation can lengthen a text eighteenfold: what is far too long is not looked at.
    password = normalised(raw) if len(raw) <= PASSWORD_MOST * 4 else raw
    fits = PASSWORD_LEAST <= len(password) <= PASSWORD_MOST
    if not fits or password.casefold() == name.casefold():
        report.add(field_name, PASSWORD_EXPECTED)
        return ""
    return password


def check_roles(report: Report, raw: object, field_name: str = "roles") -> Mapping[str, Role]:
    """Roles by project, as `{"default": "operator"}`; notes what is wrong."""
    if raw is ABSENT:
        return {}
    if not isinstance(raw, Mapping) or len(raw) > MOST_ROLES:
        expected = f"must be an object of at most {MOST_ROLES} roles by project, '*' for all"
        report.add(field_name, expected, raw)
        return {}
    roles: dict[str, Role] = {}
    for project, value in raw.items():
        at = f"{field_name}.{printable(str(project))}"
        if project != ALL_PROJECTS:
            check_text(report, at, project, PROJECT)
        role = pick(value, Role)
        if role is None:
            report.add(at, f"must be {one_of(Role, value)}", describe(value))
        else:
            roles[str(project)] = role
    return roles


class WrongPassword(Unauthenticated):
    """Said of an unknown user, a wrong password and a disabled user alike."""

    def __init__(self) -> None:
        super().__init__("the name or the password is wrong, or the user is disabled")
