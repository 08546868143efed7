"""Turns what was typed into settings; every wrong field is named at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum

from hodei.adapters.kubernetes.manifests import unfit_patch
from hodei.adapters.kubernetes.settings import (
    MAX_CPU,
    MAX_ENTRIES,
    MAX_GPUS,
    MAX_KUBECONFIG,
    MAX_LIFETIME_S,
    MAX_MEMORY_MB,
    MAX_PATIENCE_S,
    MAX_WORKERS,
    Json,
    KubernetesSettings,
    PullPolicy,
)
from hodei.domain.errors import InvalidRequest, Violation, shorten
from hodei.domain.spec import Architecture

NAME = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
NAMESPACE = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
LABEL = r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
PROJECT = r"[a-z0-9]([a-z0-9._-]{0,62})?"
LABEL_VALUE = r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
IMAGE = r"[^\s]{1,512}"
CAPABILITY = r"[A-Z][A-Z_]{1,40}"
FILE = r"/\S.*"
MAX_USER = 2**31 - 1
MAX_PATCH = 65_536

_SECRET = frozenset({"kubeconfig"})


def parse_settings(given: Mapping[str, object]) -> KubernetesSettings:
    """The settings as a value. Raises InvalidRequest that names every wrong field."""
    read = _Reader(given)
    plain = KubernetesSettings()
    parsed = KubernetesSettings(
        kubeconfig=read.text("kubeconfig", f"(?s).{{1,{MAX_KUBECONFIG}}}", "a kubeconfig's text"),
        kubeconfig_file=read.text("kubeconfig_file", FILE, "an absolute path of a file"),
        context=read.text("context", r"\S.{0,252}", "the name of a context"),
        namespace=read.text("namespace", NAMESPACE, "the name of a namespace"),
        project_namespaces=read.pairs("project_namespaces", PROJECT, NAMESPACE),
        agent_image=read.text("agent_image", IMAGE, "the name of an image", plain.agent_image),
        pull_policy=PullPolicy(read.choice("pull_policy", PullPolicy, plain.pull_policy)),
        image_pull_secrets=read.texts("image_pull_secrets", NAME, "names of Secrets"),
        max_workers=read.whole("max_workers", 1, MAX_WORKERS) or plain.max_workers,
        max_cpu=read.cpu("max_cpu"),
        max_memory_mb=read.whole("max_memory_mb", 16, MAX_MEMORY_MB),
        gpus=read.whole("gpus", 0, MAX_GPUS),
        gpu_resource=read.text(
            "gpu_resource", LABEL, "the name of an extended resource", plain.gpu_resource
        ),
        architectures=read.architectures(),
        node_selector=read.pairs("node_selector", LABEL, LABEL_VALUE),
        tolerations=read.objects("tolerations") or (),
        priority_class=read.text("priority_class", NAME, "the name of a PriorityClass"),
        runtime_class=read.text("runtime_class", NAME, "the name of a RuntimeClass"),
        service_account=read.text("service_account", NAME, "the name of a ServiceAccount"),
        service_account_token=read.flag("service_account_token"),
        run_as_user=read.whole("run_as_user", 0, MAX_USER),
        non_root=read.flag("non_root"),
        capabilities=read.texts("capabilities", CAPABILITY, "capabilities, such as CHOWN"),
        read_only_root=read.flag("read_only_root"),
        network_none_egress=read.objects("network_none_egress"),
        kueue_queue=read.text("kueue_queue", NAMESPACE, "the name of a LocalQueue"),
        labels=read.pairs("labels", LABEL, LABEL_VALUE, own="hodei."),
        annotations=read.pairs("annotations", LABEL, r"(?s).{0,16384}", own="hodei."),
        pod_patch=read.fields("pod_patch"),
        lifetime_s=read.whole("lifetime_s", 60, MAX_LIFETIME_S) or plain.lifetime_s,
        unschedulable_s=read.whole("unschedulable_s", 1, MAX_PATIENCE_S) or plain.unschedulable_s,
        pull_retry_s=read.whole("pull_retry_s", 1, MAX_PATIENCE_S) or plain.pull_retry_s,
        lost_node_s=read.whole("lost_node_s", 30, MAX_LIFETIME_S) or plain.lost_node_s,
    )
    read.finish(parsed)
    return parsed


class _Reader:
    """Reads fields one by one and remembers every fault."""

    def __init__(self, given: Mapping[str, object]) -> None:
        # null is "not set": forms send it for an emptied field.
        self._given = {name: value for name, value in given.items() if value is not None}
        self._faults: list[Violation] = []

    def finish(self, parsed: KubernetesSettings) -> None:
        """Raises InvalidRequest if there was any fault."""
        known = KubernetesSettings.__dataclass_fields__
        for name in self._given:
            if name not in known:
                self._fault(name, f"unknown setting; known are {', '.join(known)}")
        if parsed.kubeconfig and parsed.kubeconfig_file:
            self._fault("kubeconfig_file", "give either kubeconfig or kubeconfig_file")
        if parsed.context and not (parsed.kubeconfig or parsed.kubeconfig_file):
            self._fault("context", "needs kubeconfig or kubeconfig_file", parsed.context)
        if parsed.non_root and parsed.run_as_user == 0:
            self._fault("run_as_user", "is root, which non_root forbids", 0)
        if not self._faults and (reason := unfit_patch(parsed)):
            self._fault("pod_patch", reason)
        if self._faults:
            raise InvalidRequest(self._faults)

    def text(self, name: str, pattern: str, what: str, default: str = "") -> str:
        value = self._given.get(name, default)
        if value == "":
            return default
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            self._fault(name, f"must be {what}", value)
            return default
        return value

    def choice(self, name: str, choices: type[StrEnum], default: str) -> str:
        value = self._given.get(name, default)
        allowed = [each.value for each in choices]
        if not isinstance(value, str) or value not in allowed:
            self._fault(name, f"must be one of {', '.join(allowed)}", value)
            return default
        return value

    def whole(self, name: str, low: int, high: int) -> int | None:
        value = self._given.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self._fault(name, f"must be a whole number from {low} to {high}", value)
            return None
        return value

    def cpu(self, name: str) -> float | None:
        value = self._given.get(name)
        if value is None:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not 0 < value <= MAX_CPU
        ):
            self._fault(name, f"must be a number above 0 and at most {MAX_CPU:g}", value)
            return None
        return float(value)

    def flag(self, name: str) -> bool:
        value = self._given.get(name, False)
        if not isinstance(value, bool):
            self._fault(name, "must be true or false", value)
            return False
        return value

    def texts(self, name: str, pattern: str, what: str) -> tuple[str, ...]:
        found = []
        for index, value in enumerate(self._list(name, what)):
            if not isinstance(value, str) or not re.fullmatch(pattern, value):
                self._fault(f"{name}[{index}]", f"must be one of {what}", value)
            else:
                found.append(value)
        return tuple(dict.fromkeys(found))

    def architectures(self) -> tuple[Architecture, ...]:
        found = []
        for index, value in enumerate(self._list("architectures", "architectures")):
            known = {str(each): each for each in Architecture}
            if isinstance(value, str) and value in known:
                found.append(known[value])
            else:
                allowed = f"must be one of {', '.join(known)}"
                self._fault(f"architectures[{index}]", allowed, value)
        return tuple(dict.fromkeys(found))

    def pairs(self, name: str, key: str, value: str, own: str = "") -> dict[str, str]:
        found = {}
        for word, content in self.fields(name).items():
            if own and word.startswith(own):
                self._fault(f"{name}.{word}", f"names that begin with {own} are Hodei's own")
            elif not re.fullmatch(key, word):
                self._fault(f"{name}.{word}", "is no name that Kubernetes accepts")
            elif not isinstance(content, str) or not re.fullmatch(value, content):
                self._fault(f"{name}.{word}", "is no value that Kubernetes accepts", content)
            else:
                found[word] = content
        return found

    def objects(self, name: str) -> tuple[Json, ...] | None:
        if name not in self._given:
            return None
        found = []
        for index, value in enumerate(self._list(name, "objects")):
            if not isinstance(value, Mapping):
                self._fault(f"{name}[{index}]", "must be an object", value)
            else:
                found.append(value)
        return tuple(found)

    def fields(self, name: str) -> Json:
        value = self._given.get(name, {})
        if not isinstance(value, Mapping) or len(value) > MAX_ENTRIES:
            self._fault(name, f"must be an object of at most {MAX_ENTRIES} entries")
            return {}
        if len(json.dumps(value, default=str)) > MAX_PATCH:
            self._fault(name, f"must be at most {MAX_PATCH} bytes long")
            return {}
        return {str(key): each for key, each in value.items()}

    def _list(self, name: str, what: str) -> list[object]:
        value = self._given.get(name, [])
        if not isinstance(value, list | tuple) or len(value) > MAX_ENTRIES:
            self._fault(name, f"must be a list of {what}, at most {MAX_ENTRIES}", value)
            return []
        return list(value)

    def _fault(self, name: str, message: str, value: object = "") -> None:
        shown = "" if value == "" or name in _SECRET else shorten(value)
        self._faults.append(Violation(field=f"settings.{name}", message=message, value=shown))
