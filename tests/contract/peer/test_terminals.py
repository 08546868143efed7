"""PeerContract: shells among the job's processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial

from hodei.wire.gen import worker_pb2 as pb
from tests.contract.peer.conftest import Bench
from tests.contract.peer.scripted_server import Record

Alive = Callable[[str], list[int]]


async def running(bench: Bench, **fields: object) -> Record:
    """A job that waits until its file appears."""
    flag = bench.directory / "flag"
    script = f"echo up; while [ ! -e {flag} ]; do sleep 0.02; done"
    record = await bench.begin(script, **fields)
    await bench.server.until(record.text)
    return record


async def open_terminal(bench: Bench, name: str, *argv: str) -> None:
    """Asks for a terminal of 30 rows and 100 columns."""
    order = pb.TerminalOpen(terminal_id=name, argv=argv, rows=30, columns=100, term="xterm")
    await bench.server.send(pb.ServerFrame(terminal_open=order))


async def type_in(bench: Bench, name: str, keys: str) -> None:
    """Sends key strokes."""
    order = pb.TerminalInput(terminal_id=name, data=keys.encode())
    await bench.server.send(pb.ServerFrame(terminal_input=order))


async def shows(bench: Bench, name: str, words: str) -> None:
    """Waits until the terminal shows the words."""
    await bench.server.until(lambda: words.encode() in bench.server.terminals.get(name, b""))


async def test_a_shell_computes_and_knows_its_size(bench: Bench, alive: Alive) -> None:
    await bench.start_agent()
    await running(bench, secret_env={"SECRET": "known"})
    await open_terminal(bench, "t1")
    await type_in(bench, "t1", "echo answer-$((6*7)); stty size; echo $SECRET-$TERM; pwd; tty\n")
    await shows(bench, "t1", "answer-42")
    await shows(bench, "t1", "30 100")
    await shows(bench, "t1", "known-xterm")
    await shows(bench, "t1", "/attempts/work-1")
    await shows(bench, "t1", "/dev/pts/")
    resize = pb.TerminalResize(terminal_id="t1", rows=50, columns=132)
    await bench.server.send(pb.ServerFrame(terminal_resize=resize))
    await type_in(bench, "t1", "stty size\n")
    await shows(bench, "t1", "50 132")
    await type_in(bench, "t1", "sleep 99.5\n")
    async with asyncio.timeout(60):
        while not alive("sleep\x0099.5"):
            await asyncio.sleep(0.01)
    await type_in(bench, "t1", "\x03")
    await type_in(bench, "t1", "exit 5\n")
    await bench.server.until(lambda: "t1" in bench.server.terminal_exits)
    assert bench.server.terminal_exits["t1"].exit_code == 5


async def test_several_at_once_end_with_the_attempt(bench: Bench, alive: Alive) -> None:
    await bench.start_agent()
    record = await running(bench)
    for name in ("a", "b"):
        await open_terminal(bench, name)
        await type_in(bench, name, f"echo in-{name}''-shell\n")
    await shows(bench, "a", "in-a-shell")
    await shows(bench, "b", "in-b-shell")
    await type_in(bench, "b", "trap '' HUP TERM; nohup sleep 99.25\n")
    (bench.directory / "flag").touch()
    await bench.server.until(lambda: record.exits and len(bench.server.terminal_exits) == 2)
    assert record.exit.exit_code == 0
    for end in bench.server.terminal_exits.values():
        assert (end.exit_code, end.error) == (128 + 9, "the job is over")
    assert not alive("sleep\x0099.25")


async def test_closing_hangs_up_and_then_kills(bench: Bench) -> None:
    await bench.start_agent()
    await running(bench)
    stubborn = "trap '' HUP; echo ready; while :; do sleep .05; done"
    await open_terminal(bench, "t1", "sh", "-c", stubborn)
    await shows(bench, "t1", "ready")
    await bench.server.send(pb.ServerFrame(terminal_close=pb.TerminalClose(terminal_id="t1")))
    await bench.server.until(lambda: "t1" in bench.server.terminal_exits)
    assert bench.server.terminal_exits["t1"].exit_code == 128 + 9


async def test_reasons_for_no_terminal(bench: Bench) -> None:
    await bench.start_agent()
    await bench.server.until(lambda: bench.server.hellos)
    await open_terminal(bench, "early")
    await bench.server.until(lambda: "early" in bench.server.terminal_exits)
    end = bench.server.terminal_exits["early"]
    assert (end.exit_code, end.error) == (255, "nothing is running here")
    await running(bench)
    await open_terminal(bench, "odd", "no-such-shell")
    await bench.server.until(lambda: "odd" in bench.server.terminal_exits)
    end = bench.server.terminal_exits["odd"]
    assert end.exit_code == 127
    assert "no-such-shell was not found in PATH=/" in end.error
    for number in range(9):
        await open_terminal(bench, f"many-{number}", "cat")
    await bench.server.until(lambda: "many-8" in bench.server.terminal_exits)
    assert bench.server.terminal_exits["many-8"].error == "8 terminals are open already"


async def open_pipes(bench: Bench, name: str, *argv: str, window: int = 0) -> None:
    """Asks for a command on three pipes."""
    order = pb.TerminalOpen(terminal_id=name, argv=argv, pipes=True, window=window)
    await bench.server.send(pb.ServerFrame(terminal_open=order))


async def send_input(bench: Bench, name: str, data: bytes, *, end: bool = False) -> None:
    """Sends bytes to stdin, and perhaps its end."""
    order = pb.TerminalInput(terminal_id=name, data=data, end=end)
    await bench.server.send(pb.ServerFrame(terminal_input=order))


async def take(bench: Bench, name: str, amount: int) -> None:
    """Confirms output."""
    order = pb.TerminalTaken(terminal_id=name, bytes=amount)
    await bench.server.send(pb.ServerFrame(terminal_taken=order))


async def test_pipes_pass_clean_bytes_and_the_end_of_input(bench: Bench) -> None:
    await bench.start_agent()
    await running(bench)
    await open_pipes(bench, "p", "sh", "-c", "tty; echo term=$TERM >&2; cat; exit 9")
    every = bytes(range(256)) * 100
    await send_input(bench, "p", every)
    await send_input(bench, "p", b"", end=True)
    await bench.server.until(lambda: "p" in bench.server.terminal_exits)
    assert bench.server.terminal_exits["p"].exit_code == 9
    assert bytes(bench.server.terminals["p"]) == b"not a tty\n" + every
    assert bytes(bench.server.terminal_errors["p"]) == b"term=\n"
    assert bench.server.input_taken["p"] == len(every)


async def test_output_waits_to_be_taken_and_none_is_lost(bench: Bench) -> None:
    """Also what is still in the pipe when its program is gone and somebody else holds it."""
    await bench.start_agent()
    await running(bench)
    script = "seq 1 20000; echo done >&2; sleep 99.75 & exit 3"
    await open_pipes(bench, "p", "sh", "-c", script, window=1000)
    shown = bench.server.terminals
    expected = b"".join(b"%d\n" % n for n in range(1, 20_001))

    def arrived() -> int:
        return len(shown.get("p", b"")) + len(bench.server.terminal_errors.get("p", b""))

    total = len(expected) + len(b"done\n")
    for limit in range(1000, total + 1000, 1000):
        await bench.server.until(partial(lambda most: arrived() >= min(most, total), limit))
        assert arrived() <= limit
        await take(bench, "p", 1000)
    await bench.server.until(lambda: "p" in bench.server.terminal_exits)
    assert bytes(shown["p"]) == expected
    assert bytes(bench.server.terminal_errors["p"]) == b"done\n"
    assert bench.server.terminal_exits["p"].exit_code == 3


async def test_input_that_nobody_reads_counts_as_taken_only_when_the_pipe_is_closed(
    bench: Bench,
) -> None:
    await bench.start_agent()
    await running(bench)
    await open_pipes(bench, "p", "sh", "-c", "read line; exec 0<&-; echo closed; sleep 99.375")
    await send_input(bench, "p", b"line\n" + bytes(200_000))
    await bench.server.until(lambda: bench.server.input_taken.get("p") == 200_005)
    await bench.server.until(lambda: bytes(bench.server.terminals.get("p", b"")) == b"closed\n")


async def test_signals_reach_the_foreground(bench: Bench) -> None:
    await bench.start_agent()
    await running(bench)
    script = "trap 'echo got-int; exit 5' INT; echo ready; while :; do sleep .05; done"
    await open_pipes(bench, "p", "sh", "-c", script)
    await open_terminal(bench, "t", "sh", "-c", script)
    for name in ("p", "t"):
        await shows(bench, name, "ready")
        order = pb.TerminalSignal(terminal_id=name, signal=2)
        await bench.server.send(pb.ServerFrame(terminal_signal=order))
        await bench.server.until(partial(bench.server.terminal_exits.get, name))
        assert bench.server.terminal_exits[name].exit_code == 5
        assert b"got-int" in bench.server.terminals[name]


async def test_a_lost_connection_ends_them(bench: Bench, alive: Alive) -> None:
    await bench.start_agent()
    record = await running(bench)
    await open_terminal(bench, "t", "sh", "-c", "echo $$; exec sleep 99.125")
    await shows(bench, "t", "\n")
    await bench.server.cut()
    await bench.server.until(lambda: "t" in bench.server.terminal_exits)
    assert not alive("sleep\x0099.125")
    assert not record.exits


async def test_they_share_the_limits_of_the_job(bench: Bench) -> None:
    name = f"hodei-peer-shell-{os.getpid()}"
    await bench.start_agent(LIMITS="cgroup", CGROUP=name)
    record = await bench.begin("cat /proc/self/cgroup; echo up; sleep 99.625")
    await bench.server.until(lambda: b"up" in record.text())
    await open_pipes(bench, "p", "cat", "/proc/self/cgroup")
    await bench.server.until(lambda: "p" in bench.server.terminal_exits)
    assert bytes(bench.server.terminals["p"]) + b"up\n" == record.text()
    assert name.encode() in record.text()
    await bench.cancel(record)
    await bench.server.until(lambda: record.exits)


async def test_a_flood_in_a_terminal_stays_orderly(bench: Bench) -> None:
    await bench.start_agent()
    await running(bench)
    await open_terminal(bench, "t1", "sh", "-c", "stty -opost; seq 1 200000")
    await bench.server.until(lambda: "t1" in bench.server.terminal_exits)
    expected = b"".join(b"%d\n" % n for n in range(1, 200_001))
    assert bytes(bench.server.terminals["t1"]) == expected
