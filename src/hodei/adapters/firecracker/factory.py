"""What the entry point names: makes Firecracker providers, and loads what they need only then."""

from __future__ import annotations

from collections.abc import Mapping

from hodei.adapters.firecracker.parsing import parse_settings
from hodei.adapters.firecracker.schema import settings_schema
from hodei.ports.provider import Provider, ProviderContext


class FirecrackerProviderFactory:
    """Makes Firecracker providers; found by its entry point."""

    type = "firecracker"

    def settings_schema(self) -> Mapping[str, object]:
        """JSON Schema (2020-12) of the settings."""
        return settings_schema()

    def create(self, settings: Mapping[str, object], context: ProviderContext) -> Provider:
        """A provider that has not been opened. Raises InvalidRequest for bad settings."""
        parsed = parse_settings(settings)
        # A server without a Firecracker provider does not pay for an HTTP client.
        from hodei.adapters.firecracker.provider import FirecrackerProvider

        return FirecrackerProvider(parsed, context)


FACTORY = FirecrackerProviderFactory()
