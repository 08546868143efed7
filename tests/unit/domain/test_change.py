"""`changed` gives what `dataclasses.replace` gives, or refuses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from hodei.domain.attempt import Attempt, Phase
from hodei.domain.change import changed

ATTEMPT = Attempt(
    id=UUID(int=1), job_id=UUID(int=2), number=1, worker_id=UUID(int=3), provider_id=UUID(int=4)
)


def test_it_is_equal_to_a_replacement_and_leaves_the_original_alone() -> None:
    before = replace(ATTEMPT)
    other = changed(ATTEMPT, version=7, phase=Phase.RUNNING)
    assert other == replace(ATTEMPT, version=7, phase=Phase.RUNNING)
    assert type(other) is Attempt
    assert before == ATTEMPT
    assert changed(ATTEMPT) == ATTEMPT


def test_a_field_that_there_is_not_is_an_error() -> None:
    wrong: dict[str, Any] = {"colour": "red"}
    with pytest.raises(KeyError):
        changed(ATTEMPT, **wrong)


def test_a_value_that_checks_itself_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Checked:
        size: int

        def __post_init__(self) -> None:
            assert self.size > 0

    with pytest.raises(TypeError, match="Checked"):
        changed(Checked(1), size=2)
