"""The cluster that the environment names, as settings of a provider."""

from __future__ import annotations

from pathlib import Path

from hodei.adapters.kubernetes.parsing import parse_settings
from hodei.adapters.kubernetes.settings_file import settings_in
from hodei.app.settings import Settings
from hodei.domain.errors import InvalidRequest, Violation

NAMES = {
    "kubeconfig_file": "KUBECONFIG",
    "namespace": "HODEI_K8S_NAMESPACE",
    "agent_image": "HODEI_K8S_AGENT_IMAGE",
}
"""Settings that have a variable each."""
FILE = "HODEI_K8S_SETTINGS_FILE"


def kubernetes_settings(settings: Settings) -> dict[str, object]:
    """Of the seeded provider `kubernetes`. Raises InvalidRequest that names the variable."""
    given = _in_file(settings.k8s_settings_file) if settings.k8s_settings_file else {}
    if settings.kubeconfig is not None:
        given["kubeconfig_file"] = str(settings.kubeconfig.expanduser().absolute())
    if settings.k8s_namespace:
        given["namespace"] = settings.k8s_namespace
    if settings.k8s_agent_image:
        given["agent_image"] = settings.k8s_agent_image
    try:
        parse_settings(given)
    except InvalidRequest as error:
        raise InvalidRequest([_renamed(each) for each in error.violations]) from error
    return given


def _in_file(path: Path) -> dict[str, object]:
    try:
        found = settings_in(path)
        if named := sorted(NAMES.keys() & found.keys()):
            raise ValueError(f"{named[0]} does not belong there: set {NAMES[named[0]]}")
    except ValueError as error:
        raise InvalidRequest.of(FILE, str(error), path) from error
    return found


def _renamed(fault: Violation) -> Violation:
    name = fault.field.removeprefix("settings.")
    if name in NAMES:
        return Violation(field=NAMES[name], message=fault.message, value=fault.value)
    return Violation(field=FILE, message=f"{name} {fault.message}", value=fault.value)
