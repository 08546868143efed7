"""Settings: read once from the environment, checked, and never read again."""

from __future__ import annotations

import difflib
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hodei.app import listening, tracing_settings
from hodei.app.database_url import database_url
from hodei.app.embedded import default_data_dir
from hodei.domain.access.roles import Role
from hodei.domain.errors import InvalidRequest, Violation
from hodei.domain.units import format_duration, parse_duration
from hodei.domain.webhooks.addresses import Allowed, read_allowed
from hodei.ports.audit import LEAST_RETENTION

CLIENT_NAMES = frozenset({"HODEI_URL", "HODEI_TOKEN", "HODEI_CA_FILE", "HODEI_NO_BROWSER"})
"""Read by the command line, harmless to the server."""
OTHER_NAMES = {
    "GRPC_PORT": "grpc_port",
    "DOCKER_HOST": "docker_host",
    "DOCKER_TLS_VERIFY": "docker_tls_verify",
    "DOCKER_CERT_PATH": "docker_cert_path",
    "KUBECONFIG": "kubeconfig",
    **tracing_settings.NAMES,
}
"""Settings whose names do not begin with HODEI_: as the product's guide, Docker, Kubernetes and
OpenTelemetry have them."""
FLAGS = {"0": False, "1": True, "false": False, "true": True, "no": False, "yes": True}
MIN_KEY = 32
AGENT_TLS_FILES = ("HODEI_AGENT_TLS_CERT", "HODEI_AGENT_TLS_KEY", "HODEI_AGENT_TLS_CA")
HIDDEN = frozenset({"database_url", "secret_key", "oidc_client_secret"}) | tracing_settings.HIDDEN
"""Settings that are never printed."""
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set; `HODEI_` and the field's name in capitals sets it."""

    database_url: str | None = field(default=None, repr=False)
    """PostgreSQL URL, `sslmode` and its files included; None: an embedded PostgreSQL in the data
    directory."""
    data_dir: Path = field(default_factory=default_data_dir)
    """Where the embedded database, sockets and provider directories are."""
    host: str = "127.0.0.1"
    """Address to listen on; another than loopback asks for sign-in and TLS."""
    tls_cert: Path | None = None
    """Certificate chain of HTTP and gRPC, PEM; None: both are plain. Read again when it changes."""
    tls_key: Path | None = None
    allow_plaintext: bool = False
    """Listens on other addresses than loopback without TLS: passwords, tokens and logs cross
    the network for everybody to read, unless something in front encrypts them."""
    public_url: str | None = None
    """Under which people reach this server when that is not the address it listens on."""
    allowed_hosts: tuple[str, ...] = ()
    """Further names by which browsers may call it."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks of proxies whose X-Forwarded-For and X-Forwarded-Proto count."""
    metrics_host: str = "127.0.0.1"
    """Address of the metrics port, which asks nobody who they are."""
    http_port: int = 8080
    """Port of REST, WebSocket and web UI; 0: any free one."""
    grpc_port: int = 50051
    """Port of gRPC; 0: any free one."""
    metrics_port: int = 9464
    """Port of the Prometheus text at /metrics; 0: no such port."""
    ssh_port: int = 0
    """Port of the SSH gateway into running jobs; 0: no such port."""
    ssh_authorized_keys: Path | None = None
    """Public keys that may enter by SSH, as OpenSSH has them; a key's comment is the name."""
    log_level: str = "info"
    """debug, info, warning or error."""
    otlp_endpoint: str | None = None
    """OpenTelemetry collector that spans are sent to, OTLP over HTTP; None: as `otel_endpoint`."""
    trace_url: str | None = None
    """Page of a trace, with `{trace_id}` where its id belongs; None: there is none."""
    otel_disabled: bool = False
    """Nothing is traced, whatever else is set."""
    otel_exporter: str = "otlp"
    """otlp, or none."""
    otel_endpoint: str | None = None
    """Collector, to which the path of traces is added."""
    otel_traces_endpoint: str | None = None
    """The whole address for traces; before `otel_endpoint`."""
    otel_protocol: str | None = None
    otel_traces_protocol: str | None = None
    otel_headers: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)
    """Headers of every request to the collector."""
    otel_traces_headers: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)
    """In place of `otel_headers`."""
    otel_service_name: str | None = None
    """None: the one of `otel_resource_attributes`, or hodei."""
    otel_resource_attributes: tuple[tuple[str, str], ...] = ()
    """What is said of this server with every span."""
    otel_sampler: str = "parentbased_always_on"
    """Which traces are recorded."""
    otel_sampler_arg: float = 1.0
    """Share of traces, for samplers by ratio."""
    otel_propagators: str | None = None
    log_format: str = "text"
    """Of the server's own log: text, or json with one object per line."""
    dev_mode: bool = False
    """Accepts tokens `dev-NAME` and takes NAME for the owner."""
    sign_in: str = "auto"
    """auto: everybody signs in as soon as there is a user, or where other machines reach the
    server; required: always, as behind a reverse proxy on this machine."""
    oidc_issuer: str | None = None
    """URL of an OpenID Connect provider that people may sign in at; None: none."""
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = field(default=None, repr=False)
    """None: the file, or a public client."""
    oidc_client_secret_file: Path | None = None
    oidc_name: str = "single sign-on"
    """What the sign-in page calls the provider."""
    oidc_role_claim: str | None = None
    """Claim that names somebody's role in all projects: viewer, operator or admin; counts at
    every sign-in. None: roles are given by administrators."""
    oidc_default_role: str | None = None
    """Role in all projects of whoever has none by the claim; None: no entry without one."""
    process_enabled: bool = True
    """Seeds the provider `local`, which runs jobs as processes of this machine."""
    docker_enabled: bool = False
    """Seeds the provider `docker`."""
    docker_host: str | None = None
    """The engine of the seeded provider; None: this machine's own."""
    docker_tls_verify: str = ""
    """Anything: that engine is reached by TLS, with the files of `docker_cert_path`."""
    docker_cert_path: Path | None = None
    """Holds ca.pem, cert.pem and key.pem; None: `.docker` of the user's home."""
    k8s_enabled: bool = False
    """Seeds the provider `kubernetes`."""
    kubeconfig: Path | None = None
    """Of that provider; None: the account of the pod that this server runs in."""
    k8s_namespace: str = ""
    """Where that provider's pods are; empty: as the kubeconfig, or the server's own pod, has it."""
    k8s_agent_image: str = ""
    """Brings the agent into that provider's pods; empty: the provider's default."""
    k8s_settings_file: Path | None = None
    """Further settings of that provider, as YAML or JSON; None: none."""
    fc_enabled: bool = False
    agent_servers: tuple[str, ...] = ()
    """Targets that agents are told to call, comma-separated; this server's socket comes first
    unless they name a socket."""
    agent_listen: tuple[str, int] | None = None
    """Address and port for agents of other machines, with TLS; None: nowhere. Serves enrolled
    agents only, so that it need not be loopback."""
    relay_listen: tuple[str, int] | None = None
    """Address and port at which the other servers of the installation call this one, with TLS on
    both sides; None: they do not, and it does not call them."""
    agent_tls_cert: Path | None = None
    """Certificate chain of that listener, PEM; None: one by an authority of the server's own."""
    agent_tls_key: Path | None = None
    agent_tls_ca: Path | None = None
    """The authority of that certificate, which agents are told to believe."""
    secrets_dir: Path | None = None
    """Secrets as files, one directory per project; None: `secrets` in the data directory."""
    secret_key: str | None = field(default=None, repr=False)
    """Seals secret values in the database, 32 characters or more; the same on every replica.
    Several, one per line: the first seals, the others open what was sealed before."""
    secret_key_file: Path | None = None
    """A file with that key, or with several, looked at again when it has changed; None:
    `secret.key` in the data directory, made when missing."""
    log_max_bytes: int = 1 << 30
    """Stored log text per attempt, in bytes."""
    job_retention: timedelta = timedelta(days=90)
    """How long finished jobs are kept, e.g. 90d."""
    log_retention: timedelta = timedelta(days=30)
    """How long the logs of finished jobs are kept, e.g. 30d."""
    audit_retention: timedelta = timedelta(days=365)
    """How long rows of the audit log are kept, a day at least, e.g. 365d."""
    webhook_allow: Allowed = field(default_factory=Allowed)
    """Networks, addresses and host names that webhooks may call though they are not public."""
    delivery_retention: timedelta = timedelta(days=30)
    """How long deliveries of webhooks are kept, e.g. 30d."""
    terminal_idle: timedelta = timedelta(hours=1)
    """A terminal in a job that passes nothing for this long is closed, e.g. 1h."""
    pool_size: int = 8
    """Connections to PostgreSQL."""


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises InvalidRequest naming every wrong one."""
    given = dict(os.environ if environ is None else environ)
    known = {f"HODEI_{item.name.upper()}": item.name for item in fields(Settings)}
    for attribute in OTHER_NAMES.values():
        known.pop(f"HODEI_{attribute.upper()}")
    known |= OTHER_NAMES
    violations = _unknown(given, known)
    values: dict[str, Any] = {}
    for name, attribute in known.items():
        text = given.get(name, "").strip()
        if not text:
            continue
        try:
            values[attribute] = _READERS[attribute](text)
        except ValueError as error:
            violations.append(Violation(field=name, message=str(error), value=_shown(name, text)))
    violations += [*_oidc_faults(values), *tracing_settings.faults(given, values)]
    files = [name for name in AGENT_TLS_FILES if known[name] in values]
    if files and len(files) < len(AGENT_TLS_FILES):
        message = f"{', '.join(AGENT_TLS_FILES)} go together"
        violations.append(Violation(field=files[0], message=message))
    made = Settings(**values)
    if faults := [*violations, *listening.faults(made)]:
        raise InvalidRequest(faults)
    return made


def _oidc_faults(values: Mapping[str, Any]) -> list[Violation]:
    given = [name for name in values if name.startswith("oidc_")]
    missing = [name for name in ("oidc_issuer", "oidc_client_id") if name not in values]
    if given and missing:
        message = "HODEI_OIDC_ISSUER and HODEI_OIDC_CLIENT_ID go together"
        return [Violation(field=f"HODEI_{missing[0].upper()}", message=message)]
    return []


def _unknown(given: Mapping[str, str], known: Mapping[str, str]) -> list[Violation]:
    """A misspelt setting must not be passed over silently."""
    violations = []
    for name in sorted(given):
        if not name.startswith("HODEI_") or name in known or name in CLIENT_NAMES:
            continue
        bare = name.removeprefix("HODEI_")
        near = [bare] if bare in known else difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        violations.append(Violation(field=name, message=f"is not a setting{hint}"))
    return violations


def _shown(name: str, value: str) -> str:
    secret = any(word in name for word in ("URL", "SECRET", "HEADERS", "ENDPOINT"))
    return "" if secret else value[:100]


def _flag(text: str) -> bool:
    try:
        return FLAGS[text.lower()]
    except KeyError:
        raise ValueError("must be 0 or 1") from None


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number between {low} and {high}")
        return int(text)

    return read


def _keys(text: str) -> str:
    if any(len(line.strip()) < MIN_KEY for line in text.splitlines()):
        raise ValueError(f"must have at least {MIN_KEY} characters, in each line if several")
    return text


def _word(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text.lower()

    return read


def _issuer(text: str) -> str:
    parts = urlsplit(text)
    plain = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if (parts.scheme != "https" and not plain) or not parts.hostname or parts.query:
        raise ValueError(
            "must be an https:// URL (http:// on this machine only), as tokens name it"
        )
    return text


def _duration(text: str) -> timedelta:
    try:
        return timedelta(milliseconds=parse_duration(text))
    except InvalidRequest as error:
        raise ValueError(error.violations[0].message) from None


def _idle(text: str) -> timedelta:
    if (given := _duration(text)) < timedelta(seconds=1):
        raise ValueError("must be at least 1s")
    return given


def _audit_retention(text: str) -> timedelta:
    if (given := _duration(text)) < LEAST_RETENTION:
        raise ValueError("must be at least 1d")
    return given


def _targets(text: str) -> tuple[str, ...]:
    targets = tuple(part.strip() for part in text.split(",") if part.strip())
    for target in targets:
        if not target.startswith(("unix:", "tcp://", "tls://", "vsock:")):
            raise ValueError("each must begin with unix:, tcp://, tls:// or vsock:")
    return targets


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    try:
        found = ip_address(host.removeprefix("[").removesuffix("]"))
        return str(found), _whole(1, 65_535)(port)
    except ValueError:
        raise ValueError("must be ADDRESS:PORT, such as 0.0.0.0:50052 or [::]:50052") from None


def _own_address(text: str) -> tuple[str, int]:
    host, port = _address(text)
    if ip_address(host).is_unspecified:
        raise ValueError("must be the very address that the other servers call, not all of them")
    return host, port


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


_PORT = _whole(0, 65_535)
_READERS: Mapping[str, Callable[[str], object]] = {
    "database_url": database_url,
    "data_dir": _path,
    "host": listening.host,
    "tls_cert": _path,
    "tls_key": _path,
    "allow_plaintext": _flag,
    "public_url": listening.public_url,
    "allowed_hosts": listening.names,
    "trusted_proxies": listening.networks,
    "metrics_host": listening.host,
    "http_port": _PORT,
    "grpc_port": _PORT,
    "metrics_port": _PORT,
    "ssh_port": _PORT,
    "ssh_authorized_keys": _path,
    "log_level": _word(*LOG_LEVELS),
    "log_format": _word("text", "json"),
    **tracing_settings.READERS,
    "dev_mode": _flag,
    "sign_in": _word("auto", "required"),
    "oidc_issuer": _issuer,
    "oidc_client_id": str,
    "oidc_client_secret": str,
    "oidc_client_secret_file": _path,
    "oidc_name": str,
    "oidc_role_claim": str,
    "oidc_default_role": _word(*Role),
    "process_enabled": _flag,
    "docker_enabled": _flag,
    "docker_host": str,
    "docker_tls_verify": str,
    "docker_cert_path": _path,
    "k8s_enabled": _flag,
    "kubeconfig": _path,
    "k8s_namespace": str,
    "k8s_agent_image": str,
    "k8s_settings_file": _path,
    "fc_enabled": _flag,
    "agent_servers": _targets,
    "agent_listen": _address,
    "relay_listen": _own_address,
    "agent_tls_cert": _path,
    "agent_tls_key": _path,
    "agent_tls_ca": _path,
    "secrets_dir": _path,
    "secret_key": _keys,
    "secret_key_file": _path,
    "log_max_bytes": _whole(1 << 16, 1 << 40),
    "job_retention": _duration,
    "log_retention": _duration,
    "audit_retention": _audit_retention,
    "webhook_allow": read_allowed,
    "delivery_retention": _duration,
    "terminal_idle": _idle,
    "pool_size": _whole(3, 100),
}


def effective(settings: Settings) -> dict[str, str]:
    """Every setting as text, secrets hidden, by the name that sets it."""
    shown: dict[str, str] = {}
    names = {attribute: name for name, attribute in OTHER_NAMES.items()}
    for item in fields(Settings):
        name = names.get(item.name, f"HODEI_{item.name.upper()}")
        value = getattr(settings, item.name)
        hidden = item.name in HIDDEN and value is not None
        shown[name] = "(set)" if hidden else _text(value)
    return shown


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case (str(host), int(port)):
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        case tuple():
            return ",".join("=".join(i) if isinstance(i, tuple) else str(i) for i in value)
        case Allowed():
            return ",".join([*map(str, value.networks), *sorted(value.hosts)])
        case timedelta():
            return format_duration(value // timedelta(milliseconds=1)).replace(" ", "")
        case _:
            return str(value)


def replica_name() -> str:
    """A name for this server process, unique among those on one database."""
    return f"{socket.gethostname()[:100]}-{os.getpid()}-{os.urandom(3).hex()}"
