"""How people get in, as the settings say."""

from __future__ import annotations

from hodei.adapters.security.setup_code import FILE, FileSetupCode
from hodei.app import listening
from hodei.app.settings import Settings
from hodei.domain.access.roles import Role
from hodei.domain.errors import InvalidRequest
from hodei.engine.access.access import Entrance
from hodei.engine.access.oidc import RolePolicy
from hodei.engine.engine import Engine
from hodei.ports.identity_provider import IdentityProvider

CODE_CHARACTERS = 24


def entrance(settings: Settings) -> Entrance:
    """Raises InvalidRequest for a file that cannot be read."""
    required = settings.sign_in == "required" or listening.exposed(settings)
    default = settings.oidc_default_role
    return Entrance(
        sign_in_required=required,
        setup_code=FileSetupCode(settings.data_dir / FILE) if required else None,
        provider=_provider(settings),
        roles=RolePolicy(
            claim=settings.oidc_role_claim, default=Role(default) if default else None
        ),
    )


async def setup_code(settings: Settings, engine: Engine) -> str | None:
    """The code that waits for the first administrator, made when there is none; None: no code,
    or no need. Raises Unavailable."""
    access = engine.access
    if not access.users.setup_needs_code or await access.recognition.has_users():
        return None
    fresh = engine.core.chance.token()[:CODE_CHARACTERS]
    return FileSetupCode(settings.data_dir / FILE).read_or_make(fresh)


def _provider(settings: Settings) -> IdentityProvider | None:
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    # Only here: a server without a provider need not carry its libraries.
    from hodei.adapters.oidc.provider import OidcProvider, OidcSettings

    return OidcProvider(
        OidcSettings(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=_client_secret(settings),
            name=settings.oidc_name,
        )
    )


def _client_secret(settings: Settings) -> str:
    if settings.oidc_client_secret is not None or settings.oidc_client_secret_file is None:
        return settings.oidc_client_secret or ""
    path = settings.oidc_client_secret_file
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest.of(
            "HODEI_OIDC_CLIENT_SECRET_FILE", f"cannot be read: {error}", path
        ) from error
