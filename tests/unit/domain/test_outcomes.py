"""What each way to end reads like."""

from __future__ import annotations

import pytest

from hodei.domain import outcomes
from hodei.domain.outcome import Cause, Outcome

TABLE: list[tuple[Outcome, Cause, str, str]] = [
    (outcomes.exited(0), Cause.EXIT, "The process ended with exit code 0.", ""),
    (outcomes.exited(1), Cause.EXIT, "ended with exit code 1.", "last lines of the log"),
    (outcomes.exited(126), Cause.EXIT, "126: the command was found but could not", "executable"),
    (outcomes.exited(127), Cause.EXIT, "127: the command was not found.", "PATH"),
    (
        outcomes.exited(137),
        Cause.EXIT,
        "137: a program that it ran was ended by SIGKILL.",
        "memory_mb",
    ),
    (outcomes.exited(143), Cause.EXIT, "143: a program that it ran was ended by SIGTERM.", "stop"),
    (outcomes.exited(139), Cause.EXIT, "by SIGSEGV.", "fault in the program"),
    (outcomes.exited(255), Cause.EXIT, "exit code 255.", "log"),
    (outcomes.exited(-1), Cause.EXIT, "exit code -1.", "log"),
    (outcomes.killed(9), Cause.SIGNAL, "The process was ended by SIGKILL.", "memory_mb"),
    (outcomes.killed(2), Cause.SIGNAL, "by SIGINT.", "log"),
    (outcomes.killed(40), Cause.SIGNAL, "by signal 40.", "log"),
    (outcomes.out_of_memory(512), Cause.OOM, "more than its 512 MB of memory", "memory_mb to 768"),
    (outcomes.timed_out(300_000), Cause.TIMEOUT, "longer than its timeout of 5 m", "timeout_ms"),
    (
        outcomes.waited_too_long(60_000, "all 4 workers of provider 'local' are busy."),
        Cause.TIMEOUT,
        "queue timeout of 1 m and was never started. Last reason: all 4 workers of provider "
        "'local' are busy.",
        "queue_timeout_ms",
    ),
    (outcomes.waited_too_long(60_000), Cause.TIMEOUT, "was never started.", "capacity"),
    (outcomes.cancelled("ana", "wrong branch"), Cause.CANCELLED, "by ana: wrong branch.", ""),
    (outcomes.cancelled("", ""), Cause.CANCELLED, "The job was cancelled.", ""),
    (
        outcomes.lost("no word for 15 s", user_code_ran=True),
        Cause.LOST,
        "The worker was lost while the job was running: no word for 15 s.",
        "retries for 'lost'",
    ),
    (
        outcomes.lost("no word for 15 s", user_code_ran=None),
        Cause.LOST,
        "The worker was lost after the job was handed to it: no word for 15 s.",
        "It may have begun.",
    ),
    (outcomes.lost("", user_code_ran=False), Cause.LOST, "before the job started.", "not started"),
    (
        outcomes.image_unavailable("alpine:nope", "manifest unknown:\n  tag nope."),
        Cause.IMAGE,
        "The image 'alpine:nope' cannot be had: manifest unknown: tag nope.",
        "name and tag",
    ),
    (
        outcomes.provision_failed("local", "no space left on device"),
        Cause.PROVISION,
        "Provider 'local' could not make a worker: no space left on device.",
        "Test the provider",
    ),
    (
        outcomes.not_startable("node: not found in PATH", exit_code=127),
        Cause.SPEC,
        "The command could not be started: node: not found in PATH.",
        "PATH",
    ),
    (outcomes.not_startable(""), Cause.SPEC, "could not be started.", "Change the spec"),
]


@pytest.mark.parametrize(("outcome", "cause", "message", "suggestion"), TABLE)
def test_outcome(outcome: Outcome, cause: Cause, message: str, suggestion: str) -> None:
    assert outcome.cause is cause
    assert message in outcome.message
    assert suggestion in outcome.suggestion
    assert outcome.message.endswith(".")
    assert "\n" not in outcome.message
    assert bool(outcome.suggestion) is (cause is not Cause.CANCELLED and not outcome.succeeded)


def test_every_cause_has_a_builder() -> None:
    assert {cause for _, cause, _, _ in TABLE} == set(Cause)


def test_numbers_are_kept() -> None:
    assert outcomes.exited(3).exit_code == 3
    assert outcomes.killed(11).signal == 11
    assert outcomes.out_of_memory(64).signal == 9
    assert outcomes.not_startable("x", exit_code=126).exit_code == 126
    assert outcomes.exited(0).succeeded
    assert not outcomes.exited(1).succeeded


@pytest.mark.parametrize(
    ("limit", "wanted"), [(16, 64), (64, 128), (128, 192), (512, 768), (1000, 1536)]
)
def test_suggested_memory(limit: int, wanted: int) -> None:
    assert outcomes.suggested_memory_mb(limit) == wanted
    assert wanted >= limit * outcomes.MEMORY_GROWTH
