"""Terminals: relayed with a window in each direction, recorded, and closed for good reasons."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from hodei.domain.errors import Conflict, InvalidRequest, NotFound, Unavailable
from hodei.domain.events import EventKind
from hodei.engine.core import Timings
from hodei.engine.sessions import Session
from hodei.engine.terminals import TAKEN_STEP, WINDOW, Opening, TerminalEnd, TerminalOutput
from hodei.ports.peer import TerminalOrder
from hodei.ports.store import Unit
from tests.unit.engine.simulated_agent import Link, SimulatedAgent
from tests.unit.engine.world import World, quiet, world

ANN = Opening(actor="ann", via="cli", argv=("ls", "a b"), address="127.0.0.1")


def stream_of(agent: SimulatedAgent) -> tuple[Link, Session]:
    """What the agent is told, and what it reports to."""
    assert agent.link is not None
    assert agent.link.session is not None
    return agent.link, agent.link.session


def rows(w: World, job_id: object) -> list[tuple[str, str, dict[str, object]]]:
    """The audit of terminals: kind, actor and facts."""
    return [
        (event.kind.value, event.actor, dict(event.data))
        for _, event in w.tables.events
        if event.job_id == job_id and event.kind.value.startswith("terminal.")
    ]


async def test_it_is_relayed_both_ways_and_recorded() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        link, session = stream_of(agent)
        async with w.engine.terminals.open(str(job.id), ANN) as terminal:
            (opened,) = rows(w, job.id)
            order = link.said[-1][1]
            assert isinstance(order, TerminalOrder)
            assert (order.argv, order.pipes, order.window) == (("ls", "a b"), False, WINDOW)
            await terminal.write(b"ls\n")
            terminal.resize(40, 120)
            terminal.signal("INT")
            terminal.end_input()
            session.terminals[order.terminal_id].on_output(b"file\n", False)
            assert await terminal.read() == TerminalOutput(b"file\n")
            session.terminals.pop(order.terminal_id).on_exited(7, "")
            assert await terminal.read() == TerminalEnd(exit_code=7)
            await w.clock.advance(2)
        assert link.said[-4:] == [
            ("terminal_input", (order.terminal_id, b"ls\n", False)),
            ("resize_terminal", (order.terminal_id, 40, 120)),
            ("signal_terminal", (order.terminal_id, 2)),
            ("terminal_input", (order.terminal_id, b"", True)),
        ]
        assert session.terminals == {}
        about = {"terminal": order.terminal_id, "via": "cli"}
        command = {"command": "ls 'a b'", "tty": True, "address": "127.0.0.1"}
        opened_by = {**about, **command, "replica": w.home.name}
        assert opened == ("terminal.opened", "ann", opened_by)
        end = {"exit_code": 7, "reason": "", "bytes_in": 3, "bytes_out": 5, "seconds": 2}
        assert rows(w, job.id)[1:] == [("terminal.closed", "ann", {**about, **end})]


async def test_neither_way_has_more_than_the_window_under_way() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        link, session = stream_of(agent)
        async with w.engine.terminals.open(str(job.id), ANN) as terminal:
            (reports,) = session.terminals.values()
            writing = asyncio.ensure_future(terminal.write(b"x" * (WINDOW + 1)))
            await quiet()
            assert not writing.done()
            assert terminal.bytes_in == WINDOW
            reports.on_taken(10)
            await writing
            for _ in range(4):
                reports.on_output(b"y" * TAKEN_STEP, False)
            said = len(link.said)
            await terminal.read()
            assert link.said[said:] == []
            # Only on the next read is a piece known to have been passed on.
            await terminal.read()
            assert link.said[said:] == [("terminal_taken", (terminal.id, TAKEN_STEP))]


async def test_an_agent_that_sends_more_than_it_may_is_cut_off() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        link, session = stream_of(agent)
        async with w.engine.terminals.open(str(job.id), ANN) as terminal:
            (reports,) = session.terminals.values()
            for _ in range(100):
                reports.on_output(b"y" * TAKEN_STEP, False)
            assert terminal.bytes_out <= 3 * WINDOW
            assert link.said[-1] == ("close_terminal", terminal.id)
            while isinstance(end := await terminal.read(), TerminalOutput):
                continue
            assert (end.exit_code, end.error) == (255, "the worker sent more output than it may")


async def test_it_ends_with_its_stream() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        async with w.engine.terminals.open(str(job.id), ANN) as terminal:
            waiting = asyncio.ensure_future(terminal.read())
            await quiet()
            agent.disconnect()
            await quiet()
            end = await waiting
            assert isinstance(end, TerminalEnd)
            assert "connection to the worker was lost" in end.error
        assert rows(w, job.id)[1][2]["reason"] == end.error


async def test_one_that_passes_nothing_is_closed() -> None:
    timings = Timings(terminal_idle=timedelta(seconds=30))
    async with world(timings=timings) as w:
        job, agent = await w.run_job()
        link, _ = stream_of(agent)
        async with w.engine.terminals.open(str(job.id), ANN) as terminal:
            await w.pass_time(20)
            await terminal.write(b" ")
            await w.pass_time(20)
            assert terminal.end is None
            await w.pass_time(11)
            end = await terminal.read()
            assert isinstance(end, TerminalEnd)
            assert "nothing passed for 30 s" in end.error
            assert ("close_terminal", terminal.id) in link.said


async def test_nobody_enters_the_next_job_of_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    async with world() as w:
        job, agent = await w.run_job()
        link, session = stream_of(agent)
        save = w.engine.core.committer.save

        async def slow(unit: Unit) -> None:
            """While the opening is recorded, the worker ends the job."""
            await save(unit)
            if unit.events and unit.events[0].kind is EventKind.TERMINAL_OPENED:
                agent.exit(0)
                await quiet()

        monkeypatch.setattr(w.engine.core.committer, "save", slow)
        async with w.engine.terminals.open(str(job.id), ANN) as terminal:
            end = await terminal.read()
        assert end == TerminalEnd(exit_code=255, error="the job's process has just ended")
        assert [kind for kind, _ in link.said if "terminal" in kind] == []
        assert session.terminals == {}
        assert [kind for kind, _, _ in rows(w, job.id)] == ["terminal.opened", "terminal.closed"]


async def test_why_there_is_none() -> None:
    async with world(replicas=2) as w:
        job, agent = await w.run_job()
        key = str(job.id)

        async def refused(
            kind: type[Exception], words: str, *, on: int = 0, opening: Opening = ANN
        ) -> None:
            with pytest.raises(kind, match=words):
                async with w.replicas[on].engine.terminals.open(key, opening):
                    pass

        asking = asyncio.ensure_future(refused(Unavailable, "server replica-1: enter it", on=1))
        await w.clock.advance(4.9)
        assert not asking.done()
        await w.clock.advance(0.2)
        await asking
        await refused(InvalidRequest, "between 1 and 1000", opening=replace(ANN, rows=0))
        w.home.faults.down = True
        await refused(Unavailable, "store")
        w.home.faults.down = False
        agent.disconnect()
        await w.clock.advance(16)
        asking = asyncio.ensure_future(refused(Unavailable, "not connected just now", on=1))
        await w.clock.advance(6)
        await asking
        agent.connect(w.engine)
        await quiet()
        agent.exit(0)
        await quiet()
        await refused(Conflict, "needs a running process")
        key = "ffff"
        await refused(NotFound, "ffff")
        assert rows(w, job.id) == []


async def test_the_end_of_a_terminal_whose_server_was_killed_is_told_by_the_next_one() -> None:
    async with world(replicas=2) as w:
        job, agent = await w.run_job()
        agent.write(b"x\n")
        await quiet()
        first = w.home
        async with first.engine.terminals.open(str(job.id), ANN):
            (opened,) = rows(w, job.id)
            assert opened[2]["replica"] == first.name
            await first.crash()
            agent.connect(w.engine)
            await w.pass_time(10)
            assert len(rows(w, job.id)) == 2
        closed = rows(w, job.id)[1]
        assert closed == (
            "terminal.closed",
            "ann",
            {
                "terminal": opened[2]["terminal"],
                "via": "cli",
                "exit_code": None,
                "reason": "its server was gone",
            },
        )
        await w.pass_time(30)
        assert len(rows(w, job.id)) == 2, "once"
