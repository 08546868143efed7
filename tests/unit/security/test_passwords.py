"""Password hashes: what they are made with, and that nobody's takes as long as anybody's."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from hodei.adapters.security.passwords import Argon2Passwords
from hodei.adapters.security.setup_code import FileSetupCode

QUICK = Argon2Passwords(time_cost=1, memory_kib=64, lanes=1)


async def test_a_password_is_hashed_with_argon2id_and_salt() -> None:
    one, two = await QUICK.hash("secret words"), await QUICK.hash("secret words")
    assert one != two
    assert one.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert "secret" not in one
    assert await QUICK.verify(one, "secret words")
    for wrong in ("secret word", "Secret words", "", "secret words\u0000"):
        assert not await QUICK.verify(one, wrong)


def test_the_parameters_are_those_of_rfc_9106() -> None:
    made = asyncio.run(Argon2Passwords().hash("x" * 12))
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_other_parameters_are_outdated() -> None:
    made = await QUICK.hash("secret words")
    assert not QUICK.outdated(made)
    assert Argon2Passwords(time_cost=2, memory_kib=64, lanes=1).outdated(made)
    assert QUICK.outdated("nonsense")
    assert not await QUICK.verify("nonsense", "secret words")


async def test_nobodys_password_takes_as_long_as_anybodys() -> None:
    slow = Argon2Passwords(time_cost=4, memory_kib=8192, lanes=1)
    made = await slow.hash("secret words")

    async def takes(stored: str | None) -> float:
        times = []
        for _ in range(5):
            # What this process computed: other processes take time as well.
            begun = time.process_time()
            assert not await slow.verify(stored, "wrong")
            times.append(time.process_time() - begun)
        return min(times)

    assert 0.2 < await takes(None) / await takes(made) < 5


async def test_hashing_does_not_hold_up_the_loop() -> None:
    slow = Argon2Passwords(time_cost=10, memory_kib=16384, lanes=1)
    hashing = asyncio.ensure_future(slow.hash("secret words"))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 2


async def test_a_setup_code_is_kept_until_it_is_used(tmp_path: Path) -> None:
    code = FileSetupCode(tmp_path / "setup-code")
    assert not await code.fits("")
    assert code.read_or_make("fresh") == "fresh"
    assert code.read_or_make("another") == "fresh"
    assert (tmp_path / "setup-code").stat().st_mode & 0o777 == 0o600
    assert await code.fits("fresh")
    for wrong in ("", "fres", "fresh ", "fr\u00e9sh"):
        assert not await code.fits(wrong)
    await code.spend()
    await code.spend()
    assert not await code.fits("fresh")


@pytest.mark.parametrize("stored", [None, "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA"])
async def test_no_password_opens_what_nobody_set(stored: str | None) -> None:
    assert not await QUICK.verify(stored, "")
