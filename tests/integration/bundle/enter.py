"""Becomes a program in a root file system of its own, as a container runtime would start it.

`python -I enter.py PLAN` where PLAN is JSON: root, bundle, uid, env, argv, binds. The mounts are
seen by this process only and go with it. The environment is set by the last step, so that a
hostile one meets nothing but the program.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys

CLONE_NEWNS, CLONE_NEWPID = 0x20000, 0x20000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 38, 24
PR_SET_PDEATHSIG, SIGKILL = 1, 9
CAPABILITIES = 64

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    """Raises what the kernel said."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str, flags: int) -> None:
    """One mount(2)."""
    arguments = [text.encode() for text in (source, target, kind)]
    check(libc.mount(*arguments, ctypes.c_ulong(flags), None), f"mount {target}")


def bind(source: str, target: str, *, read_only: bool) -> None:
    """Shows a directory or file at another place."""
    mount(source, target, "", MS_BIND | MS_REC)
    if read_only:
        mount(source, target, "", MS_BIND | MS_REMOUNT | MS_RDONLY)


def build_view(plan: dict[str, object]) -> None:
    """Mounts everything under the root and makes it this process's own."""
    root = str(plan["root"])
    mount("", "/", "", MS_REC | MS_PRIVATE)
    bind(root, root, read_only=False)
    binds = plan["binds"]
    assert isinstance(binds, dict)
    for target, source in binds.items():
        bind(str(source), root + target, read_only=False)
    bind(str(plan["bundle"]), f"{root}/.hodei", read_only=True)
    mount("proc", f"{root}/proc", "proc", 0)
    mount("tmpfs", f"{root}/proc/sys", "tmpfs", MS_RDONLY)
    mount(root, root, "", MS_BIND | MS_REMOUNT | MS_RDONLY)
    os.chroot(root)
    os.chdir("/")


def drop_privileges(uid: int) -> None:
    """No capability, no way to gain one, and another user."""
    for number in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def main() -> None:
    """As PID 1 of a new namespace; this process waits for it and ends like it."""
    plan = json.loads(sys.argv[1])
    check(libc.unshare(CLONE_NEWNS | CLONE_NEWPID), "unshare")
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    try:
        build_view(plan)
        drop_privileges(plan["uid"])
        # Only now: a change of user clears it.
        check(libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "pdeathsig")
        os.execve(plan["argv"][0], plan["argv"], plan["env"])
    except OSError as error:
        os.write(2, f"enter: {error}\n".encode())
    os._exit(125)


main()
