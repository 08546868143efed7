"""Unconfirmed output: order, bounds, and nothing lost whatever the server confirms when."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hodei.agent.spool import CHUNK_OVERHEAD, Chunk, Spool

SIZE = 100
COST = SIZE + CHUNK_OVERHEAD


def chunk(seq: int) -> Chunk:
    """A chunk whose content tells its number."""
    return Chunk(seq, 1 + seq % 2, seq, b"%03d" % seq * 33 + b".")


def sent(spool: Spool) -> list[int]:
    """The numbers of everything that may be sent now."""
    return [one.seq for one in spool.unsent(1 << 20)]


def test_the_window_and_the_file(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path / "spool"), cap=10 * COST, window=3 * COST)
    for seq in range(1, 4):
        assert spool.has_room(True)
        spool.add(chunk(seq))
    assert not spool.has_room(True)
    seq = 3
    while spool.has_room(False):
        seq += 1
        spool.add(chunk(seq))
    assert seq > 10
    assert spool.overflowing
    assert sent(spool) == [1, 2, 3]
    assert spool.unconfirmed == 3
    spool.confirm(2)
    assert sent(spool) == [4, 5]
    spool.rewind(3)
    assert sent(spool) == [4, 5, 6]
    for confirmed in range(4, seq + 1):
        spool.confirm(confirmed)
        sent(spool)
    assert spool.all_sent
    assert spool.unconfirmed == 0
    assert spool.has_room(True)
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_content_survives_the_file(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path / "spool"), cap=1 << 20, window=1)
    chunks = [Chunk(seq, 2, 10**12 + seq, os.urandom(seq)) for seq in range(1, 50)]
    for one in chunks:
        spool.add(one)
    got = []
    while not spool.all_sent:
        batch = spool.unsent(1 << 20)
        got += batch
        spool.confirm(batch[-1].seq)
    assert [(c.seq, c.stream, c.time_ms, c.data) for c in got] == [
        (c.seq, c.stream, c.time_ms, c.data) for c in chunks
    ]


@given(st.lists(st.integers(0, 6), max_size=80), st.integers(1, 5))
def test_nothing_is_lost_doubled_or_reordered(steps: list[int], window: int) -> None:
    spool = Spool(f"/tmp/hodei-spool-{os.getpid()}", cap=1 << 20, window=window * COST)
    produced, received, confirmed = 0, 0, 0
    for step in steps:
        if step <= 2:
            produced += 1
            spool.add(chunk(produced))
        elif step <= 4:
            for seq in sent(spool):
                assert seq == received + 1
                received = seq
        elif step == 5:
            confirmed = received
            spool.confirm(confirmed)
        else:
            received = confirmed
            spool.rewind(confirmed)
    while not spool.all_sent or received < produced:
        for seq in sent(spool):
            assert seq == received + 1
            received = seq
        spool.confirm(received)
    assert received == produced
    spool.close()


def test_a_disk_that_fails_makes_the_job_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(str(tmp_path / "spool"), cap=1 << 20, window=2 * COST)
    for seq in range(1, 5):
        spool.add(chunk(seq))

    def full(descriptor: int, data: bytes, offset: int) -> int:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    assert spool.has_room(False)
    spool.add(chunk(5))
    assert not spool.has_room(False)
    spool.add(chunk(6))
    got = []
    while not spool.all_sent:
        got += sent(spool)
        spool.confirm(got[-1])
    assert got == [1, 2, 3, 4, 5, 6]
    assert spool.has_room(False)


def test_a_place_that_cannot_be_written() -> None:
    spool = Spool("/proc/no/spool", cap=1 << 20, window=2 * COST)
    for seq in range(1, 4):
        spool.add(chunk(seq))
    assert not spool.has_room(False)
    assert sent(spool) == [1, 2]
    spool.confirm(1)
    assert sent(spool) == [3]
