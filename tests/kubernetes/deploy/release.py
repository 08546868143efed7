"""Hodei installed by its chart in a test cluster, and what a test asks of it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import yaml

from hodei.client.asynchronous import AsyncClient
from tests.support.certificates import Authority
from tests.support.documents import ROOT, fences, run_commands
from tests.support.helm import Call, ask
from tests.support.kubernetes import PrivateCluster, Refused
from tests.support.kubernetes_node import Node, routed
from tests.support.postgres import Server, chosen_binaries, running_server
from tests.support.processes import until

RELEASE = "hodei"
NAMESPACE = f"hodei-{uuid4().hex[:8]}"
"""Namespaces are removed slowly: each run has its own."""
JOBS = f"{NAMESPACE}-jobs"
ROLE = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{JOBS}/roles/{RELEASE}"
SERVERS = "app.kubernetes.io/component=server"
WORKERS = "hodei.worker"
USER, WORD = "ana", "a password of the test"
DOCUMENT = ROOT / "docs" / "deploy-kubernetes.md"
AGENTS = "10.96.0.52"
"""Address of the agents' Service: the cluster has no DNS."""
START_S = 240.0
DATABASE = "postgres://hodei:PASSWORD@db.example.com/hodei?sslmode=require"
"""As the document has it."""
TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The servers of one installation."""

    cluster: PrivateCluster
    node: Node
    database: Server
    authority: Path
    """PEM that https is checked with."""

    def servers(self) -> list[dict[str, Any]]:
        """Their pods, those on their way out as well."""
        return self.cluster.items("pods", SERVERS, NAMESPACE)

    def ready(self) -> list[dict[str, Any]]:
        """Pods of servers that take requests."""
        return [each for each in self.servers() if is_ready(each)]

    async def all_ready(self) -> list[dict[str, Any]]:
        """Waits until as many servers as asked for, all of the newest form, are ready."""
        place = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{RELEASE}"

        def look() -> list[dict[str, Any]]:
            found = self.cluster.ask("GET", place)
            status, wanted = found["status"], found["spec"]["replicas"]
            seen = status.get("observedGeneration", 0) >= found["metadata"]["generation"]
            counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas")]
            there, ready = self.servers(), self.ready()
            whole = seen and [*counts, len(there), len(ready)] == [wanted] * 4
            return ready if whole else []

        return await until(look, within=START_S, what=lambda: f"servers ready: {self.said()}")

    async def started_again(self, pod: Mapping[str, Any]) -> None:
        """Waits until the container of a pod was started once more, and is ready."""
        name, before = pod["metadata"]["name"], restarts(pod)

        def look() -> bool:
            (now,) = [each for each in self.servers() if each["metadata"]["name"] == name]
            return restarts(now) > before and is_ready(now)

        await until(look, within=START_S, what=lambda: f"{name} runs again: {self.said()}")

    def evicts(self, pod: Mapping[str, Any], *, really: bool = True) -> bool:
        """As `kubectl drain` does it: whether the disruption budget lets the pod go."""
        name = pod["metadata"]["name"]
        body = {
            "apiVersion": "policy/v1beta1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "deleteOptions": {} if really else {"dryRun": ["All"]},
        }
        try:
            self.cluster.ask("POST", f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/eviction", body)
        except Refused as refused:
            assert refused.status == TOO_MANY, refused
            return False
        return True

    def said(self) -> str:
        """What stands in the way of servers: states of containers, and the end of their logs."""
        states = [each["status"].get("containerStatuses", []) for each in self.servers()]
        logs = f"tail -n 30 /var/log/pods/{NAMESPACE}_*/server/*.log || true"
        return f"{states}\n{self.node.inside('sh', '-c', logs)}"

    @property
    def url(self) -> str:
        """Of the Service, from outside of the cluster."""
        ports = self.cluster.ask("GET", f"/api/v1/namespaces/{NAMESPACE}/services/{RELEASE}")
        (http,) = [each for each in ports["spec"]["ports"] if each["name"] == "http"]
        return f"https://{self.node.address}:{http['nodePort']}"

    def client(self, token: str | None = None) -> AsyncClient:
        """A client that believes the test's authority and nobody else."""
        return AsyncClient(self.url, token, ca=self.authority, timeout_s=60, patience_s=60)

    def rules(self) -> list[dict[str, Any]]:
        """What the servers' account may do in the namespace of the jobs."""
        found = self.cluster.ask("GET", ROLE)["rules"]
        assert isinstance(found, list)
        return found

    def set_rules(self, rules: Sequence[Mapping[str, object]]) -> None:
        """Replaces that."""
        self.cluster.ask("PUT", ROLE, {**self.cluster.ask("GET", ROLE), "rules": list(rules)})

    def traces(self) -> list[str]:
        """Pods and secrets of workers."""
        return [
            f"{kind} {row['metadata']['name']}"
            for kind in ("pods", "secrets")
            for row in self.cluster.items(kind, WORKERS, JOBS)
        ]


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether its probes say so, and nobody has asked it to go."""
    conditions = pod["status"].get("conditions", [])
    found = [each["status"] == "True" for each in conditions if each["type"] == "Ready"]
    return found == [True] and "deletionTimestamp" not in pod["metadata"]


def restarts(pod: Mapping[str, Any]) -> int:
    """How often its container was started again."""
    return int(pod["status"]["containerStatuses"][0]["restartCount"])


def documented() -> dict[str, Any]:
    """The values of the document."""
    (block,) = [each.text for each in fences(DOCUMENT) if each.language == "yaml"]
    found = yaml.safe_load(block)
    assert isinstance(found, dict)
    return found


def values(node: Node) -> dict[str, Any]:
    """The document's, and what the test sets besides."""
    given = documented()
    return {
        **given,
        "image": {**given["image"], "pullPolicy": "Never"},
        "allowedHosts": [node.address],
        "service": {"type": "NodePort"},
        "agents": {"service": {"clusterIP": AGENTS}},
        "kubernetes": {
            **given["kubernetes"],
            "namespace": JOBS,
            "listNodes": True,
            "networkNone": {"enabled": True},
            "settings": {"pull_policy": "never"},
        },
        # One node of two processors, which others use as well.
        "resources": {"requests": {"cpu": "400m", "memory": "128Mi"}},
        "drainSeconds": 1,
    }


@contextmanager
def installed(cluster: PrivateCluster, folder: Path) -> Iterator[Release]:
    """A release whose pods are on their way; everything of it is gone afterwards."""
    node = Node(cluster)
    with ExitStack() as stack:
        database = stack.enter_context(running_server(chosen_binaries(), cluster.host))
        stack.enter_context(_namespaces(cluster))
        authority = Authority()
        (folder / "ca.pem").write_bytes(authority.pem)
        stack.enter_context(routed(node, NAMESPACE))
        stack.callback(helm, cluster, "uninstall")
        names = [node.address, RELEASE, f"{RELEASE}.{NAMESPACE}.svc", "localhost"]
        authority.issue(names).write(folder, "server")
        (folder / "values.yaml").write_text(json.dumps(values(node)), "utf-8")
        (folder / "deploy").symlink_to(ROOT / "deploy")
        instead = {
            DATABASE: url(cluster, database),
            "create namespace hodei-jobs\n": f"create namespace {JOBS}\n",
            "create namespace hodei\n": f"create namespace {NAMESPACE}\n",
        }
        typed(cluster, folder, "helm install", instead)
        yield Release(cluster=cluster, node=node, database=database, authority=folder / "ca.pem")


def typed(cluster: PrivateCluster, folder: Path, about: str, instead: Mapping[str, str]) -> str:
    """What the document's commands print that mention something, in the test's namespaces."""
    clients = subprocess.check_output(
        ROOT / "scripts" / "testbed" / "kubernetes" / "clients", text=True
    )
    env = {
        "KUBECONFIG": str(cluster.kubeconfig),
        "PATH": f"{clients.strip()}:{os.environ['PATH']}",
    }
    place = {"--namespace hodei ": f"--namespace {NAMESPACE} "}
    return run_commands(DOCUMENT, folder=folder, env=env, about=about, instead={**instead, **place})


def helm(cluster: PrivateCluster, verb: str, given: Mapping[str, Any] | None = None) -> None:
    """What an operator types."""
    call = Call(
        verb=verb,
        values=given or {},
        release=RELEASE,
        namespace=NAMESPACE,
        kubeconfig=str(cluster.kubeconfig),
    )
    (answer,) = ask(call)
    assert not answer.error, answer.error


def url(cluster: PrivateCluster, database: Server) -> str:
    """Of a database whose owner comes over the network with a password."""

    async def make() -> None:
        admin = await asyncpg.connect(database.dsn("postgres"))
        await admin.execute("CREATE ROLE hodei LOGIN PASSWORD 'word'")
        await admin.execute("CREATE DATABASE hodei OWNER hodei")
        await admin.close()

    asyncio.run(make())
    return f"postgres://hodei:word@{cluster.host}/hodei"


@contextmanager
def _namespaces(cluster: PrivateCluster) -> Iterator[None]:
    """Removes them in the end."""
    try:
        yield
    finally:
        for name in (NAMESPACE, JOBS):
            try:
                cluster.remove("pods", "", name)
                cluster.ask("DELETE", f"/api/v1/namespaces/{name}")
            except Refused as refused:
                assert refused.status == 404, refused


def secret(
    cluster: PrivateCluster, name: str, content: Mapping[str, str], kind: str = "Opaque"
) -> None:
    """A Secret of the servers' namespace."""
    body = {"metadata": {"name": name}, "type": kind, "stringData": content}
    cluster.ask("POST", f"/api/v1/namespaces/{NAMESPACE}/secrets", body)
