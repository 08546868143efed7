"""What a cluster lets nobody do: accounts without rights, and namespaces without room."""

from __future__ import annotations

import base64
from typing import Any

from tests.support.kubernetes import PrivateCluster, Refused
from tests.support.processes import until


async def token(cluster: PrivateCluster, place: str, account: str = "default") -> str:
    """The token of a service account, once the cluster has made it; it has no rights by itself."""
    path = f"/api/v1/namespaces/{place}"
    found: dict[str, Any] = {}

    def made() -> bool:
        try:
            held = cluster.ask("GET", f"{path}/serviceaccounts/{account}").get("secrets")
            secret = cluster.ask("GET", f"{path}/secrets/{held[0]['name']}") if held else {}
        except Refused as refused:
            assert refused.status == 404
            return False
        found.update(secret.get("data") or {})
        return "token" in found

    await until(made, what="the account has a token")
    return base64.b64decode(found["token"]).decode()


async def full_quota(cluster: PrivateCluster, place: str) -> None:
    """A quota `none`, in force, that lets no pod into a namespace."""
    path = f"/api/v1/namespaces/{place}/resourcequotas"
    body = {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    cluster.ask("POST", path, body)
    await until(
        lambda: bool(cluster.ask("GET", f"{path}/none")["status"]), what="the quota is in force"
    )
