"""PeerContract: shells among the job's processes."""

from __future__ import annotations

from collections.abc import Callable

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


async def test_a_shell_computes_and_knows_its_size(bench: Bench) -> None:
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
    assert bench.server.terminal_exits["early"].error == "nothing is running here"
    await running(bench)
    await open_terminal(bench, "odd", "no-such-shell")
    await bench.server.until(lambda: "odd" in bench.server.terminal_exits)
    assert "no-such-shell was not found" in bench.server.terminal_exits["odd"].error
    for number in range(9):
        await open_terminal(bench, f"many-{number}", "cat")
    await bench.server.until(lambda: "many-8" in bench.server.terminal_exits)
    assert bench.server.terminal_exits["many-8"].error == "8 terminals are open already"


async def test_a_flood_in_a_terminal_stays_orderly(bench: Bench) -> None:
    await bench.start_agent()
    await running(bench)
    await open_terminal(bench, "t1", "sh", "-c", "stty -opost; seq 1 200000")
    await bench.server.until(lambda: "t1" in bench.server.terminal_exits)
    expected = b"".join(b"%d\n" % n for n in range(1, 200_001))
    assert bytes(bench.server.terminals["t1"]) == expected
