"""Certificates as files: what cannot be used is said in one line and changes nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from hodei.adapters.security.certificate_files import CertificateFiles, FilePlaces
from hodei.domain.errors import Unavailable
from tests.support.certificates import DAY, Authority, Pair

AUTHORITY = Authority()


def files(folder: Path, pair: Pair) -> CertificateFiles:
    """The pair as the settings name it."""
    cert, key = pair.write(folder, "server")
    places = FilePlaces(cert=cert, key=key, cert_setting="CERT", key_setting="KEY")
    return CertificateFiles(places)


def encrypted(pair: Pair) -> Pair:
    """The same with a passphrase."""
    key = serialization.load_pem_private_key(pair.key, None)
    return Pair(
        pair.cert,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"x"),
        ),
    )


GOOD = AUTHORITY.issue()


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        (AUTHORITY.issue(ends_in=-timedelta(hours=1)), r"CERT: .*server.pem has ended on .* UTC"),
        (AUTHORITY.issue(ends_in=-29 * DAY), "has ended"),
        (Pair(GOOD.cert, AUTHORITY.issue().key), "KEY: .* is not that of the certificate"),
        (Pair(b"nonsense", GOOD.key), "CERT: .* holds no PEM certificate"),
        (Pair(b"", GOOD.key), "CERT: .* holds no PEM certificate"),
        (Pair(GOOD.cert, b"nonsense"), "KEY: .* holds no PEM private key"),
        (Pair(GOOD.cert, GOOD.cert), "KEY: .* holds no PEM private key"),
        (encrypted(GOOD), "KEY: .* has a passphrase"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, pair: Pair, said: str) -> None:
    with pytest.raises(Unavailable, match=said) as refused:
        files(tmp_path, pair)
    assert "\n" not in str(refused.value)
    # Later ones of that kind change nothing.
    kept = files(tmp_path, GOOD)
    pair.write(tmp_path, "server")
    with pytest.raises(Unavailable, match=said):
        kept.reload()
    assert (kept.current.chain, kept.current.key) == (GOOD.cert, GOOD.key)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    places = FilePlaces(
        cert=tmp_path / "none", key=tmp_path / "none", cert_setting="CERT", key_setting="KEY"
    )
    with pytest.raises(Unavailable, match=r"CERT: .*/none cannot be read: No such file"):
        CertificateFiles(places)


def test_a_change_is_seen_when_both_files_rest(tmp_path: Path) -> None:
    kept = files(tmp_path, GOOD)
    assert not kept.changed()
    fresh = AUTHORITY.issue()
    Pair(fresh.cert, GOOD.key).write(tmp_path, "server")
    assert not kept.changed()
    fresh.write(tmp_path, "server")
    assert not kept.changed()
    assert kept.changed()
    assert kept.reload()
    assert kept.current.chain == fresh.cert
    assert not kept.changed()
    assert not kept.reload()
