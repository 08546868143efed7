"""Who may enter by which key, and what the file may not be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest

from hodei.api.ssh.authorized_keys import AuthorizedKeys, parse
from hodei.api.ssh.host_key import host_key
from hodei.api.ssh.limits import MAX_ADDRESSES, MAX_FAILURES, PERIOD_S, Failures
from hodei.app.settings import read_settings
from hodei.domain.errors import InvalidRequest, Unavailable


def line_of(key: asyncssh.SSHKey, comment: str = "") -> str:
    """The key as a line of the file."""
    return f"{key.export_public_key().decode().strip()} {comment}".strip() + "\n"


@pytest.fixture
def new_key() -> Callable[[], asyncssh.SSHKey]:
    return lambda: asyncssh.generate_private_key("ssh-ed25519")


NewKey = Callable[[], asyncssh.SSHKey]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An empty file of the right mode."""
    path = tmp_path / "authorized_keys"
    path.touch(0o644)
    path.chmod(0o644)
    return path


def test_the_comment_is_the_name(new_key: NewKey, file: Path) -> None:
    ann, odd, bare = new_key(), new_key(), new_key()
    text = f"# people\n\n{line_of(ann, 'ann@laptop')}{line_of(odd, 'two words')}{line_of(bare)}"
    file.write_text(text)
    keys = AuthorizedKeys(file)
    assert keys.owner(ann.convert_to_public()) == "ann@laptop"
    assert keys.owner(odd.convert_to_public()) == odd.get_fingerprint()
    assert keys.owner(bare.convert_to_public()) == bare.get_fingerprint()
    assert keys.owner(new_key().convert_to_public()) is None


def test_a_change_takes_effect_at_once(new_key: NewKey, file: Path) -> None:
    ann, ben = new_key(), new_key()
    file.write_text(line_of(ann, "ann"))
    keys = AuthorizedKeys(file)
    file.write_text(line_of(ben, "ben") + "nonsense\n")
    assert keys.owner(ann.convert_to_public()) is None
    assert keys.owner(ben.convert_to_public()) == "ben"
    file.chmod(0o666)
    assert keys.owner(ben.convert_to_public()) is None
    file.chmod(0o600)
    assert keys.owner(ben.convert_to_public()) == "ben"
    file.unlink()
    assert keys.owner(ben.convert_to_public()) is None
    fresh = file.with_name("fresh")
    fresh.write_text(line_of(ann, "ann"))
    fresh.chmod(0o600)
    os.rename(fresh, file)
    assert keys.owner(ann.convert_to_public()) == "ann"


def test_lines_that_admit_nobody(new_key: NewKey) -> None:
    restricted = f'from="10.0.0.1" {line_of(new_key(), "ann")}'
    owners, faults = parse(f"{restricted}ssh-ed25519 AAAA ben\nssh-dss AAAA\nssh-ed25519\n")
    assert owners == {}
    assert [fault.partition(":")[0] for fault in faults] == [f"line {n}" for n in (1, 2, 3, 4)]
    assert "options are not kept" in faults[0]


def test_a_file_that_is_not_fit_is_refused_at_the_start(new_key: NewKey, file: Path) -> None:
    for text, mode, words in (
        ("nonsense\n", 0o600, "line 1"),
        (line_of(new_key()), 0o620, "can be changed by others"),
    ):
        file.write_text(text)
        file.chmod(mode)
        with pytest.raises(InvalidRequest, match=words):
            AuthorizedKeys(file)
    with pytest.raises(InvalidRequest, match="No such file"):
        AuthorizedKeys(file.with_name("none"))


def test_the_host_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "ssh" / "host_key"
    made = host_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["host_key"]
    assert host_key(path).public_data == made.public_data
    path.chmod(0o640)
    with pytest.raises(Unavailable, match="can be read by others"):
        host_key(path)
    path.write_text("nonsense")
    path.chmod(0o600)
    with pytest.raises(Unavailable, match="not an SSH private key"):
        host_key(path)


def test_who_fails_too_often_has_to_wait() -> None:
    now = 1000.0
    failures = Failures(lambda: now)
    for _ in range(MAX_FAILURES):
        assert failures.wait_s("a") == 0
        failures.add("a")
        now += 1
    assert failures.wait_s("a") == PERIOD_S - MAX_FAILURES
    assert failures.wait_s("b") == 0
    now += PERIOD_S - MAX_FAILURES
    assert failures.wait_s("a") == 0
    failures.add("a")
    assert failures.wait_s("a") == 1.0
    now += 1000
    assert failures.wait_s("a") == 0
    for number in range(MAX_ADDRESSES + 10):
        failures.add(f"address-{number}")
    assert len(failures._times) == MAX_ADDRESSES


def test_a_port_needs_no_keys_since_tokens_open_it_too() -> None:
    assert read_settings({"HODEI_SSH_PORT": "2222"}).ssh_port == 2222
    given = read_settings({"HODEI_SSH_PORT": "2222", "HODEI_SSH_AUTHORIZED_KEYS": "/keys"})
    assert given.ssh_authorized_keys == Path("/keys")
    with pytest.raises(InvalidRequest, match="at least 1s"):
        read_settings({"HODEI_TERMINAL_IDLE": "10ms"})
