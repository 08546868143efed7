"""Becomes another program: as the right user, detached from the terminal, tied to its parent.

Run as a script (`python -I -S launch.py UID GID PARENT SIGNAL PROGRAM ARGUMENTS...`), because
what it does between fork and exec is not safe to do in a process that has threads. UID -1 keeps
the user; SIGNAL 0 lets the program outlive PARENT.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def drop_to(uid: int, gid: int) -> None:
    """Give up every privilege for `uid` and `gid`; supplementary groups go first."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with(parent: int, signal_number: int) -> None:
    """Have the kernel signal this process when `parent` dies; leave at once if it has already.

    Comes after the change of user, which would clear it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        raise SystemExit("the parent process has ended")


def main(arguments: list[str]) -> None:
    """Parse, change, and exec; only returns by an exception."""
    uid, gid, parent, signal_number = (int(each) for each in arguments[:4])
    program = arguments[4:]
    os.setsid()
    os.umask(0o077)
    os.chdir("/")
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    if uid >= 0:
        drop_to(uid, gid)
    if signal_number:
        die_with(parent, signal_number)
    os.execv(program[0], program)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        raise SystemExit(f"{sys.argv[5]}: {error.strerror}") from error
