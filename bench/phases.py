"""Where the time of one short job goes: each hop on its way, seen on the wires between the parts.

The pieces that pass between server and PostgreSQL, and between agent and server, get a time; the
job prints its own. The proxies that look on are in the process of the client, and cost some time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from bench import commands
from bench.figures import Figure, quantile
from bench.system import System, system
from hodei.wire.gen import jobs_pb2 as jobs
from hodei.wire.gen import logs_pb2 as logs

CLOCK = ("/bin/bash", "-c", "echo $EPOCHREALTIME")
PHASES = (
    ("call, until its rows leave for PostgreSQL", "called", "submitting"),
    ("submission and binding committed", "submitting", "submitted"),
    ("order on its way to the agent", "submitted", "ordered"),
    ("agent, until the job's program runs", "ordered", "running"),
    ("program's end, output read, told to the server", "running", "told"),
    ("server, until log and end leave for PostgreSQL", "told", "ending"),
    ("log and end committed", "ending", "ended"),
    ("first line at the subscriber", "ended", "line"),
    ("end of the log at the subscriber", "line", "read"),
)
ASIDE = (
    ("beside it: the call is answered, from its beginning", "called", "answered"),
    ("beside it: the agent is told that all is stored", "ended", "acknowledged"),
)
HEAD = 5
MARKS = {b"job_new_in": ("submitting", "submitted"), b"job_mod_done": ("ending", "ended")}
"""What the statements of the two commits begin with, and what their way is called."""
LEAST_SEEN = 0.8


class Ear:
    """Hears both wires and keeps when each thing happened first since `begin`."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}
        self._statements: dict[tuple[int, bytes], bytes] = {}
        self._open: dict[int, str] = {}

    def begin(self) -> None:
        """A job is about to be submitted."""
        self.seen = {"called": time.time()}
        self._open.clear()

    def note(self, what: str) -> None:
        """It happens now."""
        self.seen.setdefault(what, time.time())

    def postgres(self, call: int, asks: bool, piece: bytes) -> None:
        """A piece between server and PostgreSQL."""
        if not asks:
            # The answer is whole with its ReadyForQuery, which is the piece's end.
            if piece[-6:-5] == b"Z" and call in self._open:
                self.note(self._open.pop(call))
            return
        for kind, body in _messages(piece):
            if kind == b"P":
                name, _, text = body.partition(b"\0")
                self._statements[call, name] = text[:40]
            elif kind == b"B":
                text = self._statements.get((call, body.split(b"\0", 2)[1]), b"")
                for mark, (leaves, done) in MARKS.items():
                    if mark in text:
                        self.note(leaves)
                        self._open[call] = done

    def agents(self, _call: int, to_server: bool, _piece: bytes) -> None:
        """A piece between agent and server; heartbeats do not come within a job of some ms."""
        if to_server:
            if "ordered" in self.seen:
                self.note("told")
        elif "ended" in self.seen:
            self.note("acknowledged")
        elif "submitted" in self.seen:
            self.note("ordered")


def _messages(piece: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Of a client, after its first; what is left over belongs to the next piece."""
    while len(piece) >= HEAD:
        end = 1 + int.from_bytes(piece[1:HEAD])
        yield piece[:1], piece[HEAD:end]
        piece = piece[end:]


async def run(quick: bool) -> list[Figure]:
    """One job at a time through a warm worker, on an idle server."""
    count = 60 if quick else 300
    ear = Ear()
    kept = []
    async with system(heard={"postgres": ear.postgres, "agents": ear.agents}) as it:
        for number in range(count + 20):
            seen = await _one(it, ear)
            if number >= 20:
                kept.append(seen)
    wanted = {name for phase in (*PHASES, *ASIDE) for name in phase[1:]}
    # A job that had to be queued, because its worker was not back yet, goes another way.
    whole = [seen for seen in kept if seen.keys() >= wanted]
    if len(whole) < LEAST_SEEN * count:
        raise RuntimeError(f"only {len(whole)} of {count} jobs went straight to a warm worker")
    return [
        *(_figure(name, _ms(whole, begin, end)) for name, begin, end in (*PHASES, *ASIDE)),
        _figure(f"all of it, {len(whole)} jobs", _ms(whole, "called", "read")),
    ]


async def _one(it: System, ear: Ear) -> dict[str, float]:
    ear.begin()
    job = await it.jobs.QueueJob(jobs.QueueJobRequest(spec=commands.exec_(CLOCK)))
    ear.note("answered")
    text = ""
    async for batch in it.logs.SubscribeLogs(logs.SubscribeLogsRequest(job_id=job.id)):
        if batch.lines:
            ear.note("line")
            text += batch.lines[0].text
    ear.note("read")
    await it.until_idle()
    return ear.seen | {"running": float(text)}


def _ms(seen: list[dict[str, float]], begin: str, end: str) -> list[float]:
    return [(one[end] - one[begin]) * 1000 for one in seen]


def _figure(name: str, taken: list[float]) -> Figure:
    details: Mapping[str, object] = {
        f"p{share * 100:.0f}": round(quantile(taken, share), 2) for share in (0.1, 0.95)
    }
    return Figure(name=name, value=quantile(taken, 0.5), unit="ms", details=details)
