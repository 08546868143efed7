"""Named secrets without their values."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hodei.api.http.schemas.model import Model
from hodei.domain.secret import Secret
from hodei.engine.secrets import Rotation


class SecretView(Model):
    """A secret; its value is in no answer."""

    project: str
    name: str
    version: int
    """How often it was set; 0: it comes from a file of the server."""
    created_at: datetime
    updated_at: datetime
    updated_by: str
    last_used_at: datetime | None
    """When it last went to a worker; null: never, or not known of a file."""

    @classmethod
    def of(cls, secret: Secret) -> SecretView:
        """A secret as it is shown."""
        return cls(
            project=secret.project,
            name=secret.name,
            version=secret.version,
            created_at=secret.created_at,
            updated_at=secret.updated_at,
            updated_by=secret.updated_by,
            last_used_at=secret.last_used_at,
        )


class Secrets(Model):
    """Secrets, by project and name."""

    items: list[SecretView]


class RotationView(Model):
    """How far sealing anew has come."""

    key: str
    """Id of the key that seals now."""
    secrets: int
    """Named secrets that were sealed anew, as the next three."""
    providers: int
    webhooks: int
    jobs: int
    unreadable: int
    """Sealed with a key that this server does not have; they stay as they are."""
    next_cursor: UUID | None
    """Send it with the next call; null: all is done."""

    @classmethod
    def of(cls, rotation: Rotation) -> RotationView:
        """A rotation as it is shown."""
        return cls(
            key=rotation.key,
            secrets=rotation.secrets,
            providers=rotation.providers,
            webhooks=rotation.webhooks,
            jobs=rotation.jobs,
            unreadable=rotation.unreadable,
            next_cursor=rotation.cursor,
        )
