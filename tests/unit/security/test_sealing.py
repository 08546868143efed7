"""Secret values at rest: read in their place, with their key, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from hodei.adapters.security.sealing import SivSealer, read_or_make_key
from hodei.domain.errors import NotFound, Unavailable

SEALER = SivSealer(b"k" * 32)


@pytest.mark.parametrize("value", ["", "s3cret", "ñ\n two lines", "x" * 32_768])
def test_what_is_sealed_can_be_read_again(value: str) -> None:
    sealed = SEALER.seal(value, project="default", name="TOKEN")
    assert sealed.isascii()
    assert not value or value not in sealed
    assert SEALER.unseal(sealed, project="default", name="TOKEN") == value
    assert SEALER.seal(value, project="default", name="TOKEN") == sealed


def test_only_in_its_place_and_with_its_key() -> None:
    sealed = SEALER.seal("s3cret", project="default", name="TOKEN")
    for sealer, project, name in (
        (SivSealer(b"o" * 32), "default", "TOKEN"),
        (SEALER, "other", "TOKEN"),
        (SEALER, "default", "OTHER"),
    ):
        with pytest.raises(NotFound) as refused:
            sealer.unseal(sealed, project=project, name=name)
        assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("damaged", ["", "v1.", "v1.AAAA", "not base64 ñ", "v1.a"])
def test_damage_is_noticed(damaged: str) -> None:
    with pytest.raises(NotFound):
        SEALER.unseal(damaged, project="default", name="TOKEN")


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    key = read_or_make_key(path)
    assert len(key) >= 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_or_make_key(path) == key


def test_a_key_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    short = tmp_path / "short"
    short.write_text("tiny")
    for path in (short, tmp_path / "absent" / "key"):
        with pytest.raises(Unavailable, match="key for secret values"):
            read_or_make_key(path)
