"""What the agent of a guest is started with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path, PurePosixPath

from hodei.adapters.firecracker.guest import AGENT_PORT, JOB_GROUP
from hodei.adapters.firecracker.images.cache import RootFs
from hodei.adapters.firecracker.orders import OTP, Program
from hodei.adapters.firecracker.settings import FirecrackerSettings
from hodei.domain.errors import ProviderUnavailable, SpecRejected
from hodei.domain.spec import Network
from hodei.ports.provider import ProvisionRequest

LAUNCHER = "/.hodei/bin/hodei-agent"
PREFIX, HIDDEN = "HODEI_AGENT_", "HODEI_AGENT_ENV_"
RESOLVER = Path("/etc/resolv.conf")
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def local_servers(request: ProvisionRequest) -> tuple[list[str], list[str]]:
    """Unix sockets of the server, and all targets as seen from the guest.

    Raises SpecRejected for a job without a network whose server has no socket.
    """
    sockets: list[str] = []
    servers: list[str] = []
    for target in request.enrolment.servers:
        if not target.startswith("unix:"):
            if request.spec.network is not Network.NONE:
                servers.append(target)
            continue
        path = PurePosixPath(target.removeprefix("unix:"))
        if not path.is_absolute():
            raise ProviderUnavailable(f"the server's socket {path} is no absolute path")
        if sockets and PurePosixPath(sockets[0]).parent != path.parent:
            # One directory is shown to Firecracker, which relays what the guest says.
            continue
        servers.append(f"vsock:2:{AGENT_PORT + len(sockets)}")
        sockets.append(str(path))
    if not servers:
        raise SpecRejected(
            "a job without a network reaches the server by a unix socket only, "
            "and HODEI_AGENT_SERVERS names none"
        )
    return sockets, servers


def agent_program(
    request: ProvisionRequest,
    root: RootFs,
    bundle: Path,
    servers: Sequence[str],
    guest_env: Mapping[str, str],
) -> Program:
    """The agent with its settings; the image's variables under the names that keep them from it."""
    image = root.config
    env = dict(guest_env)
    for name, value in {"PATH": DEFAULT_PATH, **guest_env, **image.env}.items():
        env[f"{HIDDEN}{name}"] = value
    env |= {
        f"{PREFIX}SERVER": ",".join(servers),
        f"{PREFIX}WORKER_ID": str(request.worker_id),
        f"{PREFIX}OTP_FILE": OTP,
        f"{PREFIX}REUSABLE": "0",
        f"{PREFIX}WORKDIR": "inherit",
        f"{PREFIX}LIMITS": "given",
        f"{PREFIX}CGROUP": JOB_GROUP,
        f"{PREFIX}IMAGE_ENTRYPOINT": json.dumps(list(image.entrypoint)),
    }
    if image.stop_signal:
        env[f"{PREFIX}STOP_SIGNAL"] = image.stop_signal
    if request.enrolment.ca_pem:
        env[f"{PREFIX}CA"] = request.enrolment.ca_pem
    return Program(
        argv=started_by(bundle),
        env=env,
        cwd=image.cwd,
        uid=root.user.uid,
        gid=root.user.gid,
        groups=root.user.groups,
        otp=request.enrolment.otp,
    )


def started_by(bundle: Path) -> list[str]:
    """What the bundle's launcher would execute.

    The launcher hides every variable from the loader, since in a container they are the image's.
    Here the init has hidden those already, and what is left is the operator's `guest_env`, which
    is meant for the loader too.
    """
    try:
        content = (bundle / "bin" / "hodei-agent").read_bytes()
    except OSError:
        return [LAUNCHER]
    # Its arguments stand at its end, behind the zero that ends the table of their addresses.
    _, _, text = content.rpartition(bytes(8))
    words = text.removesuffix(b"\0").split(b"\0")
    if len(words) < 2 or not all(word.isascii() and word for word in words):
        return [LAUNCHER]
    return [word.decode("ascii") for word in words]


def dns_of(settings: FirecrackerSettings) -> Sequence[str]:
    """Name servers that a guest can reach."""
    if settings.dns:
        return settings.dns
    try:
        lines = RESOLVER.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ()
    named = [
        line.split()[1] for line in lines if line.startswith("nameserver") and len(line.split()) > 1
    ]
    return [each for each in named if _reachable(each)]


def _reachable(address: str) -> bool:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return not found.is_loopback and found.version == 4
