"""The soak's judgement: quiet about noise and warming up, and a slow leak is found."""

from __future__ import annotations

from random import Random

import pytest

from chaos.soak import Series, growing


def series(*, unit: str = "MiB", leak_per_h: float = 0.0, warming: float = 0.0) -> Series:
    """A quarter of an hour of a process of about 100, with noise of 2."""
    dice = Random(7)
    points = [
        (
            at,
            100
            + dice.uniform(-2, 2)
            + leak_per_h * at / 3600
            - (warming * (1 - at / 250) if at < 250 else 0),
        )
        for at in range(0, 900, 5)
    ]
    return Series(name="server 1", unit=unit, points=points)


@pytest.mark.parametrize("unit", ["MiB", ""])
def test_noise_and_warming_up_are_not_growth(unit: str) -> None:
    assert growing([series(unit=unit), series(unit=unit, warming=40)]) == []


@pytest.mark.parametrize("unit", ["MiB", ""])
def test_a_leak_is_found(unit: str) -> None:
    (found,) = growing([series(unit=unit, leak_per_h=60)])
    assert found.startswith("not flat: server 1: ")


def test_what_was_never_seen_is_not_flat() -> None:
    assert growing([Series(name="server 2", unit="MiB", points=())]) == ["never seen: server 2"]
