"""What is wrong with a provider: its test, a plan and the page of a job say the same of a real
cluster, and no pod is tried."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
import yaml

from hodei.wire.gen import providers_pb2, scheduler_pb2
from tests.kubernetes.jobs.yard import Yard, configured, job
from tests.support.certificates import Authority
from tests.support.kubernetes import namespace
from tests.support.kubernetes_limits import full_quota, token
from tests.support.observer import CANCELLED, Observer
from tests.support.processes import until_told


async def all_say(yard: Yard, observer: Observer, words: str, **settings: object) -> None:
    """All three, with these settings."""
    async with configured(yard, observer, **settings):
        await until_told(lambda: is_said(observer, words), what=f"the test says {words!r}")
        request = scheduler_pb2.PlanJobRequest(spec=job("shell", "true"))
        plan = await (await observer.scheduler()).PlanJob(request)
        assert (plan.provider, words in plan.reason) == ("", True), plan
        job_id = await observer.submit(job("shell", "true"))

        async def page_says() -> bool:
            return words in await observer.reason(job_id)

        await until_told(page_says, what=f"the page of the job says {words!r}")
        await observer.cancel(job_id)
        done = await observer.finished(job_id)
        assert (done.state, len(done.attempts)) == (CANCELLED, 0), done


async def is_said(observer: Observer, words: str) -> bool:
    request = providers_pb2.TestProviderRequest(provider="kubernetes")
    health = await (await observer.providers()).TestProvider(request)
    return not health.ok and words in health.reason


def changed(
    yard: Yard,
    cluster: Mapping[str, object] | None = None,
    user: Mapping[str, object] | None = None,
) -> Mapping[str, object]:
    """Settings with the kubeconfig as text; its cluster has other fields, or its user others."""
    config: dict[str, Any] = yaml.safe_load(yard.cluster.kubeconfig.read_text("utf-8"))
    config["clusters"][0]["cluster"] |= cluster or {}
    if user is not None:
        config["users"][0]["user"] = user
    return {"kubeconfig_file": None, "kubeconfig": yaml.safe_dump(config)}


@asynccontextmanager
async def apart(yard: Yard) -> AsyncIterator[str]:
    with namespace(yard.cluster, f"test-{uuid4().hex[:8]}") as place:
        yield place


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"kubeconfig_file": None, "kubeconfig": "clusters: ["},
            "the kubeconfig is no YAML in line 1",
        ),
        ({"image_pull_secrets": ["none"]}, "there is no image pull secret 'none' in namespace"),
        (
            {"node_selector": {"pool": "none"}},
            "no node carries the labels of node_selector: pool=none",
        ),
    ],
)
async def test_settings_that_fit_no_cluster(
    yard: Yard, observer: Observer, settings: dict[str, object], words: str
) -> None:
    await all_say(yard, observer, words, **settings)


async def test_a_cluster_that_is_not_there_or_foreign(yard: Yard, observer: Observer) -> None:
    nowhere = changed(yard, {"server": f"https://{yard.dead_registry}"})
    await all_say(yard, observer, "does not answer: nobody listens there", **nowhere)
    pem = base64.b64encode(Authority("another").pem).decode()
    foreign = changed(yard, {"certificate-authority-data": pem})
    await all_say(yard, observer, "its certificate is not believed", **foreign)


async def test_an_account_without_rights(yard: Yard, observer: Observer) -> None:
    async with apart(yard) as place:
        nobody = changed(yard, user={"token": await token(yard.cluster, place)})
        words = f"these rights are missing in namespace {place!r}: create pods, get pods"
        await all_say(yard, observer, words, **nobody, namespace=place)


async def test_a_namespace_over_its_quota(yard: Yard, observer: Observer) -> None:
    async with apart(yard) as place:
        await full_quota(yard.cluster, place)
        await all_say(yard, observer, "exceeded quota: none", namespace=place)
