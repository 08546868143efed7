"""The document is kept for people who may little, and nobody else gets beyond the door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hodei.api.access.rules import Scope
from hodei.api.access.table import REST
from hodei.api.http.app import OPERATIONS, create_app, openapi_document
from hodei.api.http.server import HttpServer
from hodei.api.identity import Identity
from hodei.domain.access.principal import Principal, Via
from hodei.domain.access.roles import Role
from hodei.domain.errors import Unauthenticated
from tests.integration.http.running import Running
from tests.integration.http.test_document import CONFIG

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SLOW = ["submitJob", "submitJobs", "planJob", "rerunJob", "rerunJobs"]
"""A spec takes long to make up, and says nothing of who sends it."""
PUBLIC = [name for name, rule in REST.items() if rule.scope is Scope.PUBLIC]
API = schemathesis.openapi.from_dict(openapi_document(), config=CONFIG).exclude(
    operation_id=["openLive", "openTerminal", "streamEvents", *PUBLIC, *SLOW]
)
FEW = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class OneViewer(Identity):
    """Knows one person, who may look at one project."""

    async def principal(self, authorization: str | None) -> Principal:
        """The viewer."""
        if authorization != "Bearer viewer":
            raise Unauthenticated("nobody is called so")
        return Principal(name="viewer", via=Via.TOKEN, roles={"default": Role.VIEWER})


@pytest.fixture(scope="module")
def guarded(fuzzed: Running) -> Iterator[str]:
    """Address of the same server's interface, where everybody has to say who they are."""
    identity = OneViewer(fuzzed.engine.access, dev_mode=False)
    http = HttpServer(create_app(fuzzed.engine, identity))
    port = fuzzed.run(http.start("127.0.0.1", 0))
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        fuzzed.run(http.stop(0.5))


@API.parametrize()
@FEW
def test_for_a_viewer_it_is_kept(case: schemathesis.Case[Any], guarded: str) -> None:
    headers = {"Authorization": "Bearer viewer"}
    case.call_and_validate(base_url=guarded, checks=CHECKS, headers=headers, timeout=60)


BODIES = (b"", b"{}", b"[" * 1000, b'{"name": "x"}', b"\xff\xfe")
CREDENTIALS: tuple[dict[str, str], ...] = (
    {},
    {"Authorization": "Bearer guess"},
    {"Authorization": "Basic eDp5"},
    {"Authorization": "Bearer viewer, Bearer viewer"},
    {"Cookie": "hodei_session=guess"},
    {"Cookie": f"hodei_session={'x' * 5000}"},
)


async def test_without_a_credential_the_answer_is_401_whatever_is_sent(guarded: str) -> None:
    async with httpx.AsyncClient(base_url=guarded, timeout=60) as client:
        for number, operation in enumerate(OPERATIONS):
            if operation.public:
                continue
            path = operation.path.replace("{key}", "0" * 8).replace("{trigger}", "0" * 8)
            for index, credential in enumerate(CREDENTIALS):
                headers = {"Content-Type": "application/json", **credential}
                body = BODIES[(number + index) % len(BODIES)]
                query = {"nonsense": "1"} if index % 2 else {}
                answer = await client.request(
                    operation.method, path, content=body, headers=headers, params=query
                )
                assert answer.status_code == 401, (operation.name, credential, answer.text)
                assert answer.json()["code"] == "unauthenticated"
                assert "guess" not in answer.text
