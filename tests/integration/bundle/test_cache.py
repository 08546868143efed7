"""A bundle is made once per content, whole or not at all."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hodei.app.bundle import BundleInfo, BundleUnwritable, ensure_bundle, read_bundle
from hodei.app.bundle.builder import build_into, own_agent
from hodei.app.bundle.cache import FOLDER
from hodei.app.bundle.imports import agent_sources
from hodei.app.bundle.survey import Survey

CACHE = "hodei.app.bundle.cache"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where bundles were begun."""
    places: list[Path] = []

    def counting(folder: Path, found: Survey, *, python: str, agent: Path) -> BundleInfo:
        places.append(folder)
        return build_into(folder, found, python=python, agent=agent)

    monkeypatch.setattr(f"{CACHE}.build_into", counting)
    return places


def left_over(data_dir: Path) -> list[str]:
    return [path.name for path in (data_dir / FOLDER).glob(".making-*")]


def test_it_is_made_once(tmp_path: Path, made: list[Path]) -> None:
    first = ensure_bundle(tmp_path)
    assert read_bundle(first).version == first.name
    assert ensure_bundle(tmp_path) == first
    assert len(made) == 1
    assert left_over(tmp_path) == []


def test_two_at_once_make_one(tmp_path: Path, made: list[Path]) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(ensure_bundle, [tmp_path, tmp_path])
    assert first == second
    assert len(made) == 1


def test_what_was_damaged_is_made_again(tmp_path: Path, made: list[Path]) -> None:
    place = ensure_bundle(tmp_path)
    (place / "bin" / "python").unlink()
    assert ensure_bundle(tmp_path) == place
    read_bundle(place)
    assert len(made) == 2


def test_an_upgrade_of_the_machine_is_noticed(
    tmp_path: Path, made: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ensure_bundle(tmp_path)
    monkeypatch.setattr(f"{CACHE}._looks", lambda paths: {str(path): [1, 2] for path in paths})
    assert ensure_bundle(tmp_path) == place
    assert len(made) == 2


def test_an_older_bundle_stays_for_its_workers(tmp_path: Path) -> None:
    source, package = own_agent().parent, tmp_path / "src" / "hodei"
    for path in agent_sources(own_agent()):
        place = package / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    main = package / "agent" / "main.py"
    old = ensure_bundle(tmp_path, agent=package / "agent")
    main.write_text(main.read_text() + "\nCHANGED = True\n")
    new = ensure_bundle(tmp_path, agent=package / "agent")
    assert old != new
    read_bundle(old)


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(place: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"{CACHE}._flush", full)
    with pytest.raises(BundleUnwritable, match="No space left"):
        ensure_bundle(tmp_path)
    assert left_over(tmp_path) == []
    monkeypatch.undo()
    assert ensure_bundle(tmp_path).is_dir()
