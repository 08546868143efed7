"""Calls of an API server that is busy, or does not believe in our token any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from hodei.adapters.kubernetes.api import MOST_TRIES, Api
from hodei.adapters.kubernetes.errors import ApiRefusal, provider_error
from hodei.adapters.kubernetes.kubeconfig import Access, Program
from hodei.domain.errors import (
    CapacityExhausted,
    ProviderUnavailable,
    SpecRejected,
)
from tests.unit.kubernetes.scripted_api import PODS, api_of, pod, scripted_api


async def test_it_waits_for_as_long_as_it_is_told_to() -> None:
    async with scripted_api() as script, api_of(script) as api:
        script.lists = [([pod("a", 1)], "7")]
        script.refusals = [(429, {"Retry-After": "0"})] * (MOST_TRIES - 1)
        assert await api.list(PODS, {}) == ([pod("a", 1)], "7")
        script.refusals = [(429, {"Retry-After": "0"})] * MOST_TRIES
        with pytest.raises(ApiRefusal, match="scripted 429"):
            await api.list(PODS, {})


async def test_a_token_that_ended_is_read_again(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    async with scripted_api() as script, api_of(script, token_file=str(token)) as api:
        script.lists = [([], "7")]
        await api.list(PODS, {})
        token.write_text("second\n")
        script.refusals = [(401, {})]
        await api.list(PODS, {})
        assert script.tokens == ["Bearer first", "Bearer first", "Bearer second"]
        # One that is not accepted either is no reason to ask for ever.
        script.refusals = [(401, {}), (401, {})]
        with pytest.raises(ApiRefusal, match="scripted 401"):
            await api.list(PODS, {})


async def test_a_program_prints_the_token(tmp_path: Path) -> None:
    count = tmp_path / "count"
    line = f'echo x >>{count}; echo "{{\\"status\\": {{\\"token\\": \\"t$(wc -l <{count})\\"}}}}"'
    program = Program(command="/bin/sh", arguments=("-c", line))
    async with scripted_api() as script, api_of(script, program=program) as api:
        script.lists = [([], "7")]
        await api.list(PODS, {})
        await api.list(PODS, {})
        script.refusals = [(401, {})]
        await api.list(PODS, {})
        assert script.tokens == ["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2"]


async def test_a_program_that_fails_says_why() -> None:
    program = Program(command="/bin/sh", arguments=("-c", "echo not today >&2; exit 3"))
    async with scripted_api() as script, api_of(script, program=program) as api:
        with pytest.raises(ProviderUnavailable, match=r"/bin/sh failed \(3\): not today"):
            await api.list(PODS, {})
        assert script.asked == []


async def test_nobody_listens() -> None:
    async with Api(Access(server="http://127.0.0.1:1")) as api:
        with pytest.raises(
            ProviderUnavailable, match=r"127\.0\.0\.1:1 does not answer: nobody listens"
        ):
            await api.get("/version")


def test_what_refusals_mean() -> None:
    quota = 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=3'
    assert isinstance(provider_error("make", ApiRefusal(403, quota)), CapacityExhausted)
    right = 'pods is forbidden: User "u" cannot create resource "pods" in API group ""'
    error = provider_error("make", ApiRefusal(403, right))
    assert isinstance(error, ProviderUnavailable)
    assert "grant the right to create pods" in str(error)
    assert isinstance(provider_error("make", ApiRefusal(422, "Invalid value")), SpecRejected)
    ending = "unable to create new content in namespace x because it is being terminated"
    assert isinstance(provider_error("make", ApiRefusal(403, ending)), ProviderUnavailable)
    assert "credentials are wrong" in str(provider_error("make", ApiRefusal(401, "Unauthorized")))
