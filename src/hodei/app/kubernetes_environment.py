"""The cluster that the environment names, as settings of a provider."""

from __future__ import annotations

from hodei.adapters.kubernetes.parsing import parse_settings
from hodei.app.settings import Settings
from hodei.domain.errors import InvalidRequest, Violation

NAMES = {
    "settings.kubeconfig_file": "KUBECONFIG",
    "settings.namespace": "HODEI_K8S_NAMESPACE",
    "settings.agent_image": "HODEI_K8S_AGENT_IMAGE",
}


def kubernetes_settings(settings: Settings) -> dict[str, object]:
    """Of the seeded provider `kubernetes`. Raises InvalidRequest that names the variable."""
    given: dict[str, object] = {}
    if settings.kubeconfig is not None:
        given["kubeconfig_file"] = str(settings.kubeconfig.expanduser().absolute())
    if settings.k8s_namespace:
        given["namespace"] = settings.k8s_namespace
    if settings.k8s_agent_image:
        given["agent_image"] = settings.k8s_agent_image
    try:
        parse_settings(given)
    except InvalidRequest as error:
        found = [
            Violation(field=NAMES[each.field], message=each.message, value=each.value)
            for each in error.violations
        ]
        raise InvalidRequest(found) from error
    return given
