"""What holds for every spec: parsing is total, writing and reading agree, the schema agrees."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hodei.domain.errors import InvalidRequest
from hodei.domain.parsing import parse_spec
from hodei.domain.serial import spec_digest, spec_from_dict, spec_to_dict
from hodei.domain.spec import JobSpec
from tests.unit.domain.specs import JSON, LEGAL, SPECS, VALIDATOR, Raw, damaged, sayable

QUIET = settings(deadline=None, max_examples=150)


def accepts(raw: object) -> bool:
    try:
        parse_spec(raw)
    except InvalidRequest as refusal:
        assert refusal.violations
        assert len(refusal.violations) <= 100
        for violation in refusal.violations:
            assert violation.message
            violation.field.encode()
            (violation.message + violation.value).encode()
            assert len(violation.value) <= 100
        return False
    return True


@QUIET
@given(JSON)
def test_any_data_gives_a_spec_or_violations(raw: object) -> None:
    accepts(raw)


@QUIET
@given(st.dictionaries(st.integers() | st.booleans() | st.none() | st.text(), JSON, max_size=5))
def test_any_mapping_gives_a_spec_or_violations(raw: Any) -> None:
    for field in ("env", "labels", "resources", "retry", "command"):
        accepts({"name": "n", "command": "true", field: raw})
    accepts(raw)


@QUIET
@given(LEGAL)
def test_legal_specs_are_accepted_and_satisfy_the_schema(raw: Raw) -> None:
    assert isinstance(parse_spec(raw), JobSpec)
    assert [str(e) for e in VALIDATOR.iter_errors(raw)] == []


@settings(deadline=None, max_examples=500)
@given(damaged())
def test_schema_and_parsing_refuse_the_same(raw: Raw) -> None:
    if sayable(raw):
        assert accepts(raw) is VALIDATOR.is_valid(raw)
    else:
        accepts(raw)


@QUIET
@given(SPECS)
def test_writing_and_parsing_are_inverse(spec: JobSpec) -> None:
    data = spec_to_dict(spec)
    assert parse_spec(data) == spec
    assert spec_from_dict(data) == spec
    through_json = json.loads(json.dumps(data))
    assert spec_from_dict(through_json) == spec
    assert spec_digest(parse_spec(through_json)) == spec_digest(spec)
    assert VALIDATOR.is_valid(data)


@QUIET
@given(SPECS, SPECS)
def test_digests_are_equal_exactly_for_equal_specs(one: JobSpec, other: JobSpec) -> None:
    assert (spec_digest(one) == spec_digest(other)) is (one == other)
