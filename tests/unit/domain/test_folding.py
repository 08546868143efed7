"""Of many refusals alike the first are kept, and the others counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hodei.domain.audit import Entry, Interface, Result
from hodei.domain.folding import DENIALS, Folding

T0 = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
REFUSED = Entry(
    at=T0,
    actor="eve",
    action="job.submit",
    target="a",
    project="web",
    result=Result.DENIED,
    code="forbidden",
    source="10.0.0.9",
    interface=Interface.REST,
    correlation_id="abc",
)


def _after(seconds: float, entry: Entry = REFUSED) -> Entry:
    return replace(entry, at=T0 + timedelta(seconds=seconds))


def test_the_first_are_kept_and_the_others_become_one_with_their_number() -> None:
    folding = Folding(DENIALS)
    taken = [folding.take(_after(number / 10)) for number in range(110)]
    assert [entry is not None for entry in taken] == [True] * 10 + [False] * 100
    assert folding.due(T0 + timedelta(seconds=59)) == []
    (told,) = folding.due(T0 + timedelta(seconds=60))
    assert told == replace(REFUSED, at=T0 + timedelta(seconds=1), count=100, correlation_id="")
    assert folding.empty
    assert folding.take(_after(61)) is not None


def test_what_differs_is_left_out_of_the_one() -> None:
    folding = Folding(DENIALS)
    for target in "abcdefghijkk":
        folding.take(replace(REFUSED, target=target))
    assert [entry.target for entry in folding.due(T0, everything=True)] == ["k"]
    for target in "abcdefghijkl":
        folding.take(replace(REFUSED, target=target))
    assert [entry.target for entry in folding.due(T0, everything=True)] == [""]


def test_another_kind_has_a_count_of_its_own() -> None:
    folding = Folding(DENIALS)
    for _ in range(11):
        folding.take(REFUSED)
    assert folding.take(replace(REFUSED, actor="mallory")) is not None
    assert folding.take(replace(REFUSED, result=Result.FAILED)) is not None


def test_names_and_addresses_made_up_without_end_leave_a_bounded_number_of_rows() -> None:
    folding = Folding(DENIALS)
    rows = 0
    minutes = 60
    for number in range(minutes * 600):
        at = number / 10
        fresh = replace(REFUSED, actor=f"n{number}", source=f"2001:db8::{number:x}")
        rows += folding.take(_after(at, fresh)) is not None
        if number % 10 == 0:
            rows += len(folding.due(T0 + timedelta(seconds=at)))
    counted_together = len(Interface) * (len(Result) - 1)
    per_minute = DENIALS.refill + DENIALS.kinds + counted_together
    assert rows <= DENIALS.burst + minutes * per_minute


def test_every_entry_is_told_or_counted() -> None:
    folding = Folding(DENIALS)
    told = 0
    for number in range(5000):
        entry = folding.take(_after(number / 20, replace(REFUSED, actor=f"n{number % 70}")))
        told += entry.count if entry else 0
        told += sum(entry.count for entry in folding.due(T0 + timedelta(seconds=number / 20)))
    assert told + sum(entry.count for entry in folding.due(T0, everything=True)) == 5000
