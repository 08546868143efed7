"""Ports for servers of tests, of which two runs on one machine hardly choose the same."""

from __future__ import annotations

import random
import socket
from contextlib import suppress
from pathlib import Path

FIRST = 11_000
"""Below it are ports that browsers refuse."""
_chance = random.SystemRandom()


def free_port() -> int:
    """A port that nobody listens on just now.

    The kernel gives it to nobody else, neither to a server that asks for any port nor to a call:
    it stays free while the server that had it is restarted.
    """
    own = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    while True:
        port = _chance.randrange(FIRST, max(int(own[0]), FIRST + 1000))
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
