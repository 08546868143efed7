"""Tokens of the servers' account that a test gives out, and takes back when it likes."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from tests.kubernetes.deploy.release import NAMESPACE, RELEASE, Release, secret

FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
MOUNTED: Mapping[str, Any] = {
    "extraVolumes": [{"name": "account", "secret": {"secretName": "account"}}],
    "extraVolumeMounts": [{"name": "account", "mountPath": FOLDER, "readOnly": True}],
}
"""Values by which the servers find the Secret `account` where tokens of accounts are mounted."""
HERE = f"/api/v1/namespaces/{NAMESPACE}"


def new_token(release: Release, anchor: str) -> str:
    """A token that counts as long as the Secret of that name is there, which is made."""
    secret(release.cluster, anchor, {})
    uid = release.cluster.ask("GET", f"{HERE}/secrets/{anchor}")["metadata"]["uid"]
    bound = {"kind": "Secret", "apiVersion": "v1", "name": anchor, "uid": uid}
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"audiences": [], "expirationSeconds": 3600, "boundObjectRef": bound},
    }
    made = release.cluster.ask("POST", f"{HERE}/serviceaccounts/{RELEASE}/token", body)
    return str(made["status"]["token"])


def take_back(release: Release, anchor: str) -> None:
    """The token of that name counts no more."""
    release.cluster.ask("DELETE", f"{HERE}/secrets/{anchor}")


def give_out(release: Release, token: str) -> None:
    """The servers find this token, once the node has noticed."""
    authority = (release.cluster.folder / "pki" / "ca.crt").read_text("ascii")
    content = {"token": token, "ca.crt": authority, "namespace": NAMESPACE}
    data = {name: base64.b64encode(text.encode()).decode() for name, text in content.items()}
    if not any(
        each["metadata"]["name"] == "account"
        for each in release.cluster.items("secrets", "", NAMESPACE)
    ):
        secret(release.cluster, "account", content)
        return
    found = release.cluster.ask("GET", f"{HERE}/secrets/account")
    release.cluster.ask("PUT", f"{HERE}/secrets/account", {**found, "data": data})


def counts(release: Release, token: str) -> bool:
    """Whether the API server believes in a token."""
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": token},
    }
    answer = release.cluster.ask("POST", "/apis/authentication.k8s.io/v1/tokenreviews", body)
    return answer["status"].get("authenticated") is True
