"""Whether a cluster would take the pods of a provider, and what exactly is in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from hodei.adapters.kubernetes.api import Api
from hodei.adapters.kubernetes.errors import (
    FORBIDDEN,
    MISSING,
    ApiRefusal,
    provider_error,
    translated,
)
from hodei.adapters.kubernetes.facts import Nodes, quotas, read_nodes
from hodei.adapters.kubernetes.settings import KubernetesSettings
from hodei.domain.errors import ProviderUnavailable
from hodei.domain.parsing.answers import Answer, inner, objects, text, texts

REVIEWS = "/apis/authorization.k8s.io/v1"

Right = tuple[str, str, str]
"""Group of the API, resource, verb."""

RIGHTS: tuple[Right, ...] = (
    ("", "pods", "create"),
    ("", "pods", "get"),
    ("", "pods", "list"),
    ("", "pods", "watch"),
    ("", "pods", "delete"),
    ("", "secrets", "create"),
    ("", "secrets", "update"),
    ("", "secrets", "delete"),
)
POLICY_RIGHTS: tuple[Right, ...] = (
    ("networking.k8s.io", "networkpolicies", "create"),
    ("networking.k8s.io", "networkpolicies", "update"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found."""

    reason: str = ""
    """Why no worker can be made; empty when one can."""
    details: Mapping[str, str]
    nodes: Nodes | None = None
    well: bool = False
    """Whether nothing is in the way of any project either."""


async def examine(
    api: Api, settings: KubernetesSettings, samples: Mapping[str, Mapping[str, object]]
) -> Finding:
    """Asks for version, rights, nodes and quotas, and lets the cluster judge sample pods.

    `samples`: one for each namespace; what is wrong with any but the first stops only the project
    that has it, and is told as a detail. Nothing is created. Raises ProviderError when the cluster
    does not answer.
    """
    home, *others = samples
    details = {"server": api.server, "namespace": home}
    with translated("say its version"):
        version = text(await api.get("/version"), "gitVersion")
    if not version:
        raise ProviderUnavailable(f"what answers at {api.server} is no Kubernetes API server")
    details["version"] = version
    reason = await _unready(api, home, settings)
    if reason:
        return Finding(details=details, reason=reason)
    nodes = await _nodes(api, settings)
    if nodes is not None:
        details["nodes"] = f"{nodes.ready} of {nodes.total} ready"
        details["largest_node"] = f"{nodes.cpus:g} CPUs, {nodes.memory_mb} MiB"
    for name, words in (await _quotas(api, _path(home))).items():
        details[f"quota_{name}"] = words
    reason = _no_node(nodes, settings) or await _refused(api, home, samples[home])
    well = not reason
    for other in others:
        fault = await _unready(api, other, settings) or await _refused(api, other, samples[other])
        details[f"namespace_{other}"] = fault or "ready"
        well = well and not fault
    return Finding(details=details, nodes=nodes, reason=reason, well=well)


async def takes(api: Api, samples: Mapping[str, Mapping[str, object]]) -> bool:
    """Whether the cluster would take every one of the pods. Raises ProviderError when it does not
    answer."""
    return not any([await _refused(api, each, body) for each, body in samples.items()])


async def _unready(api: Api, namespace: str, settings: KubernetesSettings) -> str:
    """What is missing in a namespace before any pod can be made there."""
    if await _is_missing(api, _path(namespace)):
        return f"there is no namespace {namespace!r}"
    lacking = await missing_rights(api, namespace, settings)
    if lacking:
        words = ", ".join(_words(right) for right in lacking)
        return f"these rights are missing in namespace {namespace!r}: {words}"
    for name in settings.image_pull_secrets:
        if await _is_missing(api, f"{_path(namespace)}/secrets/{quote(name)}"):
            return f"there is no image pull secret {name!r} in namespace {namespace!r}"
    return ""


def _path(namespace: str) -> str:
    return f"/api/v1/namespaces/{quote(namespace)}"


async def missing_rights(api: Api, namespace: str, settings: KubernetesSettings) -> Sequence[Right]:
    """Rights that the provider needs and its account has not."""
    wanted = RIGHTS + (POLICY_RIGHTS if settings.network_none_egress is not None else ())
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    with translated("say which rights there are"):
        answer = await api.post(f"{REVIEWS}/selfsubjectrulesreviews", body)
        status = inner(answer, "status")
        rules = objects(status.get("resourceRules"))
        lacking = [right for right in wanted if not any(grants(rule, right) for rule in rules)]
        if not lacking or status.get("incomplete") is not True:
            return lacking
        # An authorizer that cannot list what it allows may allow it all the same.
        return [right for right in lacking if not await _is_allowed(api, namespace, right)]


def grants(rule: Answer, right: Right) -> bool:
    """Whether a rule gives a right for every object; rules for single names give none."""
    group, resource, verb = right
    return (
        not texts(rule, "resourceNames")
        and bool({group, "*"} & set(texts(rule, "apiGroups")))
        and bool({resource, "*"} & set(texts(rule, "resources")))
        and bool({verb, "*"} & set(texts(rule, "verbs")))
    )


async def _is_allowed(api: Api, namespace: str, right: Right) -> bool:
    group, resource, verb = right
    attributes = {"namespace": namespace, "group": group, "resource": resource, "verb": verb}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = await api.post(f"{REVIEWS}/selfsubjectaccessreviews", body)
    return inner(answer, "status").get("allowed") is True


async def _is_missing(api: Api, path: str) -> bool:
    """Whether it is certainly not there; who may not look does not know."""
    try:
        await api.get(path)
    except ApiRefusal as refusal:
        if refusal.status not in (MISSING, FORBIDDEN):
            raise provider_error("answer", refusal) from refusal
        return refusal.status == MISSING
    return False


async def _nodes(api: Api, settings: KubernetesSettings) -> Nodes | None:
    chosen = ",".join(f"{name}={value}" for name, value in settings.node_selector.items())
    items = await _listed(api, "/api/v1/nodes", {"labelSelector": chosen})
    return None if items is None else read_nodes(items, settings)


async def _quotas(api: Api, here: str) -> Mapping[str, str]:
    return quotas(await _listed(api, f"{here}/resourcequotas", {}) or ())


async def _listed(api: Api, path: str, params: Mapping[str, str]) -> list[Answer] | None:
    """None: whoever asks may not know."""
    try:
        items, _ = await api.list(path, params)
    except ApiRefusal as refusal:
        if refusal.status != FORBIDDEN:
            raise provider_error("answer", refusal) from refusal
        return None
    return items


def _no_node(nodes: Nodes | None, settings: KubernetesSettings) -> str:
    if nodes is None or nodes.ready:
        return ""
    if nodes.total:
        return "none of the nodes is ready to take pods"
    if settings.node_selector:
        chosen = ", ".join(f"{name}={value}" for name, value in settings.node_selector.items())
        return f"no node carries the labels of node_selector: {chosen}"
    return "the cluster has no nodes"


async def _refused(api: Api, namespace: str, sample: Mapping[str, object]) -> str:
    """What the cluster says against a pod of this provider; nothing is stored."""
    try:
        await api.post(f"{_path(namespace)}/pods", sample, {"dryRun": "All"})
    except ApiRefusal as refusal:
        return str(provider_error("take a pod of this provider", refusal))
    return ""


def _words(right: Right) -> str:
    group, resource, verb = right
    return f"{verb} {resource}" + (f" of {group}" if group else "")
