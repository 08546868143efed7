"""A Kubernetes cluster of the tests' own, images for it, and a look at what is in it.

It speaks to the API server with the standard library only, so that it does not share the faults
of the provider that it is used to look at.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml

from tests.support.docker import BUSYBOX, ImageFiles, busybox_layer, tar

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "testbed" / "kubernetes" / "cluster"
SHARED = "TESTBED_CLUSTER"
"""Names the folder of a cluster that runs already; scripts/test sets it for its workers."""
PAUSE = "localhost/pause:1"
STAND_IN_IMAGE = "hodei-test/stand-in:1"
BUSYBOX_IMAGE = "hodei-test/busybox:1"
ANSWER_S = 60.0

# Copies itself where the pod's next container finds it, and stands in for the agent there.
STAND_IN = """#!/.hodei/bin/busybox sh
B=/.hodei/bin/busybox
if [ -n "$HODEI_AGENT_COPY_TO" ]; then
    exec $B cp -r /.hodei/bin "$HODEI_AGENT_COPY_TO/"
fi
trap 'exit 0' TERM
trap 'exit "$($B cat /code)"' USR2
[ -r "$HODEI_AGENT_OTP_FILE" ] || exit 3
while :; do
    $B sleep 3600 &
    wait $!
done
"""


class Refused(Exception):
    """The API server said no."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{status}: {words}")
        self.status = status


class PrivateCluster:
    """One cluster in surroundings of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def kubeconfig(self) -> Path:
        """Good for all rights."""
        return self.folder / "admin.kubeconfig"

    @property
    def host(self) -> str:
        """The address at which pods reach this machine."""
        return (self.folder / "host").read_text("ascii").strip()

    def run(self, command: str, *arguments: object) -> None:
        """A command of the testbed script: up, kill, start, import, down."""
        argv = [str(SCRIPT), command, str(self.folder), *map(str, arguments)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=3000, check=False)
        assert done.returncode == 0, done.stderr

    def evict_when(self, threshold: str) -> None:
        """Restarts the kubelet with another threshold for evictions; empty: the ordinary one."""
        (self.folder / "eviction").write_text(threshold or "memory.available: 100Mi", "ascii")
        self.run("kill", "kubelet")
        self.run("start", "kubelet")

    def load(self, *images: ImageFiles) -> None:
        """Makes images known to the node."""
        for image in images:
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".tar") as file:
                file.write(image.archive())
                file.flush()
                self.run("import", file.name)

    def ask(self, method: str, path: str, body: object = None, **params: str) -> dict[str, Any]:
        """One call of the API. Raises Refused."""
        server, context = self.access()
        place = urlsplit(server).netloc
        connection = http.client.HTTPSConnection(place, timeout=ANSWER_S, context=context)
        target = f"{path}?{urlencode(params)}" if params else path
        headers = {"content-type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, target, sent, headers)
            answer = connection.getresponse()
            read = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise Refused(answer.status, read.decode("utf-8", "replace"))
        found = json.loads(read)
        assert isinstance(found, dict)
        return found

    def has(self, path: str) -> bool:
        """Whether there is such a thing."""
        try:
            self.ask("GET", path)
        except Refused as refused:
            if refused.status != 404:
                raise
            return False
        return True

    def items(self, kind: str, selector: str, namespace: str = "default") -> list[dict[str, Any]]:
        """Objects with these labels."""
        path = f"/api/v1/namespaces/{namespace}/{kind}"
        rows = self.ask("GET", path, labelSelector=selector)["items"]
        assert isinstance(rows, list)
        return rows

    def remove(self, kind: str, selector: str, namespace: str = "default") -> None:
        """Removes objects with these labels at once, whether their processes have ended or not."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0}
        for row in self.items(kind, selector, namespace):
            path = f"/api/v1/namespaces/{namespace}/{kind}/{row['metadata']['name']}"
            try:
                self.ask("DELETE", path, options)
            except Refused as refused:
                if refused.status != 404:
                    raise

    def access(self) -> tuple[str, ssl.SSLContext]:
        """The API server's address, and what gives all rights there."""
        config = yaml.safe_load(self.kubeconfig.read_text("utf-8"))
        pki = self.folder / "pki"
        context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        return str(config["clusters"][0]["cluster"]["server"]), context


def stand_in_images() -> Sequence[ImageFiles]:
    """What every test of the provider alone needs: no registry is asked."""
    layer = tar(
        {
            ".hodei/bin/busybox": (BUSYBOX.read_bytes(), 0o755),
            ".hodei/bin/hodei-agent": (STAND_IN.encode(), 0o755),
        }
    )
    pause = "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait; done"
    return (
        ImageFiles(PAUSE, [busybox_layer()], {"Cmd": ["/bin/sh", "-c", pause]}),
        ImageFiles(STAND_IN_IMAGE, [layer]),
        ImageFiles(BUSYBOX_IMAGE, [busybox_layer()]),
    )


@contextmanager
def private_cluster() -> Iterator[PrivateCluster]:
    """A cluster with the basic images: the one that runs already, or a new one that is removed."""
    shared = os.environ.get(SHARED)
    if shared:
        yield PrivateCluster(Path(shared))
        return
    folder = Path(tempfile.mkdtemp(prefix="hodei-kubernetes-", dir="/var/tmp"))
    cluster = PrivateCluster(folder)
    try:
        cluster.run("up")
        cluster.load(*stand_in_images())
        yield cluster
    finally:
        cluster.run("down")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def namespace(cluster: PrivateCluster, name: str, *, keep: bool = False) -> Iterator[str]:
    """One of the test's own; the cluster removes it with everything in it, unless it is kept."""
    try:
        cluster.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    except Refused as refused:
        if refused.status != 409:
            raise
    deadline = monotonic() + ANSWER_S
    while not cluster.has(f"/api/v1/namespaces/{name}/serviceaccounts/default"):
        assert monotonic() < deadline, "the cluster makes no account for a namespace"
        sleep(0.05)
    try:
        yield name
    finally:
        if not keep and cluster.has(f"/api/v1/namespaces/{name}"):
            cluster.ask("DELETE", f"/api/v1/namespaces/{name}")


def main() -> None:
    """Loads the basic images into the cluster whose folder is the one argument."""
    PrivateCluster(Path(sys.argv[1])).load(*stand_in_images())


def process_of(worker_id: object) -> int | None:
    """The first process of a worker's container, as this machine numbers it."""
    wanted = f"HODEI_AGENT_WORKER_ID={worker_id}".encode()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if wanted not in (path / "environ").read_bytes().split(b"\0"):
                continue
            spaces = (path / "status").read_text("ascii")
        except OSError:
            continue
        numbers = next(line for line in spaces.splitlines() if line.startswith("NSpid:"))
        if numbers.split()[-1] == "1":
            return int(path.name)
    return None


if __name__ == "__main__":
    main()
