"""What a re-run may change in the spec that is stored, and what stays."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hodei.domain.errors import InvalidRequest
from hodei.domain.parsing import parse_overrides, parse_spec
from hodei.domain.parsing.overrides import OVERRIDES
from hodei.domain.schema import overrides_schema
from hodei.domain.serial import spec_to_dict
from hodei.domain.spec import SealedText, SecretRef
from tests.unit.domain.specs import JSON, sayable

STORED = parse_spec(
    {
        "name": "n",
        "command": "true",
        "env": {"A": "1", "B": {"secret": "token"}},
        "resources": {"cpu": 2, "memory_mb": 256},
        "preferences": {"provider": "local", "labels": {"a": "b"}},
        "retry": {"max_attempts": 5, "backoff": {"initial_ms": 7}},
        "labels": {"x": "y"},
    }
)
VALIDATOR = jsonschema_rs.Draft202012Validator(overrides_schema())


def changed(raw: dict[str, Any]) -> dict[str, Any]:
    """The fields that differ from the stored spec."""
    before, after = spec_to_dict(STORED), spec_to_dict(parse_overrides(STORED, raw))
    return {name: after[name] for name in after if after[name] != before[name]}


def test_objects_of_known_fields_are_joined_and_maps_are_replaced() -> None:
    assert changed({}) == {}
    resources = spec_to_dict(STORED)["resources"]
    assert changed({"resources": {"memory_mb": 512}}) == {
        "resources": {**resources, "memory_mb": 512}
    }
    assert changed({"labels": {"z": "1"}}) == {"labels": {"z": "1"}}
    assert changed({"preferences": {"labels": {}}})["preferences"]["provider"] == "local"
    retry = changed({"retry": {"backoff": {"factor": 3}}})["retry"]
    assert (retry["max_attempts"], retry["backoff"]["initial_ms"]) == (5, 7)
    assert changed({"retry": False})["retry"]["max_attempts"] == 1


def test_the_environment_stays_sealed_values_included() -> None:
    assert parse_overrides(STORED, {"name": "m"}).env["B"] == SecretRef(secret="token")
    sealed = SealedText(sealed="AAAA")
    from_store = parse_overrides(
        type(STORED)(name="n", command=STORED.command, env={"S": sealed}), {"timeout_ms": 5000}
    )
    assert from_store.env == {"S": sealed}


@pytest.mark.parametrize("field", ["command", "env", "stdin", "project", "working_dir", "nothing"])
def test_another_command_or_environment_is_another_job(field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_overrides(STORED, {field: "x"})
    assert caught.value.violations[0].field == field


@given(st.dictionaries(st.sampled_from(OVERRIDES), JSON, max_size=3))
def test_the_schema_says_the_same(raw: dict[str, Any]) -> None:
    try:
        parse_overrides(STORED, raw)
        fits = True
    except InvalidRequest:
        fits = False
    if sayable(raw) and fits:
        assert VALIDATOR.is_valid(raw)
