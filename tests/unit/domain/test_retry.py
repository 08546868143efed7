"""Which attempts are repeated, when, and what is said about it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hodei.domain.outcome import Cause, Outcome
from hodei.domain.retry import FREE_REQUEUES, RetryDecision, backoff_ms, decide_retry
from hodei.domain.spec import Backoff, RetryCause, RetryPolicy

STEADY = Backoff(initial_ms=4_000, factor=2.0, max_ms=10_000, jitter=0.0)
THREE = RetryPolicy(max_attempts=3, backoff=STEADY)


def decide(
    cause: Cause,
    *,
    policy: RetryPolicy = THREE,
    counted: int = 1,
    ran: bool = True,
    free: int = 0,
    exit_code: int | None = None,
    signal: int | None = None,
    share: float = 1.0,
) -> RetryDecision:
    return decide_retry(
        policy,
        counted_attempts=counted,
        outcome=Outcome(cause=cause, exit_code=exit_code, signal=signal),
        user_code_ran=ran,
        free_requeues=free,
        random_share=share,
    )


def test_a_failure_is_repeated_after_the_back_off() -> None:
    assert decide(Cause.EXIT, counted=2, exit_code=1) == RetryDecision(
        again=True,
        delay_ms=8_000,
        reason="attempt 2 of 3 failed with exit code 1; next try in 8.0 s",
    )


@pytest.mark.parametrize(
    ("cause", "policy_cause", "words"),
    [
        (Cause.EXIT, RetryCause.FAILED, "failed with exit code None"),
        (Cause.SIGNAL, RetryCause.FAILED, "was ended by signal 9"),
        (Cause.OOM, RetryCause.OOM, "ran out of memory"),
        (Cause.TIMEOUT, RetryCause.TIMEOUT, "ran into its timeout"),
        (Cause.LOST, RetryCause.LOST, "lost its worker"),
        (Cause.PROVISION, RetryCause.PROVISION, "got no worker"),
    ],
)
def test_the_policy_names_causes(cause: Cause, policy_cause: RetryCause, words: str) -> None:
    only = RetryPolicy(max_attempts=3, backoff=STEADY, on=frozenset({policy_cause}))
    others = RetryPolicy(max_attempts=3, on=frozenset(RetryCause) - {policy_cause})
    yes = decide(cause, policy=only, signal=9)
    assert yes.reason == f"attempt 1 of 3 {words}; next try in 4.0 s"
    assert (yes.again, yes.free) == (True, False)
    no = decide(cause, policy=others, signal=9)
    assert not no.again
    assert no.reason.endswith(f"{words}; the retry policy does not cover '{policy_cause}'")


def test_attempts_run_out() -> None:
    last = decide(Cause.EXIT, counted=3, exit_code=2)
    assert not last.again
    assert last.reason == "attempt 3 of 3 failed with exit code 2; no attempt is left"
    only = decide(Cause.OOM, policy=RetryPolicy())
    assert only.reason == "attempt 1 of 1 ran out of memory; the job allows no retry"


@pytest.mark.parametrize("cause", [Cause.IMAGE, Cause.SPEC, Cause.CANCELLED])
@pytest.mark.parametrize("ran", [True, False])
def test_some_causes_are_never_repeated(cause: Cause, ran: bool) -> None:
    decision = decide(cause, ran=ran)
    assert (decision.again, decision.delay_ms, decision.free) == (False, 0, False)
    assert decision.reason


def test_success_is_not_repeated() -> None:
    assert decide(Cause.EXIT, exit_code=0).again is False


@pytest.mark.parametrize("cause", [Cause.PROVISION, Cause.LOST])
def test_attempts_without_user_code_are_free_a_few_times(cause: Cause) -> None:
    strict = RetryPolicy(max_attempts=1, on=frozenset())
    decisions = [decide(cause, policy=strict, ran=False, free=n) for n in range(FREE_REQUEUES + 1)]
    assert [d.again for d in decisions] == [True] * 5 + [False]
    assert [d.free for d in decisions] == [True] * 5 + [False]
    assert [d.delay_ms for d in decisions] == [1_000, 2_000, 4_000, 8_000, 16_000, 0]
    assert "next try in 1.0 s, not counted (1 of 5)" in decisions[0].reason


def test_the_policy_takes_over_when_the_free_ones_are_spent() -> None:
    decision = decide(Cause.PROVISION, ran=False, free=FREE_REQUEUES)
    assert (decision.again, decision.free) == (True, False)


def test_a_worker_lost_under_user_code_needs_the_policy() -> None:
    assert not decide(Cause.LOST, policy=RetryPolicy(), ran=True).again
    assert decide(Cause.LOST, ran=True).again


def test_a_failure_before_user_code_is_not_free() -> None:
    assert not decide(Cause.TIMEOUT, policy=RetryPolicy(), ran=False).again


def test_long_delays_are_told_in_minutes() -> None:
    hour = RetryPolicy(max_attempts=2, backoff=Backoff(initial_ms=3_725_500, max_ms=10**7))
    assert decide(Cause.EXIT, policy=hour).reason.endswith("next try in 1 h 2 m 5 s")


def test_jitter_is_a_share_of_the_wait() -> None:
    backoff = Backoff(initial_ms=1_000, factor=2, max_ms=100_000, jitter=0.25)
    assert [backoff_ms(backoff, 3, share) for share in (0.0, 0.5, 1.0)] == [3_000, 3_500, 4_000]


@settings(deadline=None)
@given(
    st.builds(
        Backoff,
        initial_ms=st.integers(0, 86_400_000),
        factor=st.floats(1, 10),
        max_ms=st.integers(0, 86_400_000),
        jitter=st.floats(0, 1),
    ),
    st.integers(1, 20),
    st.floats(0, 1),
)
def test_the_wait_stays_within_its_bounds(backoff: Backoff, failures: int, share: float) -> None:
    assert 0 <= backoff_ms(backoff, failures, share) <= backoff.max_ms
    assert backoff_ms(backoff, failures, share) <= backoff_ms(backoff, failures + 1, share)


@settings(deadline=None)
@given(st.sampled_from(Cause), st.booleans(), st.floats(0, 1), st.integers(1, 20))
def test_a_job_always_comes_to_an_end(cause: Cause, ran: bool, share: float, attempts: int) -> None:
    policy, counted, free, tries = RetryPolicy(max_attempts=attempts), 0, 0, 0
    again = True
    while again:
        tries += 1
        decision = decide(
            cause, policy=policy, counted=counted + 1, ran=ran, free=free, exit_code=1, share=share
        )
        again = decision.again
        counted += not decision.free
        free += decision.free
        if decision.free:
            assert 1_000 <= decision.delay_ms <= 30_000
    assert tries <= attempts + FREE_REQUEUES
