"""The commands of docs/kubernetes.md, run as they stand there."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.docker import private_engine
from tests.support.documents import ROOT, run_commands
from tests.support.kubernetes import SCRIPT, PrivateCluster, namespace
from tests.support.ports import free_port
from tests.support.server import data_directory

PROGRAMS = Path(sys.executable).parent
REGISTRY_PORT = 5001
# The server goes on in the background, and a job runs while the reader looks.
SERVES = """ hodei serve >serve.log 2>&1 &
server=$!
trap 'cat serve.log; kill $server; wait $server' EXIT
until [ -e "$HODEI_DATA_DIR/run/server.json" ]; do kill -0 $server; sleep 0.1; done
"""
RUNS = """providers test kubernetes
job=$(hodei run --detach --image alpine:latest --cpu 0.1 --memory 64m -- 'echo begun; sleep 600')
until hodei jobs logs "$job" | grep begun; do sleep 0.2; done
"""


def test_the_document(cluster: PrivateCluster, tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    shutil.copy(cluster.kubeconfig, tmp_path / ".kube" / "config")
    clients = subprocess.check_output(
        ROOT / "scripts" / "testbed" / "kubernetes" / "clients", text=True
    )
    with socket.create_server((cluster.host, 0)) as found:
        address = f"{cluster.host}:{found.getsockname()[1]}"
    instead = {
        "0.0.0.0:50052": address,
        "tls://hodei.example:50052": f"tls://{address}",
        " hodei serve\n": SERVES,
        "providers test kubernetes\n": RUNS,
        # The cluster's network is not the engine's: the node gets by hand what the registry has.
        "docker push registry.example/hodei-agent:1\n": "docker push registry.example/hodei-agent:1"
        f"\n{SCRIPT} import {cluster.folder} {tmp_path}/agent.tar\n",
        "registry.example": f"localhost:{REGISTRY_PORT}",
    }
    with private_engine() as engine, namespace(cluster, "jobs"), data_directory() as data:
        engine.run("registry", "open", REGISTRY_PORT)
        port = free_port()
        env = {
            "PATH": f"{PROGRAMS}:{clients.strip()}:{os.environ['PATH']}",
            "DOCKER_HOST": engine.host,
            "HODEI_DATA_DIR": str(data),
            "HODEI_HTTP_PORT": str(port),
            "GRPC_PORT": str(free_port()),
            "HODEI_METRICS_PORT": "0",
            "HODEI_URL": f"http://127.0.0.1:{port}",
        }
        document = ROOT / "docs" / "kubernetes.md"
        printed = run_commands(document, folder=tmp_path, env=env, instead=instead)
    assert "1: digest: sha256:" in printed
    assert "kubernetes" in printed and "begun\n" in printed
    for kind in ("pod", "secret"):
        assert f"{kind}/hodei-" in printed, printed
