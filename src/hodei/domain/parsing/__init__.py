"""The one door by which job specs come in from REST, YAML, gRPC and the command line."""

from __future__ import annotations

from hodei.domain.parsing.keys import parse_idempotency_key
from hodei.domain.parsing.overrides import parse_overrides
from hodei.domain.parsing.spec import parse_spec

__all__ = ["parse_idempotency_key", "parse_overrides", "parse_spec"]
