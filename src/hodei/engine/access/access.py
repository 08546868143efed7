"""Identity as one part of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from hodei.engine.access.oidc import Oidc, RolePolicy
from hodei.engine.access.recognition import Recognition
from hodei.engine.access.sign_ins import SignIns
from hodei.engine.access.tokens import Tokens
from hodei.engine.access.users import Users
from hodei.engine.core import Core
from hodei.ports.identity_provider import IdentityProvider
from hodei.ports.setup_code import SetupCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """How people get in."""

    sign_in_required: bool = False
    """Whether everybody must sign in even before there is a user."""
    setup_code: SetupCode | None = None
    """What the first administrator has to know; None: nothing."""
    provider: IdentityProvider | None = None
    roles: RolePolicy = field(default_factory=RolePolicy)
    """Of those who come from the provider."""


class Access:
    """Users, tokens, sign-ins, and whom a credential stands for."""

    def __init__(self, core: Core, entrance: Entrance) -> None:
        self.recognition = Recognition(core, required=entrance.sign_in_required)
        self.sign_ins = SignIns(core, core.passwords, self.recognition)
        self.tokens = Tokens(core, self.recognition)
        self.users = Users(
            core, core.passwords, self.recognition, self.sign_ins, entrance.setup_code
        )
        self.oidc: Oidc | None = None
        if entrance.provider is not None:
            self.oidc = Oidc(core, self.users, self.sign_ins, entrance.provider, entrance.roles)
