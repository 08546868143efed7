"""The node of a test cluster from inside: commands in its containers, and the way to Services.

The cluster has no kube-proxy. `Routes` does that part of its work that tests need: it watches the
Services and Endpoints of a namespace and keeps the node's address translation as they say.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.kubernetes import PrivateCluster

CONTAINERD = "/run/containerd-test.sock"
CALL_S = 120
LOOK_EVERY_S = 0.2
CHAIN = "HODEI-SERVICES"

Rows = Sequence[Mapping[str, Any]]


class Node:
    """The one node of a cluster."""

    def __init__(self, cluster: PrivateCluster) -> None:
        self.cluster = cluster

    @property
    def address(self) -> str:
        """Of the node, as this machine reaches it."""
        network, _, last = self.cluster.host.rpartition(".")
        return f"{network}.{int(last) + 1}"

    def inside(self, *argv: str, given: str = "") -> str:
        """What a command says that runs in the node's name spaces."""
        holder = (self.cluster.folder / "holder").read_text("ascii").strip()
        init = Path(f"/proc/{holder}/task/{holder}/children").read_text("ascii").split()[0]
        done = subprocess.run(
            ["nsenter", f"--target={init}", "--net", "--mount", "--pid", "--", *argv],
            input=given,
            capture_output=True,
            text=True,
            timeout=CALL_S,
            check=False,
        )
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        return done.stdout

    def execute(self, pod: Mapping[str, Any], *argv: str, given: str = "") -> str:
        """What a command says in the first container of a pod, as `kubectl exec` runs it."""
        container = pod["status"]["containerStatuses"][0]["containerID"].removeprefix(
            "containerd://"
        )
        exec_id = f"--exec-id={threading.get_ident()}-{pod['metadata']['name']}"[:70]
        return self.inside(*self._ctr("tasks", "exec", exec_id, container, *argv), given=given)

    def kill(self, pod: Mapping[str, Any]) -> None:
        """SIGKILL for the first container of a pod."""
        container = pod["status"]["containerStatuses"][0]["containerID"].removeprefix(
            "containerd://"
        )
        self.inside(*self._ctr("tasks", "kill", "--signal=SIGKILL", container))

    def _ctr(self, *argv: str) -> Sequence[str]:
        return ("ctr", f"--address={CONTAINERD}", "--namespace=k8s.io", *argv)


class Routes:
    """Leads connections to the Services of one namespace to pods that are ready."""

    def __init__(self, node: Node, namespace: str) -> None:
        self._node = node
        self._namespace = namespace
        self._over = threading.Event()
        self._set = ""

    def run(self) -> None:
        """Until `stop`."""
        while not self._over.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """Brings the node's rules up to date."""
        here = f"/api/v1/namespaces/{self._namespace}"
        services = self._node.cluster.ask("GET", f"{here}/services")["items"]
        endpoints = self._node.cluster.ask("GET", f"{here}/endpoints")["items"]
        rules = rules_of(services, endpoints, self._node.address)
        text = "\n".join(["*nat", f":{CHAIN} - [0:0]", *rules, "COMMIT", ""])
        if text != self._set:
            self._node.inside("iptables-restore", "--wait", "--noflush", given=text)
            self._set = text

    def stop(self) -> None:
        """Ends `run`."""
        self._over.set()


def rules_of(services: Rows, endpoints: Rows, node: str) -> list[str]:
    """One rule per port and pod: each pod gets an equal share of new connections."""
    ready = {each["metadata"]["name"]: each.get("subsets") or [] for each in endpoints}
    rules: list[str] = []
    for service in services:
        for port in service["spec"]["ports"]:
            pods = [
                f"{address['ip']}:{there['port']}"
                for subset in ready.get(service["metadata"]["name"], [])
                for there in subset["ports"]
                if there.get("name") == port.get("name")
                for address in subset.get("addresses") or []
            ]
            places = [(service["spec"]["clusterIP"], port["port"])]
            if "nodePort" in port:
                places.append((node, port["nodePort"]))
            for host, number in places:
                rules += _spread(host, number, pods)
    return rules


def _spread(host: str, port: int, pods: Sequence[str]) -> Iterator[str]:
    if host == "None":
        return
    for left, pod in zip(range(len(pods), 0, -1), pods, strict=True):
        share = f"-m statistic --mode random --probability {1 / left:.5f} " if left > 1 else ""
        yield (
            f"-A {CHAIN} -d {host}/32 -p tcp -m tcp --dport {port} {share}"
            f"-j DNAT --to-destination {pod}"
        )


@contextmanager
def routed(node: Node, namespace: str) -> Iterator[Routes]:
    """Services of the namespace are reached as long as the context lasts."""
    routes = Routes(node, namespace)
    node.inside("iptables", "-w", "-t", "nat", "-N", CHAIN)
    try:
        for chain in ("PREROUTING", "OUTPUT"):
            node.inside("iptables", "-w", "-t", "nat", "-A", chain, "-j", CHAIN)
        # Answers have to come back the same way, also those of a pod beside the one that called.
        back = ("-m", "conntrack", "--ctstate", "DNAT", "-j", "MASQUERADE")
        node.inside("iptables", "-w", "-t", "nat", "-A", "POSTROUTING", *back)
        thread = threading.Thread(target=routes.run, name="routes")
        thread.start()
        try:
            yield routes
        finally:
            routes.stop()
            thread.join()
    finally:
        for chain in ("PREROUTING", "OUTPUT"):
            node.inside("iptables", "-w", "-t", "nat", "-D", chain, "-j", CHAIN)
        node.inside("iptables", "-w", "-t", "nat", "-D", "POSTROUTING", *back)
        node.inside("iptables", "-w", "-t", "nat", "-F", CHAIN)
        node.inside("iptables", "-w", "-t", "nat", "-X", CHAIN)
