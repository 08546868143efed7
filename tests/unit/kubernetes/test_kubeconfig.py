"""Which cluster, and as whom."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from hodei.adapters.kubernetes.kubeconfig import Access, access_of, in_pod, parse
from hodei.adapters.kubernetes.settings import KubernetesSettings
from hodei.domain.errors import ProviderUnavailable


def config(user: Mapping[str, object], **cluster: object) -> str:
    """A kubeconfig of one context."""
    return yaml.safe_dump(
        {
            "current-context": "prod",
            "clusters": [{"name": "c", "cluster": {"server": "https://c.example:6443", **cluster}}],
            "users": [{"name": "u", "user": dict(user)}],
            "contexts": [
                {"name": "prod", "context": {"cluster": "c", "user": "u", "namespace": "jobs"}}
            ],
        }
    )


def encoded(content: str) -> str:
    """As kubeconfigs hold it."""
    return base64.b64encode(content.encode()).decode()


def test_certificates_in_the_text() -> None:
    user = {"client-certificate-data": encoded("CERT"), "client-key-data": encoded("KEY")}
    authority = {"certificate-authority-data": encoded("CA"), "tls-server-name": "kubernetes"}
    assert parse(config(user, **authority), "", None) == Access(
        server="https://c.example:6443",
        namespace="jobs",
        ca="CA",
        cert="CERT",
        key="KEY",
        server_name="kubernetes",
    )


def test_files_beside_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("CA")
    path = tmp_path / "config"
    path.write_text(config({"tokenFile": "token"}, **{"certificate-authority": "ca.pem"}))
    found = access_of(KubernetesSettings(kubeconfig_file=str(path)))
    assert (found.ca, found.token_file) == ("CA", str(tmp_path / "token"))


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ({"tokenFile": "/etc/shadow"}, "names a file as tokenFile"),
        ({"client-key": "/root/key"}, "names a file as client-key"),
        ({"exec": {"command": "rm"}}, "runs a program"),
    ],
)
def test_text_that_was_sent_names_no_file_and_runs_nothing(
    user: Mapping[str, object], says: str
) -> None:
    with pytest.raises(ProviderUnavailable, match=says):
        parse(config(user), "", None)


@pytest.mark.parametrize(
    ("content", "context", "says"),
    [
        ("a: [", "", "is no YAML in line"),
        ("{}", "", "no current-context"),
        (config({}), "test", "no context 'test'; it has prod"),
        (config({}, server="ftp://x"), "", "'ftp://x' is no https address"),
        (config({"as": "root"}), "", "has as, which is not supported"),
        (config({"client-key-data": "%"}), "", "client-key-data is no base64"),
    ],
)
def test_what_does_not_parse_is_said(content: str, context: str, says: str) -> None:
    with pytest.raises(ProviderUnavailable, match=says):
        parse(content, context, None)


def test_the_account_of_the_own_pod(tmp_path: Path) -> None:
    for name in ("namespace", "ca.crt"):
        (tmp_path / name).write_text(name)
    environ = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    assert in_pod(environ, tmp_path) == Access(
        server="https://[fd00::1]:443",
        namespace="namespace",
        ca="ca.crt",
        token_file=str(tmp_path / "token"),
    )
    with pytest.raises(ProviderUnavailable, match="does not run in a pod"):
        in_pod({}, tmp_path)


def test_nothing_secret_is_shown() -> None:
    assert "hidden" not in repr(parse(config({"token": "hidden"}), "", None))
    assert "hidden" not in repr(parse(config({"username": "u", "password": "hidden"}), "", None))
