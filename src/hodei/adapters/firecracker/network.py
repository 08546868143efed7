"""The network of a microVM: a namespace of its own, a TAP in it, a way out by NAT.

No guest sees another. The namespace translates a guest's address to one that this machine knows,
and the machine translates that one to its own.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Network
from uuid import UUID

from hodei.adapters.firecracker.programs import run

TAP = "tap0"
OUTWARD = "out0"
"""The namespace's end of the pair that leads out of it."""
GUESTS, MASK = IPv4Network("198.18.0.0/16"), "255.255.255.252"
"""Of these each guest has four, which only its own namespace sees; nobody's network has them."""
FORBIDDEN = "169.254.0.0/16"
"""Where clouds tell machines their secrets."""
NETNS_FOLDER = "/run/netns"
FORWARDING = "/proc/sys/net/ipv4/ip_forward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What belongs to one worker on this machine."""

    netns: str
    link: str
    """The machine's end of the pair."""
    table: str
    addresses: IPv4Network
    """The worker's four."""
    inside: IPv4Network
    """The guest's four."""

    @property
    def gateway(self) -> str:
        """The namespace's address, as the guest sees it."""
        return str(self.inside[1])

    @property
    def guest(self) -> str:
        """The guest's address."""
        return str(self.inside[2])

    @property
    def mac(self) -> str:
        """The guest's, one that is locally administered."""
        return ":".join(f"{byte:02x}" for byte in (6, 0, *self.inside[2].packed))

    @property
    def outer(self) -> str:
        """The machine's address on the pair."""
        return str(self.addresses[1])

    @property
    def inner(self) -> str:
        """The namespace's address on the pair."""
        return str(self.addresses[2])


def names(worker_id: UUID, slot: int, pool: IPv4Network) -> Names:
    """Derived from the worker and its slot."""
    start = int(pool.network_address) + 4 * slot
    return Names(
        netns=f"hodei-{worker_id}",
        link=f"hfc{slot}",
        table=f"hodei-fc-{slot}",
        addresses=IPv4Network((start, 30)),
        inside=IPv4Network((int(GUESTS.network_address) + 4 * slot, 30)),
    )


def outside(made: Names) -> str:
    """Commands of `ip -batch` on this machine."""
    return "\n".join(
        (
            f"link add {made.link} type veth peer name {OUTWARD} netns {made.netns}",
            f"addr add {made.outer}/30 dev {made.link}",
            f"link set {made.link} up",
        )
    )


def inside(made: Names, uid: int) -> str:
    """Commands of `ip -batch` in the namespace."""
    return "\n".join(
        (
            "link set lo up",
            f"addr add {made.inner}/30 dev {OUTWARD}",
            f"link set {OUTWARD} up",
            f"route add default via {made.outer}",
            f"tuntap add {TAP} mode tap user {uid} group {uid}",
            f"addr add {made.gateway}/30 dev {TAP}",
            f"link set {TAP} up",
        )
    )


def rules_outside(made: Names) -> str:
    """Of nft on this machine: out by its own address, in only as an answer, not to others."""
    return f"""table ip {made.table} {{
    chain out {{
        type nat hook postrouting priority srcnat;
        ip saddr {made.addresses} oifname != "{made.link}" masquerade
    }}
    chain through {{
        type filter hook forward priority filter;
        iifname "{made.link}" oifname "hfc*" drop
        oifname "{made.link}" ct state established,related accept
        oifname "{made.link}" drop
    }}
}}
"""


def rules_inside() -> str:
    """Of nft in the namespace."""
    return f"""table ip hodei {{
    chain out {{
        type nat hook postrouting priority srcnat;
        oifname "{OUTWARD}" masquerade
    }}
    chain through {{
        type filter hook forward priority filter;
        ip daddr {FORBIDDEN} drop
    }}
}}
"""


async def make_empty(made: Names) -> None:
    """A namespace with nothing in it. Raises Refusal."""
    await run("ip", "netns", "add", made.netns)


async def make(made: Names, uid: int) -> None:
    """A namespace with a TAP and a way out. Raises Refusal."""
    if made.link in (name for _, name in socket.if_nameindex()):
        # Of a worker whose directory somebody removed by hand.
        await _remove_outside(made)
    await make_empty(made)
    enter = ("nsenter", f"--net={NETNS_FOLDER}/{made.netns}")
    await run("ip", "-batch", "-", given=outside(made))
    await run("ip", "-n", made.netns, "-batch", "-", given=inside(made, uid))
    await run(*enter, "sh", "-c", f"echo 1 >{FORWARDING}")
    await run(*enter, "nft", "-f", "-", given=rules_inside())
    await run("nft", "-f", "-", given=rules_outside(made))


async def remove(made: Names, *, known: bool) -> None:
    """All of it, as far as it is there; `known`: the slot is certainly the worker's own."""
    if known:
        await _remove_outside(made)
    await run("ip", "netns", "del", made.netns, missing="No such file")


async def _remove_outside(made: Names) -> None:
    await run("nft", "delete", "table", "ip", made.table, missing="No such file")
    await run("ip", "link", "del", made.link, missing="Cannot find device")
