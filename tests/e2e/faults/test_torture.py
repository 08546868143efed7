"""Output may be anything and any amount: the log is right and the server stays small."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.faults.site import Site, new_site
from tests.support.observer import SUCCEEDED, Observer, python
from tests.support.processes import peak_memory

MOST_MEMORY = 400 << 20
PREAMBLE = r"""
import hashlib, json, os, random, sys
out = sys.stdout.buffer
digest, lines = hashlib.sha256(), 0
PIECE = 1 << 20
def stored(text):
    # What the log has to hold.
    global lines
    digest.update(text)
    lines += text.count(b"\n")
def account():
    out.flush()
    with open(os.environ["ACCOUNT"], "w") as file:
        json.dump({"lines": lines, "sha256": digest.hexdigest()}, file)
"""
PROGRAMS = {
    "one endless line": """
piece = bytes(range(33, 123)) * (PIECE // 90 + 1)
for n in range(100):
    one = b"%06d" % n + piece[:PIECE - 6]
    out.write(one)
    stored(one + b"\\n")
account()
""",
    "long lines": """
for n in range(6):
    line = (b"%d " % n) * (10_000_000 // 2)
    out.write(line + b"\\n")
    while len(line) > PIECE:
        stored(line[:PIECE] + b"\\n")
        line = line[PIECE:]
    stored(line + b"\\n")
account()
""",
    "a million lines": """
for block in range(1000):
    text = b"".join(b"line %d of a million, padded to look like real ones\\n" % (block * 1000 + n)
                    for n in range(1000))
    out.write(text)
    stored(text)
account()
""",
    "binary": """
random.seed(1)
data = random.randbytes(3_000_000).replace(b"\\r", b"")
data += b"\\0" * 70_000 + b"\\n\\xff\\xfe\\xc3\\x28\\n\\x1b[31mred\\x1b[0m\\n\\xe2\\x82"
out.write(data)
stored(data + b"\\n")
account()
""",
    "progress": """
for n in range(0, 1_000_000, 100):
    out.write(b"".join(b"\\r %7d of 1000000: %s" % (m, b"#" * (m % 60)) for m in range(n, n + 100)))
out.write(b"\\rready\\n")
stored(b"ready\\n")
out.write(b"windows\\r\\n")
stored(b"windows\\n")
account()
""",
    "both streams": """
for n in range(20_000):
    out.write(b"out %d\\n" % n)
    out.flush()
    sys.stderr.buffer.write(b"err %d\\n" % n)
    sys.stderr.buffer.flush()
    lines += 2
account()
""",
}


@pytest.mark.parametrize("kind", PROGRAMS)
async def test_any_output(shared: Site, watcher: Observer, kind: str) -> None:
    account = shared.files / f"{kind}.json"
    job_id = await watcher.submit(
        python(PREAMBLE + PROGRAMS[kind], env={"ACCOUNT": str(account)}, memory_mb=1024)
    )
    job = await watcher.finished(job_id)
    assert job.state == SUCCEEDED, job.outcome
    end = await watcher.log_end(job_id)
    told = json.loads(account.read_text())
    assert end.complete
    assert end.total_lines == told["lines"]
    if kind == "both streams":
        await _each_in_order(watcher, job_id)
    else:
        assert end.sha256 == told["sha256"]
    assert peak_memory(shared.pid) < MOST_MEMORY


async def _each_in_order(watcher: Observer, job_id: str) -> None:
    log = await watcher.log(job_id)
    for stream, word in (("stdout", "out"), ("stderr", "err")):
        texts = [line.text for line in log.lines if line.stream == stream]
        assert texts == [f"{word} {n}" for n in range(20_000)]


async def test_a_reader_who_does_not_read(shared: Site, watcher: Observer) -> None:
    """Somebody follows a flood without taking it; neither the job nor the server minds."""
    account = shared.files / "unread.json"
    spec = python(
        PREAMBLE + PROGRAMS["a million lines"], env={"ACCOUNT": str(account)}, memory_mb=1024
    )
    job_id = await watcher.submit(spec)
    asleep = [watcher.follow(job_id) for _ in range(5)]
    for one in asleep:
        await anext(one)
    job = await watcher.finished(job_id)
    assert job.state == SUCCEEDED
    assert (await watcher.log_end(job_id)).total_lines == 1_000_000
    assert peak_memory(shared.pid) < MOST_MEMORY
    for one in asleep:
        await one.aclose()


@pytest.fixture
async def capped(tmp_path: Path) -> AsyncIterator[tuple[Site, Observer]]:
    """A server that keeps little of each log."""
    with new_site({"HODEI_LOG_MAX_BYTES": "100000"}) as site:
        async with site.observer() as observer:
            yield site, observer


async def test_the_cap(capped: tuple[Site, Observer]) -> None:
    _, observer = capped
    script = "for n in range(30_000): print('line', n)\nprint('the end')"
    job_id = await observer.submit(python(script))
    job = await observer.finished(job_id)
    assert job.state == SUCCEEDED
    assert job.outcome.exit_code == 0
    log = await observer.log(job_id)
    *kept, marker = log.text
    assert kept == [f"line {n}" for n in range(len(kept))]
    assert sum(len(line) + 1 for line in kept) <= 100_000 < sum(len(line) + 1 for line in kept) + 20
    assert "100000 bytes" in marker and "discarded" in marker
