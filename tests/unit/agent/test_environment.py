"""Settings are taken out of the environment, and the job's environment is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from hodei.agent.environment import job_environment, parse_block
from hodei.agent.settings import AgentSettings, SettingsError

GIVEN = {
    "HODEI_AGENT_SERVER": "unix:/s",
    "HODEI_AGENT_WORKER_ID": "w",
    "HODEI_AGENT_OTP": "secret",
    "PATH": "/bin",
}


def test_settings_are_consumed() -> None:
    environ = dict(GIVEN, HODEI_AGENT_OTHER="x")
    settings = AgentSettings(environ)
    assert environ == {"PATH": "/bin"}
    assert (settings.server, settings.worker_id, settings.reusable) == ("unix:/s", "w", False)
    assert settings.take_otp() == "secret"
    assert settings.take_otp() == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SERVER": ""}, "HODEI_AGENT_SERVER must be set"),
        ({"OTP": ""}, "HODEI_AGENT_OTP or HODEI_AGENT_OTP_FILE"),
        ({"LIMITS": "x"}, "HODEI_AGENT_LIMITS must be one of cgroup, given, rlimit, none"),
        ({"SPOOL_BYTES": "1G"}, "HODEI_AGENT_SPOOL_BYTES must be a whole number"),
        ({"OTP": "", "OTP_FILE": "/no/such"}, "OTP_FILE cannot be read"),
    ],
)
def test_wrong_settings_are_named(changes: dict[str, str], words: str) -> None:
    environ = GIVEN | {f"HODEI_AGENT_{name}": value for name, value in changes.items()}
    with pytest.raises(SettingsError, match=words):
        AgentSettings(environ)


def test_the_password_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "otp"
    path.write_text("from-file\n")
    environ = GIVEN | {"HODEI_AGENT_OTP": "", "HODEI_AGENT_OTP_FILE": str(path)}
    assert AgentSettings(environ).take_otp() == "from-file"
    assert not path.exists()


def test_the_kernels_block() -> None:
    assert parse_block(b"A=1\0B=x=y\0A=2\0broken\0=odd\0E=\0") == {"A": "1", "B": "x=y", "E": ""}
    name, value = next(iter(parse_block(b"N=\xff\0").items()))
    assert value.encode("utf-8", "surrogateescape") == b"\xff"
    assert name == "N"


def test_who_wins() -> None:
    merged = job_environment(
        {"A": "base", "B": "base", "C": "base", "D": "base"},
        {"B": "env", "C": "env", "D": "env"},
        {"C": "secret", "D": "secret"},
        {"D": "identity"},
    )
    assert [merged[name] for name in "ABCD"] == ["base", "env", "secret", "identity"]
    assert merged["PYTHONUNBUFFERED"] == "1"
    assert "/usr/bin" in merged["PATH"]
    kept = job_environment({"PATH": "/p", "PYTHONUNBUFFERED": ""}, {}, {}, {})
    assert kept == {"PATH": "/p", "PYTHONUNBUFFERED": ""}
