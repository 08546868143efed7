"""How a followed job is shown: on a terminal, in a pipe, as JSON, or quietly.

What the job writes goes to stdout and stderr exactly as it wrote it; what Hodei has to say goes
to stderr. The live line of a terminal is taken away before any output is written.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from hodei.app.cli.session import print_json, say
from hodei.domain.attempt import Phase
from hodei.domain.job import JobState
from hodei.domain.units import format_duration

if TYPE_CHECKING:
    from rich.status import Status

    from hodei.client import Job, LogLine

SHORT_ID = 8


class View(Protocol):
    """What a follower tells."""

    def submitted(self, job: Job) -> None:
        """The job is stored."""

    def phase(self, job: Job, text: str) -> None:
        """Where the job is now, in a few words."""

    def lines(self, batch: Sequence[LogLine]) -> None:
        """Output of the job."""

    def note(self, text: str) -> None:
        """Something else worth telling."""

    def finished(self, job: Job) -> None:
        """The job is over."""

    def pause(self) -> None:
        """Takes the live line away."""


def short(job_id: str) -> str:
    """The beginning of an id, as people type it."""
    return job_id[:SHORT_ID]


class PlainView:
    """Plain lines on stderr."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._last = ""
        self._attempt = 1

    def submitted(self, job: Job) -> None:
        self.note(f"job {job.id} submitted")

    def phase(self, job: Job, text: str) -> None:
        if text != self._last:
            self._last = text
            self.note(text)

    def lines(self, batch: Sequence[LogLine]) -> None:
        if batch[0].attempt != self._attempt:
            self._attempt = batch[0].attempt
            self.note(f"attempt {self._attempt}")
        write_lines(batch)

    def note(self, text: str) -> None:
        if not self._quiet:
            self.pause()
            say(text)

    def finished(self, job: Job) -> None:
        self.note(verdict(job))
        if job.outcome is not None and job.outcome.suggestion:
            self.note(job.outcome.suggestion)

    def pause(self) -> None:
        """There is no live line."""


class TerminalView(PlainView):
    """One live line on stderr while there is nothing else to see."""

    def __init__(self) -> None:
        super().__init__()
        self._status: Status | None = None

    def phase(self, job: Job, text: str) -> None:
        if job.state is JobState.RUNNING or job.finished:
            self.pause()
            return
        if self._status is None:
            from rich.console import Console

            self._status = Console(stderr=True, highlight=False).status("", spinner="dots")
            self._status.start()
        self._status.update(f"[dim]{short(job.id)}[/dim] {_escaped(text)}")

    def lines(self, batch: Sequence[LogLine]) -> None:
        self.pause()
        super().lines(batch)

    def finished(self, job: Job) -> None:
        self.pause()
        from rich.console import Console

        console = Console(stderr=True, highlight=False)
        colour = "green" if job.succeeded else "red"
        console.print(f"[{colour}]●[/{colour}] {_escaped(verdict(job))}", soft_wrap=True)
        if job.outcome is not None and job.outcome.suggestion:
            console.print(f"  [dim]{_escaped(job.outcome.suggestion)}[/dim]", soft_wrap=True)

    def pause(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None


class JsonView:
    """One JSON object per line on stdout: submitted, phase, line, finished."""

    def submitted(self, job: Job) -> None:
        print_json({"type": "submitted", "job": job.raw})

    def phase(self, job: Job, text: str) -> None:
        print_json({"type": "phase", "state": job.state, "phase": job.phase, "text": text})

    def lines(self, batch: Sequence[LogLine]) -> None:
        for line in batch:
            print_json(line_json(line))

    def note(self, text: str) -> None:
        say(text)

    def finished(self, job: Job) -> None:
        print_json({"type": "finished", "job": job.raw})

    def pause(self) -> None:
        """There is no live line."""


def line_json(line: LogLine) -> dict[str, object]:
    """A line as machines get it."""
    return {
        "type": "line",
        "attempt": line.attempt,
        "n": line.n,
        "time_ms": line.time_ms,
        "stream": line.stream,
        "level": line.level,
        "text": line.text,
    }


def choose(*, json: bool, quiet: bool) -> View:
    """The view that fits where the output goes."""
    if json:
        return JsonView()
    if quiet or not sys.stderr.isatty():
        return PlainView(quiet=quiet)
    return TerminalView()


def write_lines(batch: Sequence[LogLine]) -> None:
    """The job's own text, each stream to its own."""
    outputs = {"stdout": sys.stdout.buffer, "stderr": sys.stderr.buffer}
    for line in batch:
        ending = "\n" if line.newline else ""
        outputs[line.stream].write((line.text + ending).encode("utf-8", "replace"))
    for output in outputs.values():
        output.flush()


def describe(job: Job, reason: str = "") -> str:
    """Where a job is, in a few words."""
    if job.finished:
        return job.state
    if job.cancel_requested_at is not None:
        return "cancelling: waiting until nothing of it is left"
    if job.state is JobState.PENDING:
        return f"waiting: {reason}" if reason else "waiting for a worker"
    where = f" on {job.provider}" if job.provider else ""
    detail = job.tries[-1].phases[-1].detail if job.tries and job.tries[-1].phases else ""
    match job.phase:
        case Phase.PROVISIONING | Phase.QUEUED:
            return f"making a worker{where}"
        case Phase.PULLING:
            return f"pulling the image{where}" + (f" ({detail})" if detail else "")
        case Phase.REGISTERING:
            return f"the worker{where} is starting"
        case Phase.STARTING:
            return f"starting the command{where}"
        case Phase.LOST:
            return f"the worker{where} is silent" + (f": {detail}" if detail else "")
        case _:
            return f"running{where}"


def verdict(job: Job) -> str:
    """How it ended, and after how long."""
    text = f"{job.state}"
    if job.started_at is not None and job.finished_at is not None:
        took = round((job.finished_at - job.started_at).total_seconds() * 1000)
        # Shorter than the server can tell: its start and end were saved together.
        text += f" after {format_duration(took)}" if took > 0 else ""
    if job.outcome is not None and job.outcome.message and not job.succeeded:
        text += f": {job.outcome.message}"
    return text


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
