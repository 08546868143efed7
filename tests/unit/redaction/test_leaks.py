"""What programs make of a secret: none of it leaves the agent, and none of it gets into the store.

`leaks.jsonl` holds what shells, Node.js, Python, Perl and openssl really printed of secrets that
are hard to print, and how many characters around the secret each of them may leave behind.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from hodei.agent.loop import Loop
from hodei.agent.output import CHUNK_BYTES, Output
from hodei.agent.spool import Spool
from hodei.domain.logs import LogAssembler, RawChunk, Stream
from hodei.domain.redaction import MASK, Redactor

CORPUS = Path(__file__).with_name("leaks.jsonl")
STEP = 5
"""Every cut is tried where it is cheap, each fifth one through pipes and the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One way to print a secret."""

    by: str
    secret: str
    text: bytes
    stays: int

    def check(self, shown: bytes) -> None:
        """That nothing of the secret is in what is shown."""
        left = shown.replace(MASK, b"")
        assert MASK in shown, self
        assert len(left) <= self.stays + 3 * self.text.count(b"\n"), (self, shown)
        for line in self.secret.splitlines():
            assert len(line) < 4 or line.encode() not in shown, (self, shown)


def _corpus() -> dict[str, list[Leak]]:
    found: dict[str, list[Leak]] = {}
    for line in CORPUS.read_text("utf-8").splitlines():
        row = json.loads(line)
        leak = Leak(
            by=row["by"], secret=row["secret"], text=row["text"].encode(), stays=row["stays"]
        )
        found.setdefault(leak.secret, []).append(leak)
    return found


LEAKS = _corpus()
BY_SECRET = pytest.mark.parametrize("secret", LEAKS, ids=range(len(LEAKS)))


def test_the_corpus_is_large_and_of_many_makes() -> None:
    leaks = [leak for group in LEAKS.values() for leak in group]
    assert len({(leak.secret, leak.text) for leak in leaks}) == len(leaks) >= 200
    assert len({leak.by for leak in leaks}) >= 30
    assert len(LEAKS) >= 10


@BY_SECRET
def test_the_redactor_at_every_cut(secret: str) -> None:
    redactor = Redactor([secret])
    for leak in LEAKS[secret]:
        for cut in range(len(leak.text)):
            mine = redactor.fork()
            shown = mine.feed(leak.text[:cut]) + mine.feed(leak.text[cut:]) + mine.flush()
            leak.check(shown)


@BY_SECRET
def test_the_agent_before_its_spool(secret: str, tmp_path: Path) -> None:
    for leak in LEAKS[secret]:
        for cut in range(1, len(leak.text), STEP):
            leak.check(b"".join(_through_agent(tmp_path, secret, leak.text, cut)))


def _through_agent(folder: Path, secret: str, text: bytes, cut: int) -> list[bytes]:
    """The chunks that two writes of a job become."""
    loop, spool = Loop(), Spool(str(folder / "spool"), cap=1 << 20)
    output = Output(loop, spool)
    output.mask([secret])
    writer, other = output.open()
    os.close(other)
    for part in (text[:cut], text[cut:]):
        os.write(writer, part)
        loop.turn()
        output.flush()
    os.close(writer)
    output.drain()
    return [chunk.data for chunk in spool.unsent(1 << 20)]


@BY_SECRET
def test_the_server_before_its_store(secret: str) -> None:
    redactor = Redactor([secret])
    for leak in LEAKS[secret]:
        for cut in range(1, len(leak.text), STEP):
            assembler, shown = LogAssembler(redactor=redactor), b""
            for seq, part in enumerate((leak.text[:cut], leak.text[cut:]), 1):
                assembler.feed(RawChunk(seq=seq, stream=Stream.STDOUT, time_ms=0, data=part))
                shown += b"".join(segment.text for segment in assembler.take())
                for carried in assembler.head().carried:
                    assert secret.encode() not in carried.tail
            assembler.finish()
            shown += b"".join(segment.text for segment in assembler.take())
            leak.check(shown.removesuffix(b"\n"))  # a log's last line is ended for it


def test_streams_are_masked_apart_and_chunks_stay_within_their_size(tmp_path: Path) -> None:
    secret = "x" * 30 + "end-of-secret"
    loop, spool = Loop(), Spool(str(tmp_path / "spool"), cap=1 << 20)
    output = Output(loop, spool)
    output.mask([secret, "other"])
    writers = output.open()
    half = len(secret) // 2
    for writer, text in (
        (writers[0], secret[:half]),
        (writers[1], secret[half:]),
        (writers[0], secret[half:]),
        (writers[1], "oth"),
    ):
        os.write(writer, text.encode())
        loop.turn()
    for _ in range(3):
        os.write(writers[0], b"x" * (CHUNK_BYTES - 1))
        loop.turn()
    for writer in writers:
        os.close(writer)
    output.drain()
    chunks = spool.unsent(1 << 30)
    by_stream = {n: b"".join(c.data for c in chunks if c.stream == n) for n in (1, 2)}
    assert by_stream[1] == MASK + b"x" * (3 * (CHUNK_BYTES - 1))
    assert by_stream[2] == secret[half:].encode() + b"oth"
    assert max(len(chunk.data) for chunk in chunks) <= CHUNK_BYTES
    assert output.total_bytes == sum(len(chunk.data) for chunk in chunks)
