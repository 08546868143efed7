"""What is wrong with a provider is said by its test, by plan and by a job that waits for it."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from pathlib import Path

import pytest

from hodei.adapters.kubernetes.factory import FACTORY
from hodei.engine.providers import ProviderConfig
from tests.support.certificates import Authority
from tests.unit.engine.world import World, spec
from tests.unit.kubernetes.whole_api import (
    HERE,
    NODES,
    RULES,
    Answers,
    kubeconfig,
    refusal,
    rights,
    whole_api,
)

READS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}


async def reasons(settings: Mapping[str, object]) -> set[str]:
    """What the test, the plan and a job that waits say of a provider with these settings."""
    world = World()
    world.factories = {"kubernetes": FACTORY}
    await world.add_replica()
    try:
        config = ProviderConfig(name="k8s", type="kubernetes", settings=settings)
        await world.engine.providers.create(config, actor="ann")
        health = await world.engine.providers.test("k8s")
        plan = await world.engine.explainer.plan(spec())
        job = await world.submit()
        await world.sweep()
        waits = await world.engine.explainer.explain(job.id)
        assert world.attempts(job.id) == []
    finally:
        await world.engine.registry.close()
        await world.close()
    start = "provider 'k8s' is not healthy: "
    assert not health.ok
    assert plan.provider_id is None
    return {health.reason, *(text.partition(start)[2] for text in (plan.reason, waits.reason))}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("clusters: [", "the kubeconfig is no YAML in line 1"),
        ("{}", "the kubeconfig has no current-context; name one as context"),
        (kubeconfig("ftp://x"), "the kubeconfig's server 'ftp://x' is no https address"),
        (
            kubeconfig("http://127.0.0.1:1"),
            "the API server http://127.0.0.1:1 does not answer: nobody listens there",
        ),
    ],
)
async def test_no_cluster_behind_it(content: str, says: str) -> None:
    assert await reasons({"kubeconfig": content}) == {says}


async def test_a_foreign_cluster(tmp_path: Path) -> None:
    mine, foreign = Authority("mine"), Authority("foreign")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*foreign.issue().write(tmp_path, "server"))
    async with whole_api({}, tls) as url:
        (said,) = await reasons({"kubeconfig": kubeconfig(url, **authority(mine))})
        assert said.startswith(f"the API server {url} does not answer: its certificate is not be")
        assert "check certificate-authority-data and the server's address" in said


def authority(of: Authority) -> Mapping[str, str]:
    return {"certificate-authority-data": base64.b64encode(of.pem).decode()}


@pytest.mark.parametrize(
    ("answers", "settings", "says"),
    [
        (
            {f"GET {HERE}": refusal(404, 'namespaces "jobs" not found')},
            {},
            "there is no namespace 'jobs'",
        ),
        (
            {f"POST {RULES}": rights(READS)},
            {},
            "these rights are missing in namespace 'jobs': create pods, delete pods, "
            "create secrets, update secrets, delete secrets",
        ),
        (
            {},
            {"image_pull_secrets": ["registry"]},
            "there is no image pull secret 'registry' in namespace 'jobs'",
        ),
        (
            {f"GET {NODES}": (200, {"items": []})},
            {"node_selector": {"pool": "none"}},
            "no node carries the labels of node_selector: pool=none",
        ),
        (
            {
                f"POST {HERE}/pods": refusal(
                    403, 'pods "x" is forbidden: exceeded quota: small, used: pods=3'
                )
            },
            {},
            "the cluster does not take a pod of this provider: "
            'pods "x" is forbidden: exceeded quota: small, used: pods=3',
        ),
        (
            {"GET /version": refusal(401, "Unauthorized")},
            {},
            "the cluster does not say its version: Unauthorized; "
            "the credentials are wrong or have ended",
        ),
    ],
)
async def test_a_cluster_that_takes_no_pod(
    answers: Answers, settings: Mapping[str, object], says: str
) -> None:
    async with whole_api(answers) as url:
        assert await reasons({"kubeconfig": kubeconfig(url), **settings}) == {says}
