"""Which API server, and as whom: from a kubeconfig, or from the pod that the server runs in."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from hodei.adapters.kubernetes.settings import MAX_KUBECONFIG, KubernetesSettings
from hodei.domain.errors import ProviderUnavailable
from hodei.domain.parsing.answers import Answer, inner, objects, text, texts

EXEC_VERSION = "client.authentication.k8s.io/v1"
POD_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT_NAMESPACE = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What prints a credential, as kubeconfigs of clouds name it."""

    command: str
    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    version: str = EXEC_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One API server and one way to prove oneself to it."""

    server: str
    """https://HOST:PORT, perhaps with a path, without a slash at its end."""
    namespace: str = DEFAULT_NAMESPACE
    ca: str = field(default="", repr=False)
    """PEM; empty: the system's authorities."""
    insecure: bool = False
    server_name: str = ""
    cert: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    token_file: str = ""
    basic: tuple[str, str] | None = field(default=None, repr=False)
    program: Program | None = None


def access_of(settings: KubernetesSettings) -> Access:
    """Reads what the settings name. Blocks; raises ProviderUnavailable that says what is wrong."""
    if settings.kubeconfig:
        return parse(settings.kubeconfig, settings.context, None)
    if settings.kubeconfig_file:
        path = Path(settings.kubeconfig_file)
        return parse(_read(path, "the kubeconfig"), settings.context, path.parent)
    return in_pod(os.environ, POD_FOLDER)


def in_pod(environ: Mapping[str, str], folder: Path) -> Access:
    """The account of the pod that this server runs in."""
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    if not host or not port:
        raise ProviderUnavailable(
            "this server does not run in a pod; name the cluster by kubeconfig or kubeconfig_file"
        )
    shown = f"[{host}]" if ":" in host else host
    return Access(
        server=f"https://{shown}:{port}",
        namespace=_read(folder / "namespace", "the pod's namespace").strip(),
        ca=_read(folder / "ca.crt", "the pod's authority"),
        token_file=str(folder / "token"),
    )


def parse(content: str, context: str, folder: Path | None) -> Access:
    """One context of a kubeconfig.

    Without a folder it is text that somebody sent: it may neither name files nor run programs of
    the server's machine.
    """
    try:
        loaded = yaml.safe_load(content)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise ProviderUnavailable(f"the kubeconfig is no YAML{where}") from error
    config: Answer = loaded if isinstance(loaded, dict) else {}
    wanted = context or text(config, "current-context")
    if not wanted:
        raise ProviderUnavailable("the kubeconfig has no current-context; name one as context")
    chosen = _entry(config, "contexts", "context", wanted)
    cluster = _entry(config, "clusters", "cluster", text(chosen, "cluster"))
    user = _entry(config, "users", "user", text(chosen, "user")) if text(chosen, "user") else {}
    for name in ("auth-provider", "as", "as-uid", "as-groups"):
        if user.get(name):
            raise ProviderUnavailable(f"the kubeconfig's user has {name}, which is not supported")
    if text(cluster, "proxy-url"):
        raise ProviderUnavailable("the kubeconfig's cluster has proxy-url, which is not supported")
    name, word = text(user, "username"), text(user, "password")
    return Access(
        server=_server(text(cluster, "server")),
        namespace=text(chosen, "namespace") or DEFAULT_NAMESPACE,
        ca=_data(cluster, "certificate-authority", folder),
        insecure=cluster.get("insecure-skip-tls-verify") is True,
        server_name=text(cluster, "tls-server-name"),
        cert=_data(user, "client-certificate", folder),
        key=_data(user, "client-key", folder),
        token=text(user, "token"),
        token_file=_path(user, "tokenFile", folder),
        basic=(name, word) if name else None,
        program=_program(inner(user, "exec"), folder) if user.get("exec") else None,
    )


def _entry(config: Answer, plural: str, singular: str, name: str) -> Answer:
    for each in objects(config.get(plural)):
        if text(each, "name") == name:
            return inner(each, singular)
    known = ", ".join(text(each, "name") for each in objects(config.get(plural))) or "none"
    raise ProviderUnavailable(f"the kubeconfig has no {singular} {name!r}; it has {known}")


def _server(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ProviderUnavailable(f"the kubeconfig's server {address!r} is no https address")
    return address.rstrip("/")


def _data(holder: Answer, name: str, folder: Path | None) -> str:
    """PEM text, given itself in base64 or as a file."""
    encoded = text(holder, f"{name}-data")
    if encoded:
        try:
            return base64.b64decode(encoded, validate=True).decode("ascii")
        except (binascii.Error, ValueError) as error:
            raise ProviderUnavailable(f"the kubeconfig's {name}-data is no base64") from error
    path = _path(holder, name, folder)
    return _read(Path(path), f"the kubeconfig's {name}") if path else ""


def _path(holder: Answer, name: str, folder: Path | None) -> str:
    path = text(holder, name)
    if not path:
        return ""
    if folder is None:
        raise ProviderUnavailable(
            f"the kubeconfig names a file as {name}; give {name}-data or use kubeconfig_file"
        )
    return str(folder / path)


def _program(found: Answer, folder: Path | None) -> Program:
    if folder is None:
        raise ProviderUnavailable(
            "the kubeconfig runs a program for its credentials, which only one that lies on the "
            "server's machine may: use kubeconfig_file"
        )
    command = text(found, "command")
    if not command:
        raise ProviderUnavailable("the kubeconfig's exec has no command")
    if "/" in command:
        command = str(folder / command)
    env = {text(each, "name"): text(each, "value") for each in objects(found.get("env"))}
    return Program(
        command=command,
        arguments=texts(found, "args"),
        env=env,
        version=text(found, "apiVersion") or EXEC_VERSION,
    )


def _read(path: Path, what: str) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            content = file.read(MAX_KUBECONFIG + 1)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ProviderUnavailable(f"{what} {path} cannot be read: {why}") from error
    if len(content) > MAX_KUBECONFIG:
        raise ProviderUnavailable(f"{what} {path} is longer than {MAX_KUBECONFIG} characters")
    return content
