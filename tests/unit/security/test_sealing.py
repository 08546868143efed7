"""Secret values at rest: read in their place, with their key, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from hodei.adapters.security.keys import FileSealer, keys_in, make_key, read_keys
from hodei.adapters.security.sealing import SivSealer
from hodei.domain.errors import NotFound, Unavailable

SEALER = SivSealer(b"k" * 32)


@pytest.mark.parametrize("value", ["", "s3cret", "ñ\n two lines", "x" * 32_768])
def test_what_is_sealed_can_be_read_again(value: str) -> None:
    sealed = SEALER.seal(value, "default", "TOKEN")
    assert sealed.isascii()
    assert not value or value not in sealed
    assert SEALER.unseal(sealed, "default", "TOKEN") == value
    assert SEALER.seal(value, "default", "TOKEN") == sealed


def test_only_in_its_place_and_with_its_key() -> None:
    sealed = SEALER.seal("s3cret", "default", "TOKEN")
    for sealer, project, name in (
        (SivSealer(b"o" * 32), "default", "TOKEN"),
        (SEALER, "other", "TOKEN"),
        (SEALER, "default", "OTHER"),
    ):
        with pytest.raises(NotFound) as refused:
            sealer.unseal(sealed, project, name)
        assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("damaged", ["", "v1.", "v1.AAAA", "not base64 ñ", "v1.a"])
def test_damage_is_noticed(damaged: str) -> None:
    with pytest.raises(NotFound):
        SEALER.unseal(damaged, "default", "TOKEN")


def test_the_first_key_seals_and_every_key_opens() -> None:
    old, new = b"o" * 32, b"n" * 32
    sealed = SivSealer(old).seal("s3cret", "default", "TOKEN")
    both = SivSealer(new, old)
    assert both.unseal(sealed, "default", "TOKEN") == "s3cret"
    assert not sealed.startswith(both.sealed_now)
    again = both.seal("s3cret", "default", "TOKEN")
    assert again.startswith(both.sealed_now)
    assert SivSealer(new).unseal(again, "default", "TOKEN") == "s3cret"
    with pytest.raises(NotFound):
        SivSealer(new).unseal(sealed, "default", "TOKEN")


def test_what_was_sealed_when_there_was_one_key_is_opened_by_any() -> None:
    before = "v1." + SEALER.seal("s3cret", "default", "TOKEN").rpartition(".")[2]
    sealer = SivSealer(b"n" * 32, b"k" * 32)
    assert sealer.unseal(before, "default", "TOKEN") == "s3cret"
    assert not before.startswith(sealer.sealed_now)


def test_a_value_need_not_be_unicode() -> None:
    value = b"\xff\xfe raw".decode("utf-8", "surrogateescape")
    sealed = SEALER.seal(value, "secret", "default", "RAW", "1")
    assert SEALER.unseal(sealed, "secret", "default", "RAW", "1") == value


def test_keys_stand_on_lines_and_none_is_short() -> None:
    text = b"# the one that seals\n" + b"n" * 32 + b"\r\n\n  " + b"o" * 40 + b"\n"
    assert keys_in(text) == [b"n" * 32, b"o" * 40]
    for wrong in (b"", b"# nothing", b"n" * 32 + b"\ntiny"):
        with pytest.raises(ValueError, match="key"):
            keys_in(wrong)


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    make_key(path)
    [key] = read_keys(path)
    assert len(key) >= 32
    assert path.stat().st_mode & 0o777 == 0o600
    make_key(path)
    assert read_keys(path) == [key]


def test_a_key_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    short = tmp_path / "short"
    short.write_text("tiny")
    for path in (short, tmp_path / "absent" / "key"):
        with pytest.raises(Unavailable, match="key for secret values"):
            FileSealer(path)


def test_a_file_that_changes_is_taken_up_and_a_broken_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    sealer = FileSealer(path)
    [old] = read_keys(path)
    sealed = sealer.seal("s3cret", "default", "TOKEN")
    path.write_bytes(b"n" * 32 + b"\n" + old + b"\n")
    again = sealer.seal("s3cret", "default", "TOKEN")
    assert again != sealed
    assert sealer.unseal(sealed, "default", "TOKEN") == "s3cret"
    path.write_bytes(b"half a k")
    assert sealer.unseal(again, "default", "TOKEN") == "s3cret"
    path.unlink()
    assert sealer.unseal(sealed, "default", "TOKEN") == "s3cret"
