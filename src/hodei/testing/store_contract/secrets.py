"""Named secrets, and sealed values in jobs."""

from __future__ import annotations

from dataclasses import replace

from hodei.domain.job import Job
from hodei.domain.secret import Secret
from hodei.domain.spec import SealedText, SecretRef
from hodei.ports.store import Store
from hodei.testing.store_contract.rows import T0, after, new_job, new_spec, submitted

TOKEN = Secret(
    project="default",
    name="TOKEN",
    version=1,
    sealed="v2.a.one",
    created_at=T0,
    updated_at=T0,
    updated_by="ana",
)


def _job(**sealed: str) -> Job:
    env = {name: SealedText(sealed=text) for name, text in sealed.items()}
    return new_job(replace(new_spec(), env={**env, "PLAIN": "v1.x", "REF": SecretRef(secret="S")}))


class SecretContract:
    """SecretStore."""

    async def test_a_secret_is_found_by_project_and_name(
        self, store: Store, other_store: Store
    ) -> None:
        other = replace(TOKEN, project="web")
        for secret in (other, TOKEN, replace(TOKEN, name="A.b-c")):
            assert await store.put_secret(secret)
        assert list(await other_store.find_secrets("default", ["TOKEN", "NONE"])) == [TOKEN]
        names = [(each.project, each.name) for each in await store.list_secrets()]
        assert names == [("default", "A.b-c"), ("default", "TOKEN"), ("web", "TOKEN")]
        assert list(await store.list_secrets("web")) == [other]
        assert list(await store.list_secrets("none")) == []

    async def test_only_the_next_version_is_stored(self, store: Store) -> None:
        second = replace(TOKEN, version=2, sealed="v2.a.two", updated_at=after(9), updated_by="bo")
        assert not await store.put_secret(second)
        assert await store.put_secret(TOKEN)
        assert not await store.put_secret(TOKEN)
        await store.use_secrets("default", ["TOKEN"], after(5))
        assert await store.put_secret(replace(second, created_at=after(9)))
        assert not await store.put_secret(second)
        assert list(await store.list_secrets()) == [replace(second, last_used_at=after(5))]

    async def test_use_is_noted_and_never_goes_back(self, store: Store) -> None:
        await store.put_secret(TOKEN)
        for at in (after(5), after(3)):
            await store.use_secrets("default", ["TOKEN", "NONE"], at)
            [found] = await store.find_secrets("default", ["TOKEN"])
            assert found.last_used_at == after(5)

    async def test_a_deleted_secret_is_gone(self, store: Store) -> None:
        await store.put_secret(TOKEN)
        assert await store.delete_secret("default", "TOKEN")
        assert not await store.delete_secret("default", "TOKEN")
        assert list(await store.list_secrets()) == []
        assert await store.put_secret(TOKEN)

    async def test_another_seal_does_not_undo_what_was_set_meanwhile(self, store: Store) -> None:
        await store.put_secret(TOKEN)
        assert await store.reseal_secret(TOKEN, "v2.b.one")
        assert not await store.reseal_secret(TOKEN, "v2.c.one")
        [now] = await store.list_secrets()
        assert now == replace(TOKEN, sealed="v2.b.one")
        await store.put_secret(replace(TOKEN, version=2, sealed="v2.a.two"))
        assert not await store.reseal_secret(now, "v2.b.one")

    async def test_jobs_are_found_by_what_seals_their_values(self, store: Store) -> None:
        old, new, mixed, plain = await submitted(
            store, _job(A="v1.x"), _job(A="v2.b.x"), _job(A="v2.b.x", B="v2.a.y"), _job()
        )
        found = await store.sealed_jobs(without="v2.b.")
        assert {job.job_id: job.sealed for job in found} == {
            old.id: {"A": "v1.x"},
            mixed.id: {"A": "v2.b.x", "B": "v2.a.y"},
        }
        assert {job.project for job in found} == {"default"}
        [first] = await store.sealed_jobs(without="v2.b.", limit=1)
        [second] = await store.sealed_jobs(without="v2.b.", after=first.job_id)
        assert [first, second] == list(found)
        assert new.id != plain.id

    async def test_values_in_jobs_are_sealed_anew(self, store: Store) -> None:
        [job] = await submitted(store, _job(A="v1.x", B="v1.y"))
        [sealed] = await store.sealed_jobs(without="v2.")
        assert await store.reseal_job(sealed, {"A": "v2.b.x", "B": "v2.b.y"})
        assert not await store.reseal_job(sealed, {"A": "v2.c.x"})
        assert list(await store.sealed_jobs(without="v2.b.")) == []
        again = await store.get_job(job.id)
        assert again is not None
        env = {"A": SealedText(sealed="v2.b.x"), "B": SealedText(sealed="v2.b.y")}
        assert again.spec.env == {**job.spec.env, **env}
        assert again.version == job.version
