"""A provider that is well is asked little again, and what goes wrong is still found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic
from typing import Any
from uuid import UUID

import pytest

from hodei.adapters.kubernetes import provider as module
from hodei.adapters.kubernetes.factory import FACTORY
from hodei.domain.provider import Health
from hodei.ports.provider import Provider, ProviderContext, Rechecks
from tests.unit.kubernetes.whole_api import (
    HERE,
    NODES,
    RULES,
    WELL,
    kubeconfig,
    refusal,
    rights,
    whole_api,
)

SHOWN = f"POST {HERE}/pods"
BLUE = "/api/v1/namespaces/blue"
FULL_QUOTA = refusal(403, 'pods "x" is forbidden: exceeded quota: small, used: pods=3')


class Asked:
    """A provider, and the API server behind it."""

    def __init__(self, provider: Provider, answers: dict[str, Any], asked: list[str]) -> None:
        self.provider = provider
        self.answers = answers
        self._asked = asked

    async def check(self) -> tuple[Health, list[str]]:
        """What a check says, and what it asks."""
        self._asked.clear()
        return await self.provider.check(), list(self._asked)

    async def recheck(self) -> tuple[Health, list[str]]:
        """The same of the check that is made all the time."""
        assert isinstance(self.provider, Rechecks)
        self._asked.clear()
        return await self.provider.recheck(), list(self._asked)


@asynccontextmanager
async def asked_of(answers: dict[str, Any], **settings: Any) -> AsyncIterator[Asked]:
    asked: list[str] = []
    async with whole_api(answers, asked=asked) as url:
        context = ProviderContext(
            installation_id="i",
            provider_id=UUID(int=1),
            name="k8s",
            data_dir="/nowhere",
            agent_command=(),
        )
        values = {"kubeconfig": kubeconfig(url), **settings}
        async with FACTORY.create(values, context) as provider:
            yield Asked(provider, answers, asked)


async def test_what_is_well_is_only_shown_a_pod() -> None:
    async with asked_of({}) as it:
        first, everything = await it.recheck()
        assert sorted(everything) == sorted(WELL)
        again, little = await it.recheck()
        assert little == [SHOWN]
        assert replace(again, checked_at=first.checked_at) == first
        # Who asks for a check gets all of it.
        assert (await it.check())[1] == everything


async def test_a_pod_that_is_not_taken_any_more_is_looked_into() -> None:
    async with asked_of({}) as it:
        await it.check()
        it.answers[SHOWN] = FULL_QUOTA
        found, asked = await it.recheck()
        assert "exceeded quota: small" in found.reason
        assert len(asked) == 1 + len(WELL)
        # Until it is well again, all is asked each time.
        it.answers[f"GET {NODES}"] = (200, {"items": []})
        found, asked = await it.recheck()
        assert found.reason == "the cluster has no nodes"
        assert len(asked) == len(WELL) - 1
        it.answers.clear()
        assert (await it.recheck())[0].ok
        assert (await it.recheck())[1] == [SHOWN]


async def test_after_a_minute_all_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with asked_of({}) as it:
        await it.check()
        it.answers[f"POST {RULES}"] = rights()
        assert (await it.recheck())[0].ok
        monkeypatch.setattr(module, "monotonic", lambda: monotonic() + module.EXAMINE_EVERY_S)
        assert "these rights are missing" in (await it.recheck())[0].reason


async def test_a_project_that_has_no_namespace_is_asked_about_each_time() -> None:
    async with asked_of({}, project_namespaces={"blue": "blue"}) as it:
        assert (await it.check())[0].details["namespace_blue"] == "there is no namespace 'blue'"
        it.answers |= {
            f"GET {BLUE}": (200, {"metadata": {"name": "blue"}}),
            f"POST {BLUE}/pods": (201, {"metadata": {"uid": "u"}}),
        }
        assert (await it.recheck())[0].details["namespace_blue"] == "ready"
        assert (await it.recheck())[1] == [SHOWN, f"POST {BLUE}/pods"]


async def test_a_server_that_went_away() -> None:
    async with asked_of({}) as it:
        await it.check()
        it.answers |= dict.fromkeys((SHOWN, "GET /version"), refusal(401, "Unauthorized"))
        assert "the credentials are wrong or have ended" in (await it.recheck())[0].reason
