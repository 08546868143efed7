"""What the entry point names: makes Kubernetes providers, and loads what they need only then."""

from __future__ import annotations

from collections.abc import Mapping

from hodei.adapters.kubernetes.parsing import parse_settings
from hodei.adapters.kubernetes.schema import settings_schema
from hodei.ports.provider import Provider, ProviderContext


class KubernetesProviderFactory:
    """Makes Kubernetes providers; found by its entry point."""

    type = "kubernetes"

    def settings_schema(self) -> Mapping[str, object]:
        """JSON Schema (2020-12) of the settings."""
        return settings_schema()

    def create(self, settings: Mapping[str, object], context: ProviderContext) -> Provider:
        """A provider that has not been opened. Raises InvalidRequest for bad settings."""
        parsed = parse_settings(settings)
        # A server without a Kubernetes provider does not pay for an HTTP client.
        from hodei.adapters.kubernetes.provider import KubernetesProvider

        return KubernetesProvider(parsed, context)


FACTORY = KubernetesProviderFactory()
