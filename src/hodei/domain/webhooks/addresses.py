"""Where a webhook may call: public addresses, and what the operator allows besides.

What counts is the address that the connection is made to, after the name was looked up. IPv6
addresses that stand for an IPv4 one (mapped, NAT64, 6to4) are judged as both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_REFUSED_4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(text), what)
    for text, what in (
        ("0.0.0.0/8", "this machine"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "a provider's shared network"),
        ("127.0.0.0/8", "this machine (loopback)"),
        ("168.63.129.16/32", "a cloud's metadata service"),
        ("169.254.0.0/16", "link-local, where clouds have their metadata service"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved for documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "a private network"),
        ("198.18.0.0/15", "reserved for measurements"),
        ("198.51.100.0/24", "reserved for documentation"),
        ("203.0.113.0/24", "reserved for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_REFUSED_6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(text), what)
    for text, what in (
        ("::/128", "this machine"),
        ("::1/128", "this machine (loopback)"),
        ("fc00::/7", "a private network"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "a private network"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved for documentation"),
        ("3fff::/20", "reserved for documentation"),
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_PART = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
    r"(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What the operator allows besides public addresses."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()
    """Names, in lower case: whatever address they have."""

    def refusal(self, host: str, address: Address) -> str:
        """Why `host` may not be called at `address`; empty: it may."""
        if host.lower().rstrip(".") in self.hosts:
            return ""
        faces = (address, *_embedded(address))
        if any(face in network for face in faces for network in self.networks):
            return ""
        for face in faces:
            if what := _special(face):
                means = "" if face == address else f", which stands for {face}"
                return f"{address}{means} is {what}"
        return ""


def read_allowed(text: str) -> Allowed:
    """Comma-separated networks, addresses and names. Raises ValueError, saying which is none."""
    networks: list[Network] = []
    hosts: set[str] = set()
    for part in (each.strip().lower() for each in text.split(",")):
        if not part:
            continue
        try:
            networks.append(ip_network(part.removeprefix("[").removesuffix("]")))
        except ValueError:
            # What looks like an address and is none must not be taken for a name.
            if "/" in part or not is_name(part) or legacy_address(part) is not None:
                raise ValueError(
                    f"{part[:60]!r} must be a network such as 10.1.0.0/16 (without host bits), "
                    "an address, or a host name"
                ) from None
            hosts.add(part)
    return Allowed(networks=tuple(networks), hosts=frozenset(hosts))


def is_name(host: str) -> bool:
    """Whether `host`, in lower case, has the form of a host name."""
    return _NAME.match(host) is not None


def literal(host: str) -> Address | None:
    """The address that a host in a URL is, in any spelling that a resolver takes; None: a name."""
    try:
        return ip_address(host)
    except ValueError:
        return legacy_address(host)


def legacy_address(host: str) -> IPv4Address | None:
    """The IPv4 address of the spellings with fewer parts, and octal or hexadecimal ones:
    `2130706433`, `0x7f.1` and `0177.0.0.1` are all 127.0.0.1; None: it is no such thing."""
    parts = host.removesuffix(".").split(".")
    if not 1 <= len(parts) <= 4 or not all(_PART.fullmatch(part) for part in parts):
        return None
    numbers = [_number(part) for part in parts]
    *leading, last = numbers
    if any(n is None or n > 255 for n in leading) or last is None:
        return None
    if last >= 1 << 8 * (5 - len(parts)):
        return None
    value = last
    for place, number in enumerate(leading):
        value |= (number or 0) << 8 * (3 - place)
    return IPv4Address(value)


def _number(part: str) -> int | None:
    if len(part) > 16:
        return None
    try:
        if part[:2].lower() == "0x":
            return int(part[2:] or "0", 16)
        return int(part, 8) if part.startswith("0") and len(part) > 1 else int(part)
    except ValueError:
        return None


def _embedded(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that packets to `address` may end up at."""
    if isinstance(address, IPv4Address):
        return ()
    if (mapped := address.ipv4_mapped) is not None:
        return (mapped,)
    if (relayed := address.sixtofour) is not None:
        return (relayed,)
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    return ()


def _special(address: Address) -> str:
    """What an address is other than public; empty: it is public."""
    if isinstance(address, IPv4Address):
        return next((what for network, what in _REFUSED_4 if address in network), "")
    for network, what in _REFUSED_6:
        if address in network:
            return what
    if address.ipv4_mapped is not None or address in _NAT64:
        return ""  # judged by the IPv4 address that it stands for
    return "" if address in _GLOBAL_6 else "reserved"
