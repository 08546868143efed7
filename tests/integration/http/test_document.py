"""The running server keeps what its OpenAPI document promises, with examples and with noise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hodei.api.http.app import openapi_document
from tests.integration.http.running import Running

ROOT = Path(__file__).parents[3]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
CONFIG = SchemathesisConfig(
    projects=ProjectsConfig(
        default=ProjectConfig(generation=GenerationConfig(deterministic=True, no_shrink=True))
    )
)
API = schemathesis.openapi.from_dict(openapi_document(), config=CONFIG).exclude(
    # These have no end, and tests of their own.
    operation_id=["openLive", "openTerminal", "streamEvents"]
)


@API.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_document_is_kept(case: schemathesis.Case[Any], fuzzed: Running) -> None:
    case.call_and_validate(base_url=fuzzed.api, checks=CHECKS, timeout=60)


def test_the_document_that_is_committed_is_this_one() -> None:
    script = ROOT / "scripts" / "generate_openapi.py"
    subprocess.run([sys.executable, script, "--check"], check=True)
