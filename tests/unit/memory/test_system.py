"""Real time and chance keep the ports' promises."""

from __future__ import annotations

from datetime import UTC, datetime

from hodei.adapters.system import SystemChance, SystemClock


def test_wall_time_is_utc_and_now() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


async def test_sleeping_moves_monotonic_time() -> None:
    clock = SystemClock()
    begun = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - begun >= 0.009
    await clock.sleep(-1)


def test_identifiers_are_version_4_and_differ() -> None:
    chance = SystemChance()
    made = {chance.uuid() for _ in range(100)}
    assert len(made) == 100
    assert {identifier.version for identifier in made} == {4}


def test_tokens_have_256_bits_in_url_safe_letters() -> None:
    chance = SystemChance()
    tokens = {chance.token() for _ in range(100)}
    assert len(tokens) == 100
    for token in tokens:
        assert len(token) == 43
        assert token.replace("-", "").replace("_", "").isalnum()


def test_shares_lie_between_0_and_1() -> None:
    chance = SystemChance()
    shares = [chance.share() for _ in range(1000)]
    assert all(0 <= share < 1 for share in shares)
    assert len(set(shares)) > 990
    assert 0.4 < sum(shares) / 1000 < 0.6
