"""What the entry point names: makes Docker providers, and loads what they need only then."""

from __future__ import annotations

from collections.abc import Mapping

from hodei.adapters.docker.schema import settings_schema
from hodei.adapters.docker.settings import parse_settings
from hodei.ports.provider import Provider, ProviderContext


class DockerProviderFactory:
    """Makes Docker providers; found by its entry point."""

    type = "docker"

    def settings_schema(self) -> Mapping[str, object]:
        """JSON Schema (2020-12) of the settings."""
        return settings_schema()

    def create(self, settings: Mapping[str, object], context: ProviderContext) -> Provider:
        """A provider that has not been opened. Raises InvalidRequest for bad settings."""
        parsed = parse_settings(settings)
        # A server without a Docker provider does not pay for an HTTP client.
        from hodei.adapters.docker.provider import DockerProvider

        return DockerProvider(parsed, context)


FACTORY = DockerProviderFactory()
