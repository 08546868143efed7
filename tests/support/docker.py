"""A Docker Engine of the tests' own, images without any registry, and a stand-in for the agent.

It speaks to the engine with the standard library only, so that it does not share the faults of
the provider that it is used to look at.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import http.client
import io
import ipaddress
import json
import os
import shutil
import socket
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "testbed" / "docker"
BUSYBOX = Path("/bin/busybox")
CLONE_NEWNET = 0x40000000
ANSWER_S = 60.0

APPLETS = (
    "cat date dd echo env false grep head id kill ls mkdir nproc pwd readlink rm seq sh sleep sort "
    "stat sync tail tee test timeout touch tr true uname wc wget whoami yes"
)

# An ELF program is its interpreter, so that it starts in an image that has nothing at all.
STAND_IN = """#!/.hodei/bin/busybox sh
# Stands in for the agent: TERM ends it politely, USR2 with the code in /code.
B=/.hodei/bin/busybox
trap 'exit 0' TERM
trap 'exit "$($B cat /code)"' USR2
[ -r "$HODEI_AGENT_OTP_FILE" ] || exit 3
while :; do
    $B sleep 3600 &
    wait $!
done
"""


class Refused(Exception):
    """The engine said no."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{status}: {words}")
        self.status = status


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=ANSWER_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ANSWER_S)
        self.sock.connect(self._path)


class PrivateEngine:
    """One dockerd in surroundings of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "docker.sock"

    @property
    def host(self) -> str:
        """As the provider's settings name it."""
        return f"unix://{self.socket}"

    def run(self, command: str, *arguments: object) -> None:
        """A command of the testbed script: up, start, stop, kill, down, registry."""
        argv = [str(SCRIPT), command, str(self.folder), *map(str, arguments)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """One call of the API; the answer's bytes. Raises Refused."""
        connection = UnixConnection(str(self.socket))
        sent = content if body is None else json.dumps(body).encode()
        kind = "application/json" if content is None else "application/x-tar"
        try:
            connection.request(method, path, sent, {"content-type": kind, **(headers or {})})
            answer = connection.getresponse()
            read = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise Refused(answer.status, read.decode("utf-8", "replace"))
        return read

    def answers(self) -> bool:
        """Whether it lives."""
        try:
            return self.ask("GET", "/_ping") == b"OK"
        except OSError:
            return False

    def get(self, path: str, **params: str) -> object:
        """A question, answered in JSON."""
        found: object = json.loads(self.ask("GET", f"{path}?{urlencode(params)}"))
        return found

    def containers(self, *labels: str) -> list[dict[str, Any]]:
        """Rows of all containers with these labels, running or not."""
        rows = self.get("/containers/json", all="1", filters=json.dumps({"label": list(labels)}))
        assert isinstance(rows, list)
        return rows

    def remove_all(self, label: str) -> None:
        """Removes every container with this label, whoever else is at it."""
        until = monotonic() + ANSWER_S
        while rows := self.containers(label):
            assert monotonic() < until, f"containers stay: {rows}"
            for row in rows:
                try:
                    self.ask("DELETE", f"/containers/{row['Id']}?force=1&v=1")
                except Refused as refused:
                    if refused.status not in (404, 409):
                        raise
            sleep(0.02)

    def inspect(self, name: str) -> dict[str, object]:
        """All about one container."""
        found = self.get(f"/containers/{name}/json")
        assert isinstance(found, dict)
        return found

    def execute(self, container: str, *argv: str) -> None:
        """Runs a program in a container and waits for its end."""
        answer = json.loads(self.ask("POST", f"/containers/{container}/exec", {"Cmd": argv}))
        start = f"/exec/{answer['Id']}/start"
        self.ask("POST", start, {"Detach": False, "Tty": True})
        until = monotonic() + ANSWER_S
        while (code := self._exit_code(answer["Id"])) is None:
            assert monotonic() < until, f"{argv} does not end"
            sleep(0.005)
        assert code == 0, argv

    def _exit_code(self, execution: str) -> object:
        found = self.get(f"/exec/{execution}/json")
        assert isinstance(found, dict)
        return None if found["Running"] else found["ExitCode"]

    def signal(self, container: str, name: str) -> None:
        """Sends a signal to the first process of a container, if it runs."""
        try:
            self.ask("POST", f"/containers/{container}/kill?signal={name}")
        except Refused as refused:
            if refused.status != 409:
                raise

    def load(self, image: ImageFiles) -> None:
        """Makes an image known, as if it had been built here."""
        said = self.ask("POST", "/images/load?quiet=1", content=image.archive())
        assert b"errorDetail" not in said, said

    def forget(self, image: str) -> None:
        """Removes an image if it is there."""
        try:
            self.ask("DELETE", f"/images/{image}?force=1")
        except Refused as refused:
            if refused.status != 404:
                raise

    def push(self, image: str, username: str = "", password: str = "") -> None:
        """Sends an image to its registry and forgets it here."""
        name, _, tag = image.rpartition(":")
        login = json.dumps({"username": username, "password": password}).encode()
        headers = {"X-Registry-Auth": base64.urlsafe_b64encode(login).decode()}
        said = self.ask("POST", f"/images/{name}/push?tag={tag}", headers=headers)
        assert b"errorDetail" not in said, said
        self.forget(image)

    def gateway(self) -> str:
        """The engine's own address on its bridge, where containers reach it."""
        found = self.get("/networks/bridge")
        assert isinstance(found, dict)
        subnet = ipaddress.ip_network(found["IPAM"]["Config"][0]["Subnet"])
        return str(next(subnet.hosts()))

    @property
    def network(self) -> Path:
        """The name space of the engine's own network, where published ports are."""
        holder = (self.folder / "holder").read_text("ascii").strip()
        init = Path(f"/proc/{holder}/task/{holder}/children").read_text("ascii").split()[0]
        return Path(f"/proc/{init}/ns/net")

    def listen(self, address: str = "127.0.0.1", port: int = 0) -> socket.socket:
        """A listening socket on a port (0: a free one) of an address of the engine's network."""
        network = self.network
        made: list[socket.socket] = []

        def inside() -> None:
            # A socket belongs to the name space of the thread that made it, for good.
            descriptor = os.open(network, os.O_RDONLY)
            try:
                if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) == 0:
                    made.append(socket.create_server((address, port)))
            finally:
                os.close(descriptor)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        assert made, "the engine's network cannot be entered"
        return made[0]


class ImageFiles:
    """An image in the making: its layers and what its configuration says."""

    def __init__(
        self,
        name: str,
        layers: Sequence[bytes],
        config: Mapping[str, object] | None = None,
        architecture: str = "",
    ) -> None:
        self.name = name
        self.layers = list(layers)
        described = {
            "architecture": architecture or own_architecture(),
            "os": "linux",
            "config": dict(config or {}),
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
            "history": [],
        }
        self.config = json.dumps(described).encode()

    def archive(self) -> bytes:
        """In the form of `docker save`."""
        names = [f"{digest(layer)[7:]}.tar" for layer in self.layers]
        tags = [self.name] if self.name else []
        manifest = [{"Config": "config.json", "RepoTags": tags, "Layers": names}]
        files = {"config.json": self.config, "manifest.json": json.dumps(manifest).encode()}
        files |= dict(zip(names, self.layers, strict=True))
        return tar({name: (content, 0o644) for name, content in files.items()})


def digest(content: bytes) -> str:
    """As registries and engines write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def own_architecture() -> str:
    """As images call this machine."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def tar(files: Mapping[str, tuple[bytes | str, int]]) -> bytes:
    """Files with their content and mode; text is the target of a symbolic link."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode = mode
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def busybox_layer() -> bytes:
    """A root file system of one static program under the names that tests use."""
    links = {f"bin/{name}": ("busybox", 0o777) for name in APPLETS.split()}
    passwd = b"root:x:0:0::/:/bin/sh\nworker:x:1000:1000::/:/bin/sh\n"
    return tar(
        {
            "bin/busybox": (BUSYBOX.read_bytes(), 0o755),
            "etc/passwd": (passwd, 0o644),
            "etc/group": (b"root:x:0:\nworker:x:1000:\n", 0o644),
            **links,
        }
    )


def stand_in_bundle(folder: Path) -> Path:
    """A bundle with the stand-in as its agent."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    shutil.copy(BUSYBOX, programs / "busybox")
    agent = programs / "hodei-agent"
    agent.write_text(STAND_IN, encoding="ascii")
    for path in (folder, programs, agent, programs / "busybox"):
        path.chmod(0o755)
    return folder


@contextmanager
def private_engine(disk_mb: int = 0) -> Iterator[PrivateEngine]:
    """Starts an engine, on a small disk of its own if asked to, and removes every trace of it."""
    # Not in pytest's own directory: an engine's data may not lie on another overlay.
    folder = Path(tempfile.mkdtemp(prefix="hodei-docker-", dir="/var/tmp"))
    engine = PrivateEngine(folder)
    try:
        engine.run("up", *([disk_mb] if disk_mb else []))
        yield engine
    finally:
        engine.run("down")
