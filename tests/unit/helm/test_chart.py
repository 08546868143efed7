"""The chart as Helm itself renders it: what is made, what is refused, and whether it fits."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from hodei import __version__
from hodei.adapters.kubernetes.checking import POLICY_RIGHTS, RIGHTS, grants
from hodei.adapters.kubernetes.manifests import WORKER_LABEL
from hodei.adapters.kubernetes.parsing import parse_settings
from hodei.api.http.routes_system import OPERATIONS
from hodei.app.kubernetes_environment import kubernetes_settings
from hodei.app.settings import read_settings
from tests.support.helm import CHART, ROOT, Answer, Call, Manifest, ask

OLDEST, NEWEST = "1.28", kubernetes_validate.latest_version()

LEAST: dict[str, Any] = {
    "database": {"existingSecret": "hodei-database"},
    "secretKey": {"existingSecret": "hodei-key"},
    "tls": {"existingSecret": "hodei-tls"},
}
OWN_SECRETS: dict[str, Any] = {
    "database": {"url": "postgres://hodei:word@db.example/hodei"},
    "secretKey": {"value": "k" * 40},
    "tls": {"allowPlaintext": True},
}
PEER = {"namespaceSelector": {"matchLabels": {"team": "monitoring"}}}
MOST: dict[str, Any] = {
    "image": {"repository": "registry.example/server", "tag": "7", "pullSecrets": ["registry"]},
    "replicas": 3,
    "database": {"existingSecret": "all", "key": "db", "tlsSecret": "hodei-database-tls"},
    "secretKey": {"existingSecret": "all", "key": "seal"},
    "tls": {"existingSecret": "hodei-tls"},
    "publicUrl": "https://hodei.example.com",
    "allowedHosts": ["jobs.example.com"],
    "trustedProxies": ["10.1.0.0/16"],
    "agents": {
        "tls": {"existingSecret": "agents-tls"},
        "service": {"type": "LoadBalancer", "clusterIP": "10.96.0.50", "annotations": {"a": "b"}},
    },
    "metrics": {"enabled": True, "serviceMonitor": {"enabled": True, "labels": {"release": "p"}}},
    "ingress": {"enabled": True, "host": "hodei.example.com", "tlsSecret": "web"},
    "grpcIngress": {"enabled": True, "host": "grpc.example.com", "className": "nginx"},
    "kubernetes": {
        "namespace": "jobs",
        "extraNamespaces": ["gpu", "jobs"],
        "listNodes": True,
        "networkNone": {"enabled": True},
        "settings": {"max_workers": 3, "node_selector": {"disk": "fast"}},
    },
    "serviceAccount": {"name": "runner", "annotations": {"role": "x"}},
    "env": {"HODEI_JOB_RETENTION": "30d", "HODEI_POOL_SIZE": 12},
    "extraEnv": [{"name": "TZ", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "zone"}}}],
    "extraVolumes": [{"name": "more", "emptyDir": {}}],
    "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
    "networkPolicy": {"clients": [PEER], "agentsFrom": [PEER], "metricsFrom": [PEER], "egress": []},
    "podLabels": {"team": "jobs"},
    "podAnnotations": {"note": "yes"},
    "nodeSelector": {"role": "control"},
    "tolerations": [{"key": "control", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {}},
    "priorityClassName": "high",
}
OFF: dict[str, Any] = LEAST | {
    "replicas": 1,
    "kubernetes": {"enabled": False},
    "serviceAccount": {"create": False},
    "networkPolicy": {"enabled": False},
    "spreadOver": [],
}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no database": ({"database": {"existingSecret": ""}}, "database: give existingSecret"),
    "two databases": ({"database": {"existingSecret": "a", "url": "postgres://b/c"}}, "not both"),
    "no key": ({"secretKey": {"existingSecret": ""}}, "secretKey: give existingSecret"),
    "short key": ({"secretKey": {"value": "short"}}, "secretKey/value"),
    "nobody encrypts": ({"tls": {"existingSecret": ""}}, "tls: give existingSecret"),
    "no such value": ({"replicaCount": 2}, "replicaCount"),
    "no replica": ({"replicas": 0}, "replicas"),
    "no host": ({"ingress": {"enabled": True}}, "ingress: give the host"),
    "plain agents": ({"agents": {"servers": ["tcp://hodei.example:50052"]}}, "agents/servers"),
    "two namespaces": ({"kubernetes": {"settings": {"namespace": "jobs"}}}, "kubernetes/settings"),
}


def over(values: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Values with others put over them."""
    made = copy.deepcopy(dict(values))
    for name, value in more.items():
        same = isinstance(value, dict) and isinstance(made.get(name), dict)
        made[name] = over(made[name], value) if same else value
    return made


@pytest.fixture(scope="module")
def answers() -> dict[str, Answer]:
    """Everything that these tests look at, from one run of Helm."""
    text = (ROOT / "docs" / "deploy-kubernetes.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    cases = {"least": LEAST, "own secrets": OWN_SECRETS, "most": MOST, "off": OFF}
    cases["documented"] = yaml.safe_load(block)
    cases |= {name: over(LEAST, more) for name, (more, _) in REFUSED.items()}
    calls = [Call(verb="render", values=values, namespace="prod") for values in cases.values()]
    given = ask(*calls, *(Call(verb="lint", values=each) for each in (LEAST, MOST)))
    return dict(zip([*cases, "lint least", "lint most"], given, strict=True))


RENDERED = ("least", "own secrets", "most", "off", "documented")


@pytest.mark.parametrize(("case", "version"), [("most", OLDEST), ("most", NEWEST), ("off", NEWEST)])
def test_every_object_fits_the_schema_of_old_and_new_releases(
    answers: dict[str, Answer], case: str, version: str
) -> None:
    for manifest in answers[case].manifests():
        # The one kind that is not of Kubernetes itself.
        if manifest["kind"] != "ServiceMonitor":
            kubernetes_validate.validate(manifest, version, strict=True)


def test_lint_finds_nothing(answers: dict[str, Answer]) -> None:
    assert answers["lint least"].messages == answers["lint most"].messages == ()


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_work_is_refused_before_anything_is_made(
    answers: dict[str, Answer], case: str
) -> None:
    assert REFUSED[case][1] in answers[case].error


def container(answer: Answer) -> Manifest:
    (found,) = pod(answer)["containers"]
    assert isinstance(found, dict)
    return found


def pod(answer: Answer) -> Manifest:
    found = answer.one("Deployment")["spec"]["template"]["spec"]
    assert isinstance(found, dict)
    return found


def environment(answer: Answer) -> dict[str, str]:
    rows = container(answer)["env"]
    assert len({row["name"] for row in rows}) == len(rows)
    # As the kubelet fills it in; a name counts only below the row that says what it stands for.
    found: dict[str, str] = {}
    for row in rows:
        text = row.get("value", "postgres://db/hodei")
        for name in re.findall(r"\$\((\w+)\)", text):
            text = text.replace(f"$({name})", found.get(f"pod {name}", f"$({name})"))
        if "fieldRef" in row.get("valueFrom", {}):
            found[f"pod {row['name']}"] = "10.244.0.7"
        else:
            found[row["name"]] = text
    return {name: text for name, text in found.items() if " " not in name}


@pytest.mark.parametrize("case", RENDERED)
def test_the_server_takes_its_settings(answers: dict[str, Answer], case: str) -> None:
    settings = read_settings(environment(answers[case]))
    assert (settings.host, settings.process_enabled) == ("0.0.0.0", False)
    assert settings.k8s_enabled is (case != "off")
    assert settings.allow_plaintext is (case == "own secrets")


def test_settings_of_the_server_follow_the_values(answers: dict[str, Answer]) -> None:
    settings = read_settings(environment(answers["most"]))
    assert settings.agent_servers == ("tls://10.96.0.50:50052",)
    assert settings.public_url == "https://hodei.example.com"
    assert settings.allowed_hosts == (
        "hodei",
        "hodei.prod",
        "hodei.prod.svc",
        "hodei.prod.svc.cluster.local",
        "hodei.example.com",
        "jobs.example.com",
    )
    assert (settings.job_retention.days, settings.pool_size) == (30, 12)
    assert (settings.k8s_namespace, settings.metrics_host) == ("jobs", "0.0.0.0")
    assert settings.k8s_agent_image == f"hodei-agent:{__version__}"
    plain = read_settings(environment(answers["least"]))
    assert plain.agent_servers == ("tls://hodei-agents.prod.svc:50052",)
    assert (plain.k8s_namespace, plain.metrics_port) == ("prod", 0)


def test_files_that_settings_name_are_mounted(answers: dict[str, Answer]) -> None:
    spec = pod(answers["most"])
    volumes = {each["name"]: each for each in spec["volumes"]}
    mounts = {
        each["mountPath"]: volumes[each["name"]]
        for each in container(answers["most"])["volumeMounts"]
    }
    assert mounts["/etc/hodei/tls"]["secret"]["secretName"] == "hodei-tls"
    assert mounts["/etc/hodei/agents"]["secret"]["secretName"] == "agents-tls"
    assert mounts["/etc/hodei/database"]["secret"]["secretName"] == "hodei-database-tls"
    assert mounts["/etc/hodei/key"]["secret"]["items"] == [{"key": "seal", "path": "secret-key"}]
    for name, value in environment(answers["most"]).items():
        if value.startswith("/etc/hodei/"):
            assert str(Path(value).parent) in mounts, name
    database = next(
        e for e in container(answers["most"])["env"] if e["name"] == "HODEI_DATABASE_URL"
    )
    assert database["valueFrom"]["secretKeyRef"] == {"name": "all", "key": "db"}


def test_a_secret_is_made_only_of_what_was_given(answers: dict[str, Answer]) -> None:
    assert answers["own secrets"].one("Secret")["stringData"] == {
        "database-url": "postgres://hodei:word@db.example/hodei",
        "secret-key": "k" * 40,
    }
    for case in ("least", "most", "off"):
        assert not [each for each in answers[case].manifests() if each["kind"] == "Secret"]


def test_the_pod_is_confined(answers: dict[str, Answer]) -> None:
    spec = pod(answers["least"])
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "fsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container(answers["least"])["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["enableServiceLinks"] is False
    assert pod(answers["off"])["automountServiceAccountToken"] is False


def test_probes_ask_what_the_server_answers_without_sign_in(answers: dict[str, Answer]) -> None:
    public = {f"/api/v1{each.path}" for each in OPERATIONS if each.public}
    for case, scheme in (("least", "HTTPS"), ("own secrets", "HTTP")):
        asked = [container(answers[case])[f"{kind}Probe"]["httpGet"] for kind in PROBES]
        assert {each["path"] for each in asked} <= public
        assert {each["scheme"] for each in asked} == {scheme}


PROBES = ("startup", "readiness", "liveness")


@pytest.mark.parametrize("case", ["least", "most"])
def test_services_lead_to_the_servers(answers: dict[str, Answer], case: str) -> None:
    template = answers[case].one("Deployment")["spec"]["template"]
    ports = {each["name"]: each["containerPort"] for each in container(answers[case])["ports"]}
    environ = environment(answers[case])
    assert ports["http"] == int(environ["HODEI_HTTP_PORT"])
    assert ports["grpc"] == int(environ["GRPC_PORT"])
    assert environ["HODEI_AGENT_LISTEN"] == f"0.0.0.0:{ports['agents']}"
    assert environ["HODEI_RELAY_LISTEN"] == f"10.244.0.7:{ports['relay']}"
    for service in answers[case].manifests():
        if service["kind"] != "Service":
            continue
        assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
        assert {each["targetPort"] for each in service["spec"]["ports"]} <= ports.keys()


def test_an_ingress_leads_to_its_port(answers: dict[str, Answer]) -> None:
    for name in ("http", "grpc"):
        (rule,) = answers["most"].one("Ingress", f"hodei-{name}")["spec"]["rules"]
        (path,) = rule["http"]["paths"]
        assert path["backend"]["service"] == {"name": "hodei", "port": {"name": name}}


# ---- rights


def rules(answer: Answer, namespace: str) -> list[Manifest]:
    (role,) = [
        each
        for each in answer.manifests()
        if each["kind"] == "Role" and each["metadata"]["namespace"] == namespace
    ]
    found = role["rules"]
    assert isinstance(found, list)
    return found


def test_rights_are_what_the_provider_asks_for_and_the_documents_say(
    answers: dict[str, Answer],
) -> None:
    text = (ROOT / "docs" / "kubernetes.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?kind: Role\n.*?)```", text, re.DOTALL)
    documented = yaml.safe_load(block)["rules"]
    assert rules(answers["most"], "jobs") == documented
    for right in (*RIGHTS, *POLICY_RIGHTS):
        assert any(grants(rule, right) for rule in documented), right
    without = rules(answers["least"], "prod")
    assert not any(grants(rule, right) for rule in without for right in POLICY_RIGHTS)
    assert all(any(grants(rule, right) for rule in without) for right in RIGHTS)


def test_each_namespace_of_jobs_has_its_rights(answers: dict[str, Answer]) -> None:
    bindings = [each for each in answers["most"].manifests() if each["kind"] == "RoleBinding"]
    assert [each["metadata"]["namespace"] for each in bindings] == ["jobs", "gpu"]
    for binding in bindings:
        subject = {"kind": "ServiceAccount", "name": "runner", "namespace": "prod"}
        assert binding["subjects"] == [subject]
    assert pod(answers["most"])["serviceAccountName"] == "runner"
    assert answers["most"].one("ClusterRole")["rules"] == [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}
    ]
    kinds = {each["kind"] for each in answers["off"].manifests()}
    assert kinds == {"Deployment", "Service"}


# ---- network


def test_the_provider_is_told_the_way_of_jobs_without_a_network(
    answers: dict[str, Answer], tmp_path: Path
) -> None:
    file = tmp_path / "kubernetes.yaml"
    file.write_text(answers["most"].one("ConfigMap")["data"]["kubernetes.yaml"])
    environ = environment(answers["most"]) | {"HODEI_K8S_SETTINGS_FILE": str(file)}
    settings = parse_settings(kubernetes_settings(read_settings(environ)))
    assert (settings.max_workers, settings.node_selector) == (3, {"disk": "fast"})
    assert settings.network_none_egress is not None
    to_server, to_names = settings.network_none_egress
    labels = answers["most"].one("Deployment")["spec"]["selector"]["matchLabels"]
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "prod"}}}
    assert to_server == {
        "to": [{**here, "podSelector": {"matchLabels": labels}}],
        "ports": [{"protocol": "TCP", "port": 50052}],
    }
    assert to_names["ports"] == [{"port": 53, "protocol": each} for each in ("UDP", "TCP")]


def test_the_policy_lets_in_who_has_business(answers: dict[str, Answer]) -> None:
    people, servers, agents = answers["least"].one("NetworkPolicy")["spec"]["ingress"]
    assert "from" not in people
    own = answers["least"].one("Deployment")["spec"]["selector"]
    assert servers == {
        "ports": [{"protocol": "TCP", "port": "relay"}],
        "from": [{"podSelector": own}],
    }
    worker = {"matchExpressions": [{"key": WORKER_LABEL, "operator": "Exists"}]}
    assert agents["from"] == [{"namespaceSelector": {}, "podSelector": worker}]
    spec = answers["most"].one("NetworkPolicy")["spec"]
    assert (spec["policyTypes"], spec["egress"]) == (["Ingress", "Egress"], [])
    people, _, agents, metrics = spec["ingress"]
    assert people["from"] == metrics["from"] == [PEER]
    assert agents["from"][-1] == PEER
    assert metrics["ports"] == [{"protocol": "TCP", "port": "metrics"}]


def test_one_replica_has_no_disruption_budget(answers: dict[str, Answer]) -> None:
    kinds = {case: {each["kind"] for each in answers[case].manifests()} for case in RENDERED}
    assert "PodDisruptionBudget" in kinds["least"]
    assert "PodDisruptionBudget" not in kinds["off"]


def test_the_chart_is_of_this_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)


def test_the_notes_name_the_way_in(answers: dict[str, Answer]) -> None:
    notes = next(t for n, t in answers["most"].files.items() if n.endswith("NOTES.txt"))
    assert "exec -it deploy/hodei -- hodei users create NAME --admin --local" in notes
    assert "https://hodei.example.com" in notes


def test_values_of_the_documents_exist_and_are_said_as_they_are(
    answers: dict[str, Answer],
) -> None:
    environ = environment(answers["documented"])
    assert environ["HODEI_K8S_NAMESPACE"] == "hodei-jobs"
    assert environ["HODEI_PUBLIC_URL"] == "https://hodei.example.com"
    assert container(answers["documented"])["image"].startswith("registry.example/hodei-server:")
    text = (ROOT / "docs" / "deploy-kubernetes.md").read_text("utf-8")
    defaults = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    rows = re.findall(r"^\| (`.*?`) \|", text, re.MULTILINE)
    named = [re.findall(r"`([a-zA-Z.]+)`", row) for row in rows if "helm upgrade" not in row]
    for first, *rest in named:
        parent = first.rpartition(".")[0]
        for name in (first, *(f"{parent}{each}" if each[0] == "." else each for each in rest)):
            place: Any = defaults
            for part in name.split("."):
                assert part in place, name
                place = place[part]
