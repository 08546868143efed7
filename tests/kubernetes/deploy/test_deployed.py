"""The chart on a real cluster: jobs from end to end, servers that go, rights, and tokens."""

from __future__ import annotations

from typing import Any

from hodei.adapters.kubernetes.checking import POLICY_RIGHTS, RIGHTS
from hodei.client.asynchronous import AsyncClient
from hodei.client.values import Job
from tests.kubernetes.deploy.account import (
    FOLDER,
    MOUNTED,
    counts,
    give_out,
    new_token,
    take_back,
)
from tests.kubernetes.deploy.release import JOBS, Release, helm, restarts, values
from tests.support.processes import until, until_told

STEPS = """
import sys
print("Processing data...")
for i in range(5):
    print(f"Step {i+1}/5 completed")
print("Done!")
"""
BATCHES = """
for i in $(seq 1 60); do
  echo "[$(date)] Processing batch $i/60..."
done
echo "All batches completed!"
"""
# Goes on until the test has seen what it wants to see.
COUNTS = """
i=0
until [ -e /over ]; do i=$((i+1)); echo $i; sleep 0.05; done
echo "over after $i"
"""


def spec(kind: str, script: str, image: str = "alpine:latest", **more: Any) -> dict[str, Any]:
    """A small job."""
    return {
        "name": "deployed",
        "image": image,
        "command": {"type": kind, "script": script},
        "resources": {"cpu": 0.1, "memory_mb": 128},
        "timeout_ms": 300_000,
        **more,
    }


async def finished(client: AsyncClient, job: Job) -> list[str]:
    """The lines of a job that has succeeded at its first attempt."""
    done = await client.wait(job, timeout=120)
    assert (done.state, done.attempts) == ("SUCCEEDED", 1), done
    return [line.text async for line in client.logs(job)]


async def test_the_examples_of_the_guide(release: Release, client: AsyncClient) -> None:
    hello, steps, batches, alone = [
        await client.submit(each)
        for each in (
            spec("shell", 'echo "Hello from Hodei!" && date'),
            spec("python", STEPS, image="python:3.11-slim"),
            spec("shell", BATCHES),
            spec("shell", "echo alone", network="none"),
        )
    ]
    first, *rest = await finished(client, hello)
    assert (first, len(rest)) == ("Hello from Hodei!", 1)
    assert await finished(client, steps) == [
        "Processing data...",
        *(f"Step {number}/5 completed" for number in range(1, 6)),
        "Done!",
    ]
    text = await finished(client, batches)
    assert (len(text), text[-1]) == (61, "All batches completed!")
    assert await finished(client, alone) == ["alone"]
    policies = f"/apis/networking.k8s.io/v1/namespaces/{JOBS}/networkpolicies"
    (policy,) = release.cluster.ask("GET", policies)["items"]
    assert policy["spec"]["podSelector"]["matchLabels"]["hodei.network"] == "none"
    await until(lambda: not release.traces(), what=lambda: f"gone: {release.traces()}")


class Counting:
    """A job that counts until it is told that it is over."""

    def __init__(self, release: Release, client: AsyncClient, job: Job) -> None:
        self._release = release
        self._client = client
        self._job = job

    async def goes_on(self) -> None:
        """Waits for a line that nobody has stored yet."""
        newest = 0
        async for line in self._client.logs(self._job, follow=False, from_line=-1):
            newest = line.n
        async for line in self._client.logs(self._job, from_line=newest + 1):
            assert line.n > newest
            return
        raise AssertionError(f"it ended: {await self._client.get(self._job)}")

    async def end(self) -> None:
        """Its log is whole, at its first attempt."""
        job = await self._client.get(self._job)
        selector = f"hodei.worker={job.tries[-1].worker_id}"
        (pod,) = self._release.cluster.items("pods", selector, JOBS)
        self._release.node.execute(pod, "touch", "/over")
        *numbers, last = await finished(self._client, self._job)
        assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
        assert last == f"over after {len(numbers)}"


async def counting(release: Release, client: AsyncClient) -> Counting:
    """One that runs."""
    job = await client.submit(spec("shell", COUNTS))
    async for _ in client.logs(job):
        break  # it has a worker
    made = Counting(release, client, job)
    await made.goes_on()
    return made


async def test_servers_that_go_take_nothing_along(release: Release, client: AsyncClient) -> None:
    first, second = await release.all_ready()
    job = await counting(release, client)
    # Whichever of them has the agent, it has to find the other one.
    release.node.kill(first)
    await release.started_again(first)
    await job.goes_on()
    await until(lambda: release.evicts(second), what="the budget lets one server go")
    await release.all_ready()
    await job.goes_on()
    await job.end()


async def test_probes_tell_what_is_so(release: Release, client: AsyncClient) -> None:
    before = await release.all_ready()
    release.database.stop("immediate")
    try:
        await until(lambda: not release.ready(), what=lambda: f"unready: {release.said()}")
        await until(
            lambda: not release.evicts(before[0], really=False), what="the budget lets nobody go"
        )
    finally:
        release.database.start()
    after = await release.all_ready()
    # A server without its database is of no use for a while, which starting it again mends not.
    assert [restarts(each) for each in after] == [restarts(each) for each in before]
    assert await finished(client, await client.submit(spec("shell", "echo back"))) == ["back"]


async def test_each_right_that_is_missing_is_named(release: Release, client: AsyncClient) -> None:
    whole = release.rules()
    wanted = (*RIGHTS, *POLICY_RIGHTS)
    try:
        for right in wanted:
            release.set_rules([rule_of(other) for other in wanted if other != right])
            group, resource, verb = right
            missing = f"{verb} {resource}" + (f" of {group}" if group else "")
            said = f"these rights are missing in namespace {JOBS!r}: {missing}"
            await answered(client, said)
    finally:
        release.set_rules(whole)
    await answered(client, "")


def rule_of(right: tuple[str, str, str]) -> dict[str, list[str]]:
    """What gives one right."""
    group, resource, verb = right
    return {"apiGroups": [group], "resources": [resource], "verbs": [verb]}


async def answered(client: AsyncClient, reason: str) -> None:
    """Waits until the provider is tested with this result: the cluster takes up rights a moment
    after it was told."""
    said: list[str] = []

    async def ask() -> bool:
        found = await client.test_provider("kubernetes")
        said[:] = [str(found["reason"])]
        return found["ok"] is not bool(reason) and said == [reason]

    await until_told(ask, what=lambda: f"{reason!r} and not {said}")


async def test_an_upgrade_and_new_tokens_under_a_job(release: Release, client: AsyncClient) -> None:
    job = await counting(release, client)
    old = new_token(release, "old")
    give_out(release, old)
    helm(release.cluster, "upgrade", {**values(release.node), **MOUNTED})
    servers = await release.all_ready()
    await job.goes_on()
    fresh = new_token(release, "fresh")
    give_out(release, fresh)
    await until(
        lambda: {release.node.execute(pod, "cat", f"{FOLDER}/token") for pod in servers} == {fresh},
        what="the new token is there",
    )
    take_back(release, "old")
    await until(lambda: not counts(release, old), what="the old token counts no more")
    assert counts(release, fresh)
    await answered(client, "")
    assert await finished(client, await client.submit(spec("shell", "echo new"))) == ["new"]
    await job.goes_on()
    await job.end()
