"""Projects, what their jobs use, and quotas that no binding exceeds."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hodei.domain.access.roles import Role
from hodei.domain.job import Job
from hodei.domain.placement import placement_class
from hodei.domain.project import Keeping, Project, Quota, Use, class_key, project_key
from hodei.domain.sign_in import digest_of
from hodei.domain.spec import Resources
from hodei.ports.store import Held, Store, Unit, Verdict
from hodei.testing.store_contract.rows import (
    T0,
    after,
    bind,
    finish,
    new_job,
    new_spec,
    save,
    stored,
    submitted,
)
from hodei.testing.store_contract.secrets import TOKEN
from hodei.testing.store_contract.users import ANA, BO, sign_in_of, token_of

WEB = Project(
    name="web",
    description="the site",
    quota=Quota(running_jobs=2, cpu=2.5, memory_mb=4096),
    retention=Keeping(job_days=7, log_days=1),
    created_at=T0,
    updated_at=T0,
)


def _job(project: str = "web", *, cpu: float = 1.0, memory_mb: int = 512) -> Job:
    spec = new_spec(project=project)
    return new_job(replace(spec, resources=Resources(cpu=cpu, memory_mb=memory_mb)))


def _within(held: Held) -> Unit:
    return Unit(
        jobs=(held.job,),
        attempts=(held.attempt,),
        workers=(held.worker,),
        within=held.job.spec.project,
    )


class ProjectContract:
    """ProjectStore, and what quotas do to claims and commits."""

    async def test_default_is_always_there(self, store: Store) -> None:
        [default] = await store.list_projects()
        assert (default.name, default.version) == ("default", 1)
        assert not default.quota.limited

    async def test_a_project_is_saved_by_its_version(
        self, store: Store, other_store: Store
    ) -> None:
        assert await store.put_project(WEB)
        assert not await store.put_project(WEB)
        assert await other_store.get_project("web") == replace(WEB, version=1)
        plain = Project(name="web", version=1, created_at=after(5), updated_at=after(5))
        assert await store.put_project(plain)
        assert not await store.put_project(plain)
        kept = replace(plain, version=2, created_at=T0)
        assert await store.get_project("web") == kept
        assert [each.name for each in await store.list_projects()] == ["default", "web"]
        assert await store.get_project("none") is None

    async def test_what_has_jobs_or_secrets_cannot_be_deleted(self, store: Store) -> None:
        for name in ("web", "vault", "bare"):
            await store.put_project(replace(WEB, name=name))
        await submitted(store, _job("web"))
        await store.put_secret(replace(TOKEN, project="vault"))
        done = [await store.delete_project(name) for name in ("web", "vault", "bare", "none")]
        assert done == [False, False, True, False]
        assert [each.name for each in await store.list_projects()] == ["default", "vault", "web"]

    async def test_roles_and_tokens_end_with_their_project(
        self, store: Store, other_store: Store
    ) -> None:
        for user in (ANA, BO):
            await store.add_user(user)
        bound, free = token_of(BO, "bound"), replace(token_of(BO, "free"), project=None)
        for token in (bound, free):
            await store.add_token(token, most=9)
        await store.add_sign_in(sign_in_of(BO, "bound", token=bound))
        await store.add_sign_in(sign_in_of(BO, "free", token=free))
        await store.put_project(WEB)
        await submitted(store, _job("other"))
        assert not await store.delete_project("none")
        assert await store.get_user("bo") == replace(BO, version=1)
        assert await store.delete_project("web")
        left = replace(BO, roles={"default": Role.VIEWER}, version=2)
        assert await other_store.get_user("bo") == left
        assert [one.name for one in await other_store.list_tokens(BO.id)] == ["free"]
        assert await store.find_sign_in(digest_of("bound"), T0) is None
        assert await store.find_sign_in(digest_of("free"), T0) is not None
        assert await store.get_user("ana") == replace(ANA, version=1)

    async def test_use_is_what_jobs_on_workers_ask_for(self, store: Store) -> None:
        assert dict(await store.project_use()) == {}
        first, second, _ = await submitted(
            store, _job(cpu=0.5), _job(cpu=2, memory_mb=1024), _job("other")
        )
        await stored(store, bind(first))
        held = await stored(store, bind(second))
        used = Use(running_jobs=2, cpu=2.5, memory_mb=1536)
        assert dict(await store.project_use(["web", "none"])) == {"web": used}
        await stored(store, finish(held, at=after(9)))
        left = Use(running_jobs=1, cpu=0.5, memory_mb=512)
        assert dict(await store.project_use()) == {"web": left}
        assert dict(await store.project_use([])) == {}

    async def test_claims_pass_over_projects_and_classes_of_a_project(self, store: Store) -> None:
        small, large, other = _job(), _job(memory_mb=1024), _job("other")
        await submitted(store, small, large, other)

        async def claimed(*blocked: str) -> set[object]:
            jobs = await store.claim("r", limit=9, lease_s=60, blocked=list(blocked))
            ids = [job.id for job in jobs]
            await store.unclaim("r", ids)
            return set(ids)

        kind = placement_class(small.spec)
        assert await claimed(project_key("web")) == {other.id}
        assert await claimed(class_key("web", kind)) == {large.id, other.id}
        assert await claimed(kind, project_key("none")) == {large.id}

    async def test_the_reason_of_a_project_is_shown_before_that_of_a_class(
        self, store: Store
    ) -> None:
        job, other = await submitted(store, _job(), _job("other"))
        kind = placement_class(job.spec)
        reasons = {kind: "class", project_key("web"): "web", class_key("web", kind): "both"}
        await store.set_blocked(reasons)

        async def shown() -> tuple[str, str]:
            page = await store.queue()
            entry = await store.queue_entry(job.id)
            by_id = {each.job_id: each.reason for each in page.items}
            assert entry is not None
            assert entry.reason == by_id[job.id]
            return entry.reason, by_id[other.id]

        assert await shown() == ("both", "class")
        await store.set_blocked({class_key("web", kind): ""})
        assert await shown() == ("web", "class")
        await store.set_blocked({project_key("web"): ""})
        assert await shown() == ("class", "class")

    async def test_no_binding_goes_beyond_a_quota(self, store: Store) -> None:
        await store.put_project(WEB)
        jobs = await submitted(store, *(_job(cpu=cpu) for cpu in (0.5, 2.1, 1, 1)), _job("other"))
        bound = [bind(job) for job in jobs]
        units = [_within(held) for held in bound]
        verdicts = await store.commit(units)
        # The sum is taken in the order of the units; a refused one may count against the next.
        assert verdicts[0] == verdicts[4] == Verdict.SAVED
        assert verdicts[1] == Verdict.FULL
        again = [(await store.commit([unit]))[0] for unit in units[1:4]]
        assert again.count(Verdict.SAVED) == 1 - verdicts[2:4].count(Verdict.SAVED)
        use = (await store.project_use())["web"]
        assert WEB.quota.allows(use)
        assert use.running_jobs == 2
        first = await store.held(bound[0].attempt.id)
        assert first is not None
        await stored(store, finish(first, at=after(9)))
        assert await store.commit([units[1]]) == [Verdict.FULL]

    async def test_two_stores_at_the_same_moment_keep_it_too(
        self, store: Store, other_store: Store
    ) -> None:
        await store.put_project(replace(WEB, quota=Quota(running_jobs=3)))
        jobs = await submitted(store, *(_job() for _ in range(12)))
        saves = [
            (store, other_store)[number % 2].commit([_within(bind(job))])
            for number, job in enumerate(jobs)
        ]
        verdicts = [verdict for [verdict] in await asyncio.gather(*saves)]
        assert verdicts.count(Verdict.SAVED) == 3
        assert verdicts.count(Verdict.FULL) == 9
        assert (await store.project_use())["web"].running_jobs == 3

    async def test_without_a_quota_nothing_is_refused(self, store: Store) -> None:
        await store.put_project(replace(WEB, quota=Quota()))
        jobs = await submitted(store, _job(cpu=16), _job("unknown"))
        await save(store, *(_within(bind(job)) for job in jobs))
