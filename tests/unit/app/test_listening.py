"""Where a server may listen: what is safe by itself, and what has to be asked for."""

from __future__ import annotations

import pytest

from hodei.app import listening
from hodei.app.settings import Settings, read_settings
from hodei.domain.errors import InvalidRequest

TLS = {"HODEI_TLS_CERT": "/c", "HODEI_TLS_KEY": "/k"}
AWAY = {"HODEI_HOST": "0.0.0.0"}


def refused(**given: str) -> str:
    """What is said about these settings."""
    with pytest.raises(InvalidRequest) as found:
        read_settings(given)
    return str(found.value)


def test_loopback_needs_nothing() -> None:
    for text, host in (("localhost", "127.0.0.1"), ("::1", "::1"), ("[::1]", "::1")):
        settings = read_settings({"HODEI_HOST": text, "HODEI_DEV_MODE": "1"})
        assert (settings.host, listening.exposed(settings)) == (host, False)
    assert "HODEI_HOST" in refused(HODEI_HOST="example.com")


def test_agents_of_other_machines_come_by_tls() -> None:
    said = refused(HODEI_AGENT_SERVERS="tcp://127.0.0.1:1,tcp://me.example:2")
    assert "tls://me.example:2" in said and "127.0.0.1" not in said
    assert read_settings({"HODEI_AGENT_SERVERS": "tcp://localhost:1,vsock:2:3"}).agent_servers


def test_another_address_needs_tls_or_a_word() -> None:
    said = refused(**AWAY)
    assert "HODEI_HOST" in said and "HODEI_ALLOW_PLAINTEXT=1" in said and "0.0.0.0" in said
    assert listening.exposed(read_settings(AWAY | TLS))
    plain = read_settings(AWAY | {"HODEI_ALLOW_PLAINTEXT": "1"})
    assert listening.readable(plain) and not listening.readable(read_settings(AWAY | TLS))


@pytest.mark.parametrize(
    "given",
    [
        AWAY | TLS,
        {"HODEI_PUBLIC_URL": "https://hodei.example.com"},
        {"HODEI_TRUSTED_PROXIES": "127.0.0.1"},
        {"HODEI_ALLOWED_HOSTS": "hodei.example.com"},
    ],
)
def test_development_mode_stays_at_home(given: dict[str, str]) -> None:
    assert listening.exposed(read_settings(given))
    assert "HODEI_DEV_MODE" in refused(**given, HODEI_DEV_MODE="1")


def test_certificate_and_key_go_together() -> None:
    for name in TLS:
        assert "go together" in refused(**{name: "/x"})


def test_names_of_the_server() -> None:
    settings = read_settings(
        {
            "HODEI_PUBLIC_URL": "https://Hodei.example.com:8443/",
            "HODEI_ALLOWED_HOSTS": "a.example, [2001:db8::1]",
        }
    )
    names = ("127.0.0.1", "a.example", "2001:db8::1", "hodei.example.com")
    assert listening.host_names(settings) == names
    assert listening.origins(settings) == ("https://hodei.example.com:8443",)
    assert listening.host_names(Settings(host="0.0.0.0")) == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HODEI_PUBLIC_URL", "hodei.example.com"),
        ("HODEI_PUBLIC_URL", "ftp://hodei.example.com"),
        ("HODEI_PUBLIC_URL", "https://hodei.example.com/path"),
        ("HODEI_PUBLIC_URL", "https://me@hodei.example.com"),
        ("HODEI_PUBLIC_URL", "https://hodei.example.com:x"),
        ("HODEI_PUBLIC_URL", "https://"),
        ("HODEI_ALLOWED_HOSTS", "*"),
        ("HODEI_ALLOWED_HOSTS", "a.example:80"),
        ("HODEI_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("HODEI_TRUSTED_PROXIES", "::/0"),
        ("HODEI_TRUSTED_PROXIES", "proxy"),
        ("HODEI_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("HODEI_METRICS_HOST", "everywhere"),
    ],
)
def test_settings_that_say_nothing_clear(name: str, text: str) -> None:
    assert name in refused(**{name: text})
