"""Turns what was typed into settings; every wrong field is named at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from hodei.adapters.kubernetes.manifests import unfit_patch
from hodei.adapters.kubernetes.settings import (
    MAX_CPU,
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
from hodei.domain.parsing.settings import MAX_ENTRIES, SettingsReader
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
    read = _Reader(given, _SECRET)
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
        max_workers=read.whole("max_workers", 1, MAX_WORKERS, plain.max_workers),
        max_cpu=read.cores("max_cpu", MAX_CPU),
        max_memory_mb=read.optional_whole("max_memory_mb", 16, MAX_MEMORY_MB),
        gpus=read.optional_whole("gpus", 0, MAX_GPUS),
        gpu_resource=read.text(
            "gpu_resource", LABEL, "the name of an extended resource", plain.gpu_resource
        ),
        architectures=read.architectures(),
        node_selector=read.pairs("node_selector", LABEL, LABEL_VALUE),
        tolerations=read.objects("tolerations") or (),
        priority_class=read.text("priority_class", NAME, "the name of a PriorityClass"),
        runtime_class=read.text("runtime_class", NAME, "the name of a RuntimeClass"),
        service_account=read.text("service_account", NAME, "the name of a ServiceAccount"),
        service_account_token=read.flag("service_account_token", False),
        run_as_user=read.optional_whole("run_as_user", 0, MAX_USER),
        non_root=read.flag("non_root", False),
        capabilities=read.texts("capabilities", CAPABILITY, "capabilities, such as CHOWN"),
        read_only_root=read.flag("read_only_root", False),
        network_none_egress=read.objects("network_none_egress"),
        kueue_queue=read.text("kueue_queue", NAMESPACE, "the name of a LocalQueue"),
        labels=read.pairs("labels", LABEL, LABEL_VALUE, own="hodei."),
        annotations=read.pairs("annotations", LABEL, r"(?s).{0,16384}", own="hodei."),
        pod_patch=read.fields("pod_patch"),
        lifetime_s=read.whole("lifetime_s", 60, MAX_LIFETIME_S, plain.lifetime_s),
        unschedulable_s=read.whole("unschedulable_s", 1, MAX_PATIENCE_S, plain.unschedulable_s),
        pull_retry_s=read.whole("pull_retry_s", 1, MAX_PATIENCE_S, plain.pull_retry_s),
        lost_node_s=read.whole("lost_node_s", 30, MAX_LIFETIME_S, plain.lost_node_s),
    )
    read.settle(parsed)
    return parsed


class _Reader(SettingsReader):
    def settle(self, parsed: KubernetesSettings) -> None:
        """Raises InvalidRequest if there was any fault."""
        if parsed.kubeconfig and parsed.kubeconfig_file:
            self.fault("kubeconfig_file", "give either kubeconfig or kubeconfig_file")
        if parsed.context and not (parsed.kubeconfig or parsed.kubeconfig_file):
            self.fault("context", "needs kubeconfig or kubeconfig_file", parsed.context)
        if parsed.non_root and parsed.run_as_user == 0:
            self.fault("run_as_user", "is root, which non_root forbids", 0)
        if not self.faulty and (reason := unfit_patch(parsed)):
            self.fault("pod_patch", reason)
        self.finish(KubernetesSettings.__dataclass_fields__)

    def text(self, name: str, pattern: str, what: str, default: str = "") -> str:
        value = self.given(name, default)
        if value == "":
            return default
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            self.fault(name, f"must be {what}", value)
            return default
        return value

    def texts(self, name: str, pattern: str, what: str) -> tuple[str, ...]:
        found = []
        for index, value in enumerate(self.items(name, what)):
            if not isinstance(value, str) or not re.fullmatch(pattern, value):
                self.fault(f"{name}[{index}]", f"must be one of {what}", value)
            else:
                found.append(value)
        return tuple(dict.fromkeys(found))

    def architectures(self) -> tuple[Architecture, ...]:
        found = []
        for index, value in enumerate(self.items("architectures", "architectures")):
            known = {str(each): each for each in Architecture}
            if isinstance(value, str) and value in known:
                found.append(known[value])
            else:
                allowed = f"must be one of {', '.join(known)}"
                self.fault(f"architectures[{index}]", allowed, value)
        return tuple(dict.fromkeys(found))

    def pairs(self, name: str, key: str, value: str, own: str = "") -> dict[str, str]:
        found = {}
        for word, content in self.fields(name).items():
            if own and word.startswith(own):
                self.fault(f"{name}.{word}", f"names that begin with {own} are Hodei's own")
            elif not re.fullmatch(key, word):
                self.fault(f"{name}.{word}", "is no name that Kubernetes accepts")
            elif not isinstance(content, str) or not re.fullmatch(value, content):
                self.fault(f"{name}.{word}", "is no value that Kubernetes accepts", content)
            else:
                found[word] = content
        return found

    def objects(self, name: str) -> tuple[Json, ...] | None:
        if self.given(name) is None:
            return None
        found = []
        for index, value in enumerate(self.items(name, "objects")):
            if not isinstance(value, Mapping):
                self.fault(f"{name}[{index}]", "must be an object", value)
            else:
                found.append(value)
        return tuple(found)

    def fields(self, name: str) -> Json:
        value = self.given(name, {})
        if not isinstance(value, Mapping) or len(value) > MAX_ENTRIES:
            self.fault(name, f"must be an object of at most {MAX_ENTRIES} entries")
            return {}
        if len(json.dumps(value, default=str)) > MAX_PATCH:
            self.fault(name, f"must be at most {MAX_PATCH} bytes long")
            return {}
        return {str(key): each for key, each in value.items()}
