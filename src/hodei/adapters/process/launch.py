"""Starting an agent: its environment, and the few lines of shell that become it.

The worker itself notes who it is and enters its control groups before it becomes the agent. So
there is no moment at which a process of ours runs that nobody could find again, and no second
agent can start in the same directory: the note is created exclusively.
"""

from __future__ import annotations

import errno
import resource
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from hodei.adapters.process.folder import WorkerFolder
from hodei.adapters.process.proc import MARKER
from hodei.ports.provider import ProvisionRequest

PASSED = frozenset({"PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER", "LOGNAME", "SHELL"})
"""Variables of the server that every job gets, and those that begin with LC_."""
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SHELL = "/bin/sh"
# $1 is the note; then come files to write a 0 to, `--`, and the agent's command line.
BECOME_AGENT = """
read -r boot </proc/sys/kernel/random/boot_id
read -r line </proc/self/stat || exit 71
set -C
echo "$boot $line" >"$1" || exit 72
set +C
shift
while [ "$1" != -- ]; do echo 0 >"$1" || exit 73; shift; done
shift
exec "$@"
"""
DESCRIPTORS = resource.getrlimit(resource.RLIMIT_NOFILE)
"""As the server was started; once it serves, it takes more for itself and not for its jobs."""
NO_ROOM = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC})


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the environment of an agent is made from, besides the request."""

    marker: str
    """Names installation, provider and worker; also in everything that the agent starts."""
    cgroup: str
    """Path of the worker's group from each mount point; empty: rlimits only."""
    pass_env: tuple[str, ...] = ()


def agent_environment(
    request: ProvisionRequest,
    folder: WorkerFolder,
    around: Surroundings,
    server: Mapping[str, str],
) -> dict[str, str]:
    """The whole environment of the agent; nothing else of the server's own reaches it."""
    wanted = PASSED | set(around.pass_env)
    environment = {
        name: value
        for name, value in server.items()
        if (name in wanted or name.startswith("LC_")) and not name.startswith("HODEI_")
    }
    environment.setdefault("PATH", DEFAULT_PATH)
    environment |= {
        MARKER: around.marker,
        "HODEI_AGENT_SERVER": ",".join(request.enrolment.servers),
        "HODEI_AGENT_WORKER_ID": str(request.worker_id),
        "HODEI_AGENT_OTP_FILE": str(folder.otp),
        "HODEI_AGENT_DIR": str(folder.agent),
        "HODEI_AGENT_REUSABLE": "1" if request.spec.reusable else "0",
        "HODEI_AGENT_WORKDIR": "attempt",
        "HODEI_AGENT_LIMITS": "cgroup" if around.cgroup else "rlimit",
    }
    if around.cgroup:
        environment["HODEI_AGENT_CGROUP"] = around.cgroup
    if request.enrolment.ca_pem:
        environment["HODEI_AGENT_CA"] = request.enrolment.ca_pem
    return environment


def launch_command(note: str, entries: Sequence[str], agent: Sequence[str]) -> list[str]:
    """The command line; it holds no secret, for everybody may read it."""
    return [SHELL, "-c", BECOME_AGENT, "hodei-worker", note, *entries, "--", *agent]


def start(
    folder: WorkerFolder,
    entries: Sequence[str],
    agent: Sequence[str],
    environment: Mapping[str, str],
) -> int:
    """Starts the agent in a session of its own; its pid. Blocks 1 to 2 ms, raises OSError."""
    with open(folder.log, "ab") as log:
        process = subprocess.Popen(
            launch_command(str(folder.process), entries, agent),
            cwd=folder.agent,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    with suppress(ProcessLookupError):  # before it can have a job
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, DESCRIPTORS)
    # The worker outlives this object, and the server; who collects it is the reaper.
    process.returncode = 0
    return process.pid
