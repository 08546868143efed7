"""The bundle is made once for all who ask, and again when it is gone."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from hodei.app.bundle import BundleSupply, BundleUnwritable, supply
from hodei.domain.errors import ProviderUnavailable


class Maker:
    """Stands in for the second that making one takes; it waits for its gate."""

    def __init__(self) -> None:
        self.made = 0
        self.gate = threading.Event()
        self.fault: BundleUnwritable | None = None

    def __call__(self, data_dir: Path) -> Path:
        assert threading.current_thread() is not threading.main_thread()
        self.gate.wait(10)
        self.made += 1
        if self.fault is not None:
            raise self.fault
        program = data_dir / "bundle" / "bin" / "hodei-agent"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.touch()
        return data_dir / "bundle"


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> Maker:
    made = Maker()
    monkeypatch.setattr(supply, "ensure_bundle", made)
    return made


async def test_one_for_all_who_ask(tmp_path: Path, maker: Maker) -> None:
    bundle = BundleSupply(tmp_path)
    asking = [asyncio.create_task(bundle()) for _ in range(5)]
    await asyncio.sleep(0)
    maker.gate.set()
    assert set(await asyncio.gather(*asking)) == {str(tmp_path / "bundle")}
    assert await bundle() == str(tmp_path / "bundle")
    assert maker.made == 1


async def test_it_goes_on_when_nobody_waits_any_more(tmp_path: Path, maker: Maker) -> None:
    bundle = BundleSupply(tmp_path)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await bundle()
    maker.gate.set()
    assert await bundle() == str(tmp_path / "bundle")
    assert maker.made == 1


async def test_it_is_made_again_when_it_was_removed(tmp_path: Path, maker: Maker) -> None:
    maker.gate.set()
    bundle = BundleSupply(tmp_path)
    (Path(await bundle()) / "bin" / "hodei-agent").unlink()
    await bundle()
    assert maker.made == 2


async def test_a_fault_is_told_and_tried_again(tmp_path: Path, maker: Maker) -> None:
    maker.gate.set()
    maker.fault = BundleUnwritable("the disk is full")
    bundle = BundleSupply(tmp_path)
    with pytest.raises(ProviderUnavailable, match="the disk is full"):
        await bundle()
    maker.fault = None
    assert await bundle()
