"""What a thread writes to is left alone until the thread has ended."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest

from hodei.adapters.firecracker.images.archives import ArchiveImage
from hodei.ports.threads import to_its_end


class Work:
    """Goes on until it is let go."""

    def __init__(self) -> None:
        self.begun, self.let_go, self.ended = (threading.Event() for _ in range(3))

    def __call__(self) -> str:
        self.begun.set()
        assert self.let_go.wait(30)
        self.ended.set()
        return "done"


async def test_a_caller_that_is_told_to_leave_twice_waits_for_it() -> None:
    work = Work()
    caller = asyncio.create_task(to_its_end(work))
    await _told_to_leave(caller, work, times=2)
    assert work.ended.is_set()


async def test_it_gives_what_the_work_gives_and_raises_what_it_raises() -> None:
    work = Work()
    work.let_go.set()
    assert await to_its_end(work) == "done"
    with pytest.raises(FileNotFoundError):
        await to_its_end(Path("/no/such/file").read_text)


async def test_the_copy_of_an_archive_s_layer_has_ended_when_its_folder_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, folder = Work(), tmp_path / "work"
    folder.mkdir()
    monkeypatch.setattr(f"{ArchiveImage.__module__}.shutil.copyfileobj", lambda *_: work())
    image = ArchiveImage(
        path=_archive(tmp_path), digest="sha256:0", config="config.json", layers=("a.tar", "b.tar")
    )

    async def fetch() -> None:
        async with image.fetch(folder) as steps:
            async for _ in steps:
                pass

    fetching = asyncio.create_task(fetch())
    await _told_to_leave(fetching, work)
    assert sorted(file.name for file in folder.iterdir()) == ["layer-0", "layer-1"]


async def _told_to_leave(caller: asyncio.Task[Any], work: Work, times: int = 1) -> None:
    """It stays until the work has ended."""
    await asyncio.to_thread(work.begun.wait, 30)
    for _ in range(times):
        caller.cancel()
        done, _ = await asyncio.wait([caller], timeout=0.05)
        assert not done
    work.let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await caller


def _archive(folder: Path) -> Path:
    path = folder / "image.tar"
    with tarfile.open(path, "w") as archive:
        for name, content in (("config.json", json.dumps({})), ("a.tar", "a"), ("b.tar", "b")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))
    return path
