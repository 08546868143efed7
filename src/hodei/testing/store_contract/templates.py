"""Templates: versions by compare-and-set, lists, and how their jobs went."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from hodei.domain.job import JobState
from hodei.domain.origin import Origin, TemplateRef
from hodei.domain.project import Project
from hodei.domain.spec import SecretRef
from hodei.domain.templates.parameter import Parameter, ParameterType
from hodei.domain.templates.template import Draft, Template
from hodei.ports.store import Store
from hodei.ports.templates import TemplateFilter, TemplateUse
from hodei.testing.store_contract.rows import (
    FAILURE,
    SUCCESS,
    T0,
    after,
    bind,
    finish,
    new_job,
    save,
    start,
    submitted,
    unit_of,
)

PARAMETERS = (
    Parameter(
        name="city",
        type=ParameterType.STRING,
        label="Ciudad",
        default="Málaga",
        max_length=40,
        pattern="[^<>]+",
    ),
    Parameter(name="share", type=ParameterType.NUMBER, default=0.5, minimum=0, maximum=1),
    Parameter(name="how", type=ParameterType.CHOICE, choices=("one", "two"), required=True),
    Parameter(name="token", type=ParameterType.SECRET, default=SecretRef(secret="T")),
)
SPEC = {"command": "echo {{ city }}", "resources": {"cpu": "{{ share }}"}, "labels": {"a": "ñ"}}


def new_template(name: str = "report", *, project: str = "default", **fields: Any) -> Template:
    """A template that nobody has stored."""
    draft = Draft(name=name, description="Says where.", spec=SPEC, parameters=PARAMETERS)
    made = Template(
        id=uuid4(),
        project=project,
        draft=replace(draft, **fields),
        version=1,
        created_at=T0,
        created_by="ana",
        updated_at=T0,
        updated_by="ana",
    )
    return made


def following(template: Template, **fields: Any) -> Template:
    """The next version."""
    return replace(
        template,
        draft=replace(template.draft, **fields),
        version=template.version + 1,
        updated_at=after(60),
        updated_by="eva",
    )


async def names(store: Store, where: TemplateFilter) -> list[str]:
    """What a list shows."""
    return [row.name for row in await store.list_templates(where)]


async def run_of(store: Store, template: Template, seconds: int, outcome: object = None) -> UUID:
    """A job of the template, submitted so long after T0; finished 2 s after its start."""
    ref = TemplateRef(id=template.id, name=template.name, version=template.version)
    job = replace(new_job(at=after(seconds)), origin=Origin(template=ref))
    if outcome is None:
        await submitted(store, job)
        return job.id
    held = start(bind(job), at=after(seconds + 1))
    ended = finish(held, SUCCESS if outcome == "ok" else FAILURE, at=after(seconds + 3))
    await save(store, unit_of(ended))
    return job.id


class TemplateContract:
    """TemplateStore."""

    async def test_a_template_comes_back_by_id_and_by_name(
        self, store: Store, other_store: Store
    ) -> None:
        template = new_template(tags=("a", "b"))
        assert await store.put_template(template)
        assert await other_store.get_template(template.id) == template
        assert await other_store.find_template("default", "report") == template
        assert await store.find_template("web", "report") is None
        assert await store.get_template(uuid4()) is None

    async def test_versions_stay_and_the_newest_counts(self, store: Store) -> None:
        first = new_template()
        second = following(first, description="Now better.", spec={"command": "true"})
        third = following(second, name="renamed")
        for version in (first, second, third):
            assert await store.put_template(version)
        assert await store.get_template(first.id) == third
        assert await store.get_template(first.id, 1) == first
        assert await store.get_template(first.id, 2) == second
        assert await store.get_template(first.id, 4) is None
        assert await store.find_template("default", "report") is None
        rows = await store.template_versions(first.id)
        assert [(row.version, row.name, row.created_by) for row in rows] == [
            (3, "renamed", "eva"),
            (2, "report", "eva"),
            (1, "report", "ana"),
        ]
        assert [row.version for row in await store.template_versions(first.id, limit=1)] == [3]
        assert [row.version for row in await store.template_versions(first.id, below=3)] == [2, 1]

    async def test_only_one_of_two_changes_is_saved(self, store: Store, other_store: Store) -> None:
        template = new_template()
        assert await store.put_template(template)
        assert not await store.put_template(template)
        one, two = following(template), following(template, description="Other.")
        done = await asyncio.gather(store.put_template(one), other_store.put_template(two))
        assert sorted(done) == [False, True]
        assert await store.get_template(template.id) == (one if done[0] else two)

    async def test_names_are_unique_in_a_project(self, store: Store, other_store: Store) -> None:
        await store.put_project(Project(name="web", created_at=T0, updated_at=T0))
        first, second = new_template("one"), new_template("two")
        assert await store.put_template(first) and await store.put_template(second)
        assert not await store.put_template(new_template("one"))
        assert not await store.put_template(following(second, name="one"))
        assert await store.put_template(new_template("one", project="web"))
        assert not await store.put_template(new_template("one", project="nowhere"))
        raced = await asyncio.gather(
            store.put_template(new_template("new")), other_store.put_template(new_template("new"))
        )
        assert sorted(raced) == [False, True]

    async def test_lists_are_filtered_and_in_order_of_their_names(self, store: Store) -> None:
        await store.put_project(Project(name="web", created_at=T0, updated_at=T0))
        for template in (
            new_template("b", tags=("x",)),
            new_template("a", project="web", description="Ñandú 100%"),
            new_template("a"),
            new_template("Z", tags=("x", "y")),
        ):
            assert await store.put_template(template)
        assert await names(store, TemplateFilter()) == ["Z", "a", "a", "b"]
        assert await names(store, TemplateFilter(project="web")) == ["a"]
        assert await names(store, TemplateFilter(projects=frozenset({"default"}))) == [
            "Z",
            "a",
            "b",
        ]
        assert await names(store, TemplateFilter(projects=frozenset())) == []
        assert await names(store, TemplateFilter(tag="x")) == ["Z", "b"]
        assert await names(store, TemplateFilter(q="z")) == ["Z"]
        assert await names(store, TemplateFilter(q="ñANDÚ 100%")) == ["a"]
        first = await store.list_templates(TemplateFilter(), limit=2)
        place = (first[-1].name, first[-1].project)
        rest = await store.list_templates(TemplateFilter(), after=place)
        assert [(row.name, row.project) for row in rest] == [("a", "web"), ("b", "default")]
        assert first[0].parameters == PARAMETERS

    async def test_deleting_one_leaves_its_jobs_and_frees_its_name(self, store: Store) -> None:
        template = new_template()
        assert await store.put_template(template)
        job_id = await run_of(store, template, 0)
        assert not await store.delete_project("default")
        assert await store.delete_template(template.id)
        assert not await store.delete_template(template.id)
        assert list(await store.template_versions(template.id)) == []
        job = await store.get_job(job_id)
        assert job is not None and job.origin is not None and job.origin.template is not None
        assert job.origin.template.name == "report"
        assert await store.put_template(new_template())

    async def test_a_project_with_templates_is_not_deleted(self, store: Store) -> None:
        await store.put_project(Project(name="web", created_at=T0, updated_at=T0))
        template = new_template(project="web")
        assert await store.put_template(template)
        assert not await store.delete_project("web")
        assert await store.delete_template(template.id)
        assert await store.delete_project("web")

    async def test_use_counts_what_is_new_enough_and_tells_the_last_run(self, store: Store) -> None:
        template, unused = new_template(), new_template("unused")
        assert await store.put_template(template)
        await run_of(store, template, 0, "ok")
        await run_of(store, template, 100, "ok")
        await run_of(store, template, 110, "bad")
        last = await run_of(store, template, 120)
        use = await store.template_use([template.id, unused.id], since=after(100))
        assert use == {
            template.id: TemplateUse(
                last_job_id=last,
                last_state=JobState.PENDING,
                last_at=after(120),
                runs=3,
                succeeded=1,
                judged=2,
                avg_ms=2000,
            ),
            unused.id: TemplateUse(),
        }

    async def test_runs_by_stretches_of_time_and_by_version(self, store: Store) -> None:
        template = new_template()
        second = following(template)
        assert await store.put_template(template) and await store.put_template(second)
        await run_of(store, template, 5, "ok")
        await run_of(store, second, 25, "bad")
        await run_of(store, second, 39)
        await run_of(store, second, 40)
        stats = await store.template_runs(template.id, start=T0, end=after(40), buckets=4)
        assert [bucket.runs for bucket in stats.series] == [1, 0, 1, 1]
        assert [bucket.start for bucket in stats.series] == [after(n) for n in (0, 10, 20, 30)]
        assert stats.series[2].states[JobState.FAILED] == 1
        assert stats.total.runs == 3
        assert stats.total.states[JobState.PENDING] == 1
        assert (stats.total.avg_ms, stats.total.p50_ms, stats.total.p95_ms) == (2000, 2000, 2000)
        assert stats.series[1].avg_ms is None
        newer = await store.template_runs(
            template.id, version=2, start=T0, end=after(40), buckets=1
        )
        assert newer.total.runs == 2
        nothing = await store.template_runs(uuid4(), start=T0, end=after(40), buckets=2)
        assert [bucket.runs for bucket in nothing.series] == [0, 0]
