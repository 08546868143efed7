"""Plain data of the values that the store keeps in JSON columns."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hodei.domain import serial
from hodei.domain.attempt import Phase, PhaseMark
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.parsing import parse_spec
from hodei.domain.provider import WarmPool
from hodei.domain.spec import Command, CommandType, JobSpec
from hodei.domain.worker import Handle

MOMENT = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
NUMBERS = st.none() | st.integers(-255, 255)


@settings(deadline=None)
@given(
    st.builds(
        Outcome,
        cause=st.sampled_from(Cause),
        exit_code=NUMBERS,
        signal=NUMBERS,
        message=st.text(max_size=5),
        suggestion=st.text(max_size=5),
    )
)
def test_outcomes(outcome: Outcome) -> None:
    data = json.loads(json.dumps(serial.outcome_to_dict(outcome)))
    assert serial.outcome_from_dict(data) == outcome


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            PhaseMark,
            phase=st.sampled_from(Phase),
            at=st.datetimes(timezones=st.just(UTC)),
            detail=st.text(max_size=5),
        )
    )
)
def test_phases(marks: list[PhaseMark]) -> None:
    data = json.loads(json.dumps(serial.phases_to_list(marks)))
    assert serial.phases_from_list(data) == tuple(marks)


def test_times_are_utc_with_microseconds() -> None:
    there = MOMENT.astimezone(timezone(timedelta(hours=-3)))
    mark = PhaseMark(phase=Phase.LOST, at=there, detail="cut off")
    assert serial.phases_to_list([mark]) == [
        {"phase": "LOST", "at": "2026-03-04T05:06:07.000089+00:00", "detail": "cut off"}
    ]


def test_handles() -> None:
    handle = Handle(provider="docker", worker_id=UUID(int=7), version=3, data={"id": "c0ffee"})
    data = serial.handle_to_dict(handle)
    assert data["worker_id"] == "00000000-0000-0000-0000-000000000007"
    assert serial.handle_from_dict(json.loads(json.dumps(data))) == handle


def test_warm_pools() -> None:
    pools = (WarmPool(size=2), WarmPool(size=1, image="alpine", cpu=0.5, memory_mb=64))
    assert serial.warm_from_list(json.loads(json.dumps(serial.warm_to_list(pools)))) == pools


def test_canonical_json_ignores_order() -> None:
    assert serial.canonical_json({"b": [1], "a": "é"}) == '{"a":"\\u00e9","b":[1]}'


def test_the_digest_does_not_change_between_releases() -> None:
    spec = JobSpec(name="n", command=Command(type=CommandType.SHELL, script="true"))
    assert serial.spec_digest(spec) == DIGEST


DIGEST = "d4bdbf41ba4a98687bfc3078228f6e639c6bc0bcb512c5c2938134b97e886300"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"command": "ls"}, {"command": {"type": "shell", "script": "ls"}}),
        ({"retry": True}, {"retry": {"max_attempts": 3}}),
        ({"resources": {"cpu": 1}}, {"resources": {"cpu": 1.0, "memory_mb": 512.0}}),
        ({"env": {"A": "1", "B": "2"}}, {"env": {"B": "2", "A": "1"}}),
        ({"priority": "high"}, {"priority": "HIGH"}),
        ({"name": " n"}, {"name": "n"}),
    ],
)
def test_spellings_of_one_spec_have_one_digest(
    one: dict[str, object], other: dict[str, object]
) -> None:
    rest: dict[str, object] = {"name": "n", "command": "ls"}
    first, second = parse_spec({**rest, **one}), parse_spec({**rest, **other})
    assert serial.spec_digest(first) == serial.spec_digest(second)
