"""One attempt from the order to run it until the server has its outcome.

    NEW -> RUNNING -> ENDING -> ENDED
    NEW -> ENDED                        it could not be started, or was cancelled before

RUNNING: the main process lives. ENDING: it is gone and the rest of its tree is being killed.
ENDED: nothing is left alive and the whole output has been read.
"""

from __future__ import annotations

import os
from time import monotonic, time

from hodei.agent import command, messages, processes
from hodei.agent.cgroups import CgroupError, Limits
from hodei.agent.command import NotRunnable, SpecFault
from hodei.agent.diagnostics import log
from hodei.agent.environment import job_environment
from hodei.agent.output import Output
from hodei.agent.processes import Ended, Launch
from hodei.agent.spool import Spool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hodei.agent.codec import Message
    from hodei.agent.confinement import Confinement
    from hodei.agent.loop import Loop, Timer
    from hodei.agent.settings import AgentSettings
    from hodei.agent.stats import Sampler
    from hodei.agent.workspace import Workspace

NEW, RUNNING, ENDING, ENDED = "new", "running", "ending", "ended"
STATS_EVERY_S = 1.0
# A short job is over before this: its start, output and end then share one message. Waiting is
# by whole milliseconds, rounded up: the first line of a longer job comes 8 ms late at most.
HOLD_S = 0.007
FIRST_LOOK_S, LAST_LOOK_S = 0.001, 0.05
STUCK_AFTER_S = 5.0


class Host:
    """What an attempt needs of the agent around it."""

    __slots__ = ("base_environment", "confinement", "emit", "loop", "settings", "workspace")

    def __init__(
        self,
        loop: Loop,
        settings: AgentSettings,
        base_environment: dict[str, str],
        confinement: Confinement,
        workspace: Workspace,
    ) -> None:
        self.loop = loop
        self.settings = settings
        self.base_environment = base_environment
        self.confinement = confinement
        self.workspace = workspace
        self.emit: Callable[[Message], None] = _drop
        """Sends one frame that needs no repeating."""


class Attempt:
    """The attempt that the agent holds."""

    def __init__(self, host: Host, order: Message) -> None:
        self._host = host
        self._order = order
        self.id: str = order["attempt_id"]
        self.phase = NEW
        self.started_at_ms = 0
        self.hold_until = 0.0
        """Until then (monotonic) a short job's frames wait for each other."""
        self.pid = 0
        self.environment: dict[str, str] = {}
        self.cwd = ""
        self.output = Output(
            host.loop, Spool(host.workspace.spool_path(), host.settings.spool_bytes)
        )
        self.exited: Message | None = None
        """The outcome as it is reported, once the attempt has ended."""
        self.on_ended: Callable[[], None] = _nothing
        self._cause = 0
        self._message = ""
        self._ended: Ended | None = None
        self._any_child = False
        self._work = ""
        self._sampler: Sampler | None = None
        self._sampled = False
        self._timers: list[Timer] = []
        self._kill_timer: Timer | None = None
        self._look: Timer | None = None
        self._look_in = FIRST_LOOK_S
        self._killed_since = 0.0

    # ------------------------------------------------------------------ starting

    def start(self) -> None:
        """Starts the user's process, or ends the attempt with the reason why it cannot be."""
        try:
            self._start()
        except SpecFault as fault:
            self._end_unstarted(messages.EXIT_CAUSE_SPEC, str(fault))
        except NotRunnable as fault:
            self._end_unstarted(messages.EXIT_CAUSE_EXIT, str(fault), fault.exit_code)
        except CgroupError as error:
            self._end_unstarted(messages.EXIT_CAUSE_SPEC, f"limits cannot be applied: {error}")

    def _start(self) -> None:
        order = self._order
        self.cwd = self._directory()
        self.environment = job_environment(
            self._host.base_environment, order["env"], order["secret_env"], self._identity()
        )
        program = command.prepare(
            order["type"],
            order["script"],
            order["argv"],
            self.environment,
            self.cwd,
            command.words(self._host.settings.image_entrypoint),
        )
        limits = order.get("limits") or {}
        self._sampler = self._host.confinement.begin(
            self.id,
            Limits(
                limits.get("cpu_millis", 0), limits.get("memory_bytes", 0), limits.get("pids", 0)
            ),
        )
        opened: list[int] = []
        try:
            self._spawn(program, opened)
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def _spawn(self, program: command.Program, opened: list[int]) -> None:
        """Starts it; every descriptor that is the child's alone is added to `opened`."""
        stdin: bytes = self._order["stdin"]
        opened.append(_memory_file(stdin) if stdin else os.open(os.devnull, os.O_RDONLY))
        self.output.mask(self._order["secret_env"].values())
        writers = self.output.open()
        opened += writers
        descriptors = {0: opened[0], 1: writers[0], 2: writers[1]}
        if program.script is not None:
            opened.append(_memory_file(program.script))
            descriptors[command.SCRIPT_FD] = opened[-1]
        launch = Launch(program.file, program.argv, self.environment, self.cwd, descriptors)
        try:
            self.pid = self._host.confinement.spawn(launch)
        except OSError as error:
            raise command.exec_fault(program.file, error) from error
        except ValueError as error:
            raise SpecFault(f"the command or its environment is not usable: {error}") from error
        now = monotonic()
        self.started_at_ms = int(time() * 1000)
        self.phase = RUNNING
        self.hold_until = now + HOLD_S
        self._call_at(self.hold_until, _nothing)
        self._call_at(now + STATS_EVERY_S, self._sample)
        if self._order["timeout_ms"]:
            self._call_at(now + self._order["timeout_ms"] / 1000, self._time_out)

    def _directory(self) -> str:
        settings, wanted = self._host.settings, self._order["working_dir"]
        if settings.workdir == "attempt":
            try:
                self._work = base = self._host.workspace.take()
            except OSError as error:
                raise SpecFault(f"no working directory can be made: {error.strerror}") from error
            if not wanted:
                return base
        else:
            base = os.getcwd()
        path = os.path.join(base, wanted) if wanted else base
        if not os.path.isdir(path):
            raise SpecFault(f"the working directory {wanted} does not exist")
        if not os.access(path, os.X_OK):
            raise SpecFault(f"the working directory {wanted} may not be entered")
        return path

    def _identity(self) -> dict[str, str]:
        return {
            "HODEI_JOB_ID": self._order["job_id"],
            "HODEI_JOB_NAME": self._order["job_name"],
            "HODEI_ATTEMPT": str(self._order["attempt_number"]),
            "HODEI_ATTEMPT_ID": self.id,
        }

    # ------------------------------------------------------------------ ending

    def cancel(self, reason: str, grace_ms: int | None = None) -> None:
        """Begins to end the process tree; before the start, the attempt never starts."""
        if self.phase in (NEW, RUNNING):
            seen = {"attempt_id": self.id, "at_ms": int(time() * 1000)}
            self._host.emit({"cancel_seen": seen})
        if self.phase == NEW:
            self._end_unstarted(messages.EXIT_CAUSE_CANCELLED, reason)
        else:
            self._stop(messages.EXIT_CAUSE_CANCELLED, reason, grace_ms)

    def abandon(self) -> None:
        """The server wants no word about it any more: kill all, drop the output."""
        if self.phase == NEW:
            self._end_unstarted(messages.EXIT_CAUSE_CANCELLED, "")
        self._stop(messages.EXIT_CAUSE_CANCELLED, "", 0)

    def is_over(self) -> bool:
        """Whether it is being ended, or has ended."""
        return self.phase != RUNNING or self._cause != 0

    def child_ended(self, ended: Ended) -> None:
        """A child of the agent was reaped."""
        if ended.pid == self.pid and self._ended is None:
            self._ended = ended
            self.phase = ENDING
            self._cancel_timers()
        elif self._sampler:
            self._sampler.count_ended(ended.cpu_ms, ended.peak_bytes)

    def children_changed(self, any_child: bool) -> None:
        """After `child_ended` of all that were reaped; `any_child` whether some are left."""
        self._any_child = any_child
        if self.phase == ENDING:
            self._sweep()

    def forget(self) -> None:
        """The outcome is stored, or nobody wants it: drop the output and the directory."""
        self._cancel_timers()
        self.output.close()
        self.output.spool.close()

    def _time_out(self) -> None:
        seconds = self._order["timeout_ms"] / 1000
        self._stop(messages.EXIT_CAUSE_TIMEOUT, f"it ran longer than its limit of {seconds:g} s")

    def _stop(self, cause: int, message: str, grace_ms: int | None = None) -> None:
        if self.phase != RUNNING:
            return
        if not self._cause:
            self._cause, self._message = cause, message
            asked = self._order["stop_signal"] or self._host.settings.stop_signal
            processes.signal_group(self.pid, asked or processes.SIGTERM)
            processes.signal_group(self.pid, processes.SIGCONT)
        grace_s = (self._order["grace_ms"] if grace_ms is None else grace_ms) / 1000
        deadline = monotonic() + grace_s
        if self._kill_timer and self._kill_timer.action:
            # A second order may only hurry.
            deadline = min(deadline, self._kill_timer.when)
            self._kill_timer.cancel()
        if grace_s <= 0:
            self._kill_timer = None
            self._kill()
        else:
            self._kill_timer = self._call_at(deadline, self._kill)

    def _kill(self) -> None:
        """Kills again and again, less and less often, until nothing is left."""
        if self.phase not in (RUNNING, ENDING):
            return
        now = monotonic()
        self._killed_since = self._killed_since or now
        if now - self._killed_since > STUCK_AFTER_S:
            log("processes survive SIGKILL", level="warning", attempt_id=self.id)
            self._killed_since = now
        self._host.confinement.kill()
        if self._look:
            self._look.cancel()
        self._look = self._host.loop.call_in(self._look_in, self._look_again)
        self._look_in = min(self._look_in * 2, LAST_LOOK_S)

    def _look_again(self) -> None:
        if self.phase == ENDING:
            self._sweep()
        else:
            self._kill()

    def _sweep(self) -> None:
        """The main process is gone: ends the attempt if that was the last one."""
        if self._host.confinement.is_empty(self._any_child):
            self._end()
        else:
            self._kill()

    def _end(self) -> None:
        ended, sampler = self._ended, self._sampler
        assert ended is not None
        assert sampler is not None
        self._cancel_timers()
        self.output.drain()
        cause, message = self._cause, self._message
        if not cause:
            cause, message = self._natural_cause(ended)
        sampler.count_ended(ended.cpu_ms, ended.peak_bytes)
        # A shorter attempt has all its figures in its outcome.
        figures = sampler.sample(ended=not self._sampled)
        if self._sampled:
            self._emit_stats(figures)
        self._host.confinement.end(sampler.last)
        self._finish(cause, message, ended.exit_code, ended.signal)
        assert self.exited is not None
        self.exited["cpu_ms"] = figures["cpu_ms"]
        self.exited["memory_peak_bytes"] = figures["memory_peak_bytes"]

    def _natural_cause(self, ended: Ended) -> tuple[int, str]:
        if ended.exit_code != 0 and self._host.confinement.oom_killed():
            limit = (self._order.get("limits") or {}).get("memory_bytes", 0)
            size = f" of {limit >> 20} MiB" if limit >> 20 else ""
            return messages.EXIT_CAUSE_OOM, f"the kernel killed it: it used all its memory{size}"
        if ended.signal:
            return messages.EXIT_CAUSE_SIGNAL, f"it was ended by signal {ended.signal}"
        return messages.EXIT_CAUSE_EXIT, ""

    def _end_unstarted(self, cause: int, message: str, exit_code: int | None = None) -> None:
        self.output.close()
        self._finish(cause, message, exit_code, 0)

    def _finish(self, cause: int, message: str, exit_code: int | None, number: int) -> None:
        now_ms = int(time() * 1000)
        self.exited = {
            "attempt_id": self.id,
            "cause": cause,
            "signal": number,
            "message": message,
            "started_at_ms": self.started_at_ms or now_ms,
            "exited_at_ms": now_ms,
            "last_chunk_seq": self.output.last_seq,
            "log_bytes": self.output.total_bytes,
            "log_chain": self.output.chain.value,
        }
        if exit_code is not None:
            self.exited["exit_code"] = exit_code
        if self._work:
            self._host.workspace.give_back(self._work)
        self.phase = ENDED
        log("attempt ended", attempt_id=self.id, cause=cause, exit_code=exit_code, signal=number)
        self.on_ended()

    # ------------------------------------------------------------------ figures and timers

    def _sample(self) -> None:
        if self._sampler and self.phase == RUNNING:
            self._sampled = True
            self._emit_stats(self._sampler.sample())
            self._call_at(monotonic() + STATS_EVERY_S, self._sample)

    def _emit_stats(self, figures: dict[str, int]) -> None:
        if self._sampler:
            stats: Message = {"attempt_id": self.id, "time_ms": int(time() * 1000), **figures}
            stats["source"] = self._sampler.source
            self._host.emit({"stats": stats})

    def _call_at(self, when: float, action: Callable[[], None]) -> Timer:
        timer = self._host.loop.call_at(when, action)
        self._timers = [timer for timer in self._timers if timer.action]
        self._timers.append(timer)
        return timer

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers = []
        if self._look:
            self._look.cancel()


def _memory_file(content: bytes) -> int:
    """An anonymous file with this content, at its start, and none of the child's numbers."""
    descriptor = os.memfd_create("script", os.MFD_CLOEXEC)
    if descriptor == command.SCRIPT_FD:
        descriptor = processes.above_standard(descriptor)
    written = 0
    while written < len(content):
        written += os.pwrite(descriptor, memoryview(content)[written:], written)
    return descriptor


def _drop(frame: Message) -> None:
    """What becomes of frames while nobody listens."""


def _nothing() -> None:
    """Only wakes the loop."""
