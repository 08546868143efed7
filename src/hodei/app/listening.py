"""Where a server may listen, and by which names: the rules that hold several settings together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from hodei.domain.errors import Violation

PLAIN = "tcp://"
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


# ---- single settings; each raises ValueError


def host(text: str) -> str:
    """An address to listen on."""
    if text == "localhost":
        return "127.0.0.1"
    try:
        return str(ip_address(text.removeprefix("[").removesuffix("]")))
    except ValueError:
        raise ValueError("must be an IP address, such as 127.0.0.1, ::1 or 0.0.0.0") from None


def public_url(text: str) -> str:
    """An origin: scheme, name and perhaps a port."""
    parts = urlsplit(text)
    try:
        fits = parts.scheme in ("http", "https") and parts.port != 0
        rest = (parts.path.rstrip("/"), parts.query, parts.fragment, parts.username)
        named = name(parts.hostname or "")
    except ValueError:
        fits = False
    if not fits or any(rest):
        raise ValueError("must look like https://hodei.example.com, without a path")
    place = f"[{named}]" if ":" in named else named
    return f"{parts.scheme}://{place}" + (f":{parts.port}" if parts.port else "")


def names(text: str) -> tuple[str, ...]:
    """Host names and addresses, comma-separated."""
    return tuple(name(part.strip()) for part in text.split(",") if part.strip())


def name(text: str) -> str:
    """One host name or address, in lower case."""
    plain = text.lower().removeprefix("[").removesuffix("]")
    try:
        return str(ip_address(plain))
    except ValueError:
        if not _NAME.fullmatch(plain):
            raise ValueError("each must be a host name or an address, without a port") from None
        return plain


def networks(text: str) -> tuple[str, ...]:
    """Addresses and networks, comma-separated."""
    found = []
    for part in (part.strip() for part in text.split(",")):
        try:
            network = ip_network(part)
        except ValueError:
            raise ValueError("each must be an address or a network, such as 10.0.0.0/8") from None
        if network.prefixlen == 0:
            raise ValueError("not everybody can be trusted: name the proxy's address or network")
        found.append(part)
    return tuple(found)


# ---- several settings


class Listening(Protocol):
    """The settings that are looked at together."""

    @property
    def host(self) -> str: ...

    @property
    def tls_cert(self) -> Path | None: ...

    @property
    def tls_key(self) -> Path | None: ...

    @property
    def allow_plaintext(self) -> bool: ...

    @property
    def public_url(self) -> str | None: ...

    @property
    def allowed_hosts(self) -> tuple[str, ...]: ...

    @property
    def trusted_proxies(self) -> tuple[str, ...]: ...

    @property
    def dev_mode(self) -> bool: ...

    @property
    def agent_servers(self) -> tuple[str, ...]: ...


def exposed(settings: Listening) -> bool:
    """Whether others than this machine's users can reach the server, as far as one can know."""
    given = (settings.host, *host_names(settings))
    return bool(settings.trusted_proxies) or any(not _loopback(each) for each in given)


def readable(settings: Listening) -> bool:
    """Whether what is said to the server can cross a network unencrypted."""
    return not _loopback(settings.host) and settings.tls_cert is None


def host_names(settings: Listening) -> tuple[str, ...]:
    """Names besides those of loopback by which browsers may call."""
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    own = () if ip_address(settings.host).is_unspecified else (settings.host,)
    return (*own, *settings.allowed_hosts, *((public,) if public else ()))


def origins(settings: Listening) -> tuple[str, ...]:
    """Origins besides the server's own whose pages may change things."""
    return (settings.public_url,) if settings.public_url else ()


def _loopback(text: str) -> bool:
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return text == "localhost"


def faults(settings: Listening) -> Iterator[Violation]:
    """What does not go together."""
    if bool(settings.tls_cert) != bool(settings.tls_key):
        message = "HODEI_TLS_CERT and HODEI_TLS_KEY go together"
        given = "HODEI_TLS_CERT" if settings.tls_cert else "HODEI_TLS_KEY"
        yield Violation(field=given, message=message)
    if settings.dev_mode and exposed(settings):
        message = (
            "lets in whoever says dev-NAME, so it goes with loopback only: unset it, or "
            "HODEI_HOST, HODEI_PUBLIC_URL, HODEI_ALLOWED_HOSTS and HODEI_TRUSTED_PROXIES"
        )
        yield Violation(field="HODEI_DEV_MODE", message=message)
    for target in settings.agent_servers:
        if target.startswith(PLAIN) and not _loopback(urlsplit(target).hostname or ""):
            message = (
                "one-time passwords and secrets would cross the network for everybody to read: "
                f"name tls://{target.removeprefix(PLAIN)}, with HODEI_AGENT_LISTEN"
            )
            yield Violation(field="HODEI_AGENT_SERVERS", message=message, value=target)
    if readable(settings) and not settings.allow_plaintext:
        message = (
            "without TLS everybody on the way can read and use passwords, tokens and logs: set "
            "HODEI_TLS_CERT and HODEI_TLS_KEY, or HODEI_ALLOW_PLAINTEXT=1 where a proxy in "
            "front encrypts and nobody else reaches this address"
        )
        yield Violation(field="HODEI_HOST", message=message, value=settings.host)
