"""Builds the outcome of an attempt from facts: what happened, and what a person can change.

Every cause has one builder, so that the same fact reads the same in every interface.
"""

from __future__ import annotations

from collections.abc import Mapping

from hodei.domain.outcome import Cause, Outcome
from hodei.domain.units import format_duration

MEMORY_GROWTH = 1.5
"""How much more memory is suggested after an out-of-memory."""
_MEMORY_STEP_MB = 64
_SIGNAL_BASE = 128

SIGNALS: Mapping[int, str] = {
    1: "HUP",
    2: "INT",
    3: "QUIT",
    4: "ILL",
    5: "TRAP",
    6: "ABRT",
    7: "BUS",
    8: "FPE",
    9: "KILL",
    10: "USR1",
    11: "SEGV",
    12: "USR2",
    13: "PIPE",
    14: "ALRM",
    15: "TERM",
    16: "STKFLT",
    17: "CHLD",
    18: "CONT",
    19: "STOP",
    20: "TSTP",
    21: "TTIN",
    22: "TTOU",
    23: "URG",
    24: "XCPU",
    25: "XFSZ",
    26: "VTALRM",
    27: "PROF",
    28: "WINCH",
    29: "IO",
    30: "PWR",
    31: "SYS",
}
"""Linux signal numbers, as every supported architecture numbers them."""

_CODES: Mapping[int, tuple[str, str]] = {
    126: (
        "the command was found but could not be executed",
        "Make the file executable and check that it is built for the worker's architecture.",
    ),
    127: (
        "the command was not found",
        "Check the spelling, the PATH and that the image contains the program.",
    ),
}
_BY_SIGNAL: Mapping[int, tuple[str, str]] = {
    6: ("", "The program aborted itself; its last lines of output usually say why."),
    9: (
        "",
        "Something outside the program killed it; when memory is short, raise memory_mb.",
    ),
    11: ("", "The program accessed memory that it does not own; it is a fault in the program."),
    13: ("", "The program wrote to a pipe whose reader had gone."),
    15: ("", "Something asked the program to stop before it was done."),
    24: ("", "The program used more CPU time than its limit allows."),
    25: ("", "The program wrote a larger file than its limit allows."),
    31: ("", "The program made a system call that is not allowed here."),
}


def signal_name(number: int) -> str:
    """ "SIGKILL" for 9; "signal 40" for those without a name."""
    name = SIGNALS.get(number)
    return f"SIG{name}" if name else f"signal {number}"


def exited(code: int) -> Outcome:
    """The process ended by itself."""
    if code == 0:
        return Outcome(cause=Cause.EXIT, exit_code=0, message="The process ended with exit code 0.")
    message, suggestion = f"The process ended with exit code {code}", ""
    if code in _CODES:
        what, suggestion = _CODES[code]
        message += f": {what}"
    elif code - _SIGNAL_BASE in SIGNALS:
        number = code - _SIGNAL_BASE
        message += f": a program that it ran was ended by {signal_name(number)}"
        suggestion = _BY_SIGNAL.get(number, ("", ""))[1]
    return Outcome(
        cause=Cause.EXIT,
        exit_code=code,
        message=f"{message}.",
        suggestion=suggestion or "Read the last lines of the log.",
    )


def killed(signal: int) -> Outcome:
    """The process was ended by a signal that Hodei did not send."""
    return Outcome(
        cause=Cause.SIGNAL,
        signal=signal,
        message=f"The process was ended by {signal_name(signal)}.",
        suggestion=_BY_SIGNAL.get(signal, ("", ""))[1] or "Read the last lines of the log.",
    )


def out_of_memory(limit_mb: int, *, signal: int | None = 9) -> Outcome:
    """The kernel ended the process because the attempt used up its memory."""
    wanted = suggested_memory_mb(limit_mb)
    return Outcome(
        cause=Cause.OOM,
        signal=signal,
        message=f"The job used more than its {limit_mb} MB of memory and was ended.",
        suggestion=f"Set memory_mb to {wanted} or more, or let the program use less.",
    )


def suggested_memory_mb(limit_mb: int) -> int:
    """Half as much again, rounded up to a multiple of 64 MB."""
    return -int(-limit_mb * MEMORY_GROWTH // _MEMORY_STEP_MB) * _MEMORY_STEP_MB


def timed_out(limit_ms: int) -> Outcome:
    """The run timeout passed and no process is left."""
    return Outcome(
        cause=Cause.TIMEOUT,
        message=f"The job ran longer than its timeout of {format_duration(limit_ms)} "
        "and was ended.",
        suggestion="Raise timeout_ms if the work needs longer.",
    )


def waited_too_long(limit_ms: int, reason: str = "") -> Outcome:
    """The queue timeout passed before the job started; `reason` is why it waited."""
    why = f" Last reason: {_clause(reason)}." if reason else ""
    return Outcome(
        cause=Cause.TIMEOUT,
        message=f"The job waited longer than its queue timeout of {format_duration(limit_ms)} "
        f"and was never started.{why}",
        suggestion="Raise queue_timeout_ms, raise the priority, or add capacity.",
    )


def cancelled(by: str, reason: str = "") -> Outcome:
    """A person, or a rule, cancelled the job and no process is left."""
    who = f" by {by}" if by else ""
    why = f": {_clause(reason)}" if reason else ""
    return Outcome(cause=Cause.CANCELLED, message=f"The job was cancelled{who}{why}.")


def lost(reason: str, *, user_code_ran: bool | None) -> Outcome:
    """The worker, or the contact to it, is gone for good. `user_code_ran`: None, when the job was
    handed over and nothing was heard of it since."""
    when, suggestion = _LOST[user_code_ran]
    why = f": {_clause(reason)}" if reason else ""
    return Outcome(
        cause=Cause.LOST, message=f"The worker was lost {when}{why}.", suggestion=suggestion
    )


_AGAIN = "Run the job again; allow retries for 'lost' if it can safely run twice."
_LOST: Mapping[bool | None, tuple[str, str]] = {
    True: ("while the job was running", _AGAIN),
    None: ("after the job was handed to it", f"It may have begun. {_AGAIN}"),
    False: ("before the job started", "Run the job again; it had not started."),
}


def image_unavailable(image: str, registry_words: str) -> Outcome:
    """The image cannot be had, in the registry's or the runtime's own words."""
    why = f": {_clause(registry_words)}" if registry_words else ""
    return Outcome(
        cause=Cause.IMAGE,
        message=f"The image {image!r} cannot be had{why}.",
        suggestion="Check the name and tag, that it is built for the worker's architecture, "
        "and the right to pull it.",
    )


def provision_failed(provider: str, words: str) -> Outcome:
    """The provider made no worker."""
    why = f": {_clause(words)}" if words else ""
    return Outcome(
        cause=Cause.PROVISION,
        message=f"Provider {provider!r} could not make a worker{why}.",
        suggestion="Test the provider, or choose another one.",
    )


def not_startable(words: str, *, exit_code: int | None = None) -> Outcome:
    """The command cannot be started as specified (no interpreter, no such directory)."""
    why = f": {_clause(words)}" if words else ""
    _, suggestion = _CODES.get(exit_code or 0, ("", ""))
    return Outcome(
        cause=Cause.SPEC,
        exit_code=exit_code,
        message=f"The command could not be started{why}.",
        suggestion=suggestion or "Change the spec as the message says and submit it again.",
    )


def _clause(words: str) -> str:
    """Somebody else's words, fit to end a sentence of ours."""
    return " ".join(words.split()).rstrip(".")
