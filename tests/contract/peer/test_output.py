"""PeerContract: output of any shape arrives whole, in order, and in bounded memory."""

from __future__ import annotations

from pathlib import Path

from hodei.wire.gen import worker_pb2 as pb
from tests.contract.peer.conftest import Bench

MIB = 1 << 20


def peak_kib(pid: int) -> int:
    """The highest resident size of a process so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError("no VmHWM")


async def test_a_hundred_megabytes_without_a_newline(bench: Bench) -> None:
    agent = await bench.start_agent()
    record = await bench.run("head -c 100000000 /dev/zero | tr '\\0' x")
    assert record.exit.log_bytes == 100_000_000
    assert record.is_whole()
    assert max(len(chunk.data) for chunk in record.chunks.values()) <= 65_536
    assert peak_kib(agent.pid) < 48 * 1024


async def test_a_million_lines(bench: Bench) -> None:
    await bench.start_agent()
    record = await bench.run("seq 1 1000000")
    assert record.text() == b"".join(b"%d\n" % n for n in range(1, 1_000_001))
    assert record.is_whole()


async def test_binary_output_of_both_streams(bench: Bench) -> None:
    await bench.start_agent()
    record = await bench.run("head -c 300000 /dev/urandom | tee /dev/stderr | sha256sum")
    assert len(record.text(2)) == 300_000
    assert len(record.text(1)) == 68
    assert record.is_whole()


async def test_streams_keep_the_order_of_writing(bench: Bench) -> None:
    await bench.start_agent()
    script = "for i in 1 2 3 4 5; do echo o$i; sleep .03; echo e$i >&2; sleep .03; done"
    record = await bench.run(script)
    assert record.text() == b"".join(b"o%d\ne%d\n" % (n, n) for n in range(1, 6))


async def test_a_job_waits_when_nothing_is_acknowledged(bench: Bench) -> None:
    bench.server.ack_logs = False
    await bench.start_agent()
    record = await bench.begin("head -c 30000000 /dev/zero; echo done >&2")
    await bench.server.until(lambda: len(record.text()) >= 4 * MIB - 65_536)
    await bench.server.until(lambda: len(record.stats) >= 1)
    assert len(record.text()) <= 5 * MIB
    assert not record.exits
    bench.server.ack_logs = True
    ack = pb.LogAck(attempt_id="attempt-1", seq=max(record.chunks))
    await bench.server.send(pb.ServerFrame(log_ack=ack))
    await bench.server.until(lambda: record.exits)
    assert record.exit.log_bytes == 30_000_005
    assert record.is_whole()


async def test_the_spool_holds_what_the_window_does_not(bench: Bench) -> None:
    await bench.start_agent(LOG_LEVEL="debug")
    flag = bench.directory / "flag"
    script = f"while [ ! -e {flag} ]; do sleep 0.02; done; seq 1 3000000; echo end"
    record = await bench.begin(script)
    await bench.server.until(lambda: record.started)
    await bench.server.stop()
    flag.touch()
    await bench.logged("attempt ended")
    await bench.server.start()
    await bench.server.until(lambda: record.exits)
    assert record.exit.log_bytes == 22_888_900
    assert record.is_whole()
    assert record.text().endswith(b"3000000\nend\n")


async def test_beyond_the_cap_of_the_spool_the_job_waits(bench: Bench) -> None:
    await bench.start_agent(SPOOL_BYTES=str(8 * MIB))
    flag, late = bench.directory / "flag", bench.directory / "late"
    script = (
        f"while [ ! -e {flag} ]; do sleep 0.02; done; touch {late}.begun; "
        f"head -c 40000000 /dev/zero; touch {late}"
    )
    record = await bench.begin(script)
    await bench.server.until(lambda: record.started)
    await bench.server.stop()
    flag.touch()
    # Long enough to fail many connections, far longer than the writing would take.
    await bench.logged("disconnected", times=5)
    assert not late.exists()
    await bench.server.start()
    await bench.server.until(lambda: record.exits)
    assert late.exists()
    assert record.exit.log_bytes == 40_000_000
    assert record.is_whole()
