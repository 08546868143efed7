"""Named secrets: where they come from, and how they are sealed anew while servers run."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from hodei.adapters.security.sealing import SivSealer
from hodei.domain.audit import Entry, Interface
from hodei.domain.errors import Conflict, NotFound
from hodei.domain.outcome import Cause
from hodei.domain.project import Keeping
from hodei.domain.spec import SealedText, SecretRef, SecretText
from hodei.engine.core import Core
from hodei.engine.jobs import Submission
from hodei.engine.projects import ProjectConfig
from hodei.engine.provider_settings import (
    opened_settings,
    sealed_settings,
    with_stored_secrets,
    without_secrets,
)
from hodei.engine.secret_values import secret_values
from hodei.ports.audit import AuditFilter
from tests.unit.engine.world import World, quiet, spec, world

OLD, NEW = b"k" * 32, b"n" * 32
"""The first is the one that every world has."""


def _with_keys(w: World, *keys: bytes) -> Core:
    """What another server of the installation, with these keys, is given."""
    return replace(w.engine.core, sealer=SivSealer(*keys))


async def test_a_file_wins_and_cannot_be_set() -> None:
    async with world() as w:
        await w.engine.secrets.put("default", "KEY", "stored value", actor="ann")
        w.secrets.known["KEY"] = "mounted value"
        core = w.engine.core
        assert await secret_values(core, "default", ["KEY"]) == {"KEY": "mounted value"}
        [shown] = await w.engine.secrets.all("default")
        assert shown.version == 0
        with pytest.raises(Conflict, match="file of the server"):
            await w.engine.secrets.put("default", "KEY", "again", actor="ann")
        await w.engine.secrets.delete("default", "KEY")
        with pytest.raises(Conflict, match="remove it there"):
            await w.engine.secrets.delete("default", "KEY")


async def test_delivery_is_noted_for_each_attempt() -> None:
    async with world() as w:
        await w.engine.secrets.put("default", "KEY", "hush-hush-42", actor="ann")
        [before] = await w.engine.secrets.all()
        job, agent = await w.run_job(
            env={"K": SecretRef(secret="KEY"), "L": SecretRef(secret="KEY")}
        )
        assert agent.held is not None
        assert agent.held.order.secret_env == {"K": "hush-hush-42", "L": "hush-hush-42"}
        [after] = await w.engine.secrets.all()
        assert before.last_used_at is None
        assert after.last_used_at == w.clock.now()
        rows = [row for row in w.tables.audit if row.action == "secret.deliver"]
        assert [(row.target, row.project) for row in rows] == [("KEY", "default")]
        assert str(job.id) in rows[0].detail
        assert "hush" not in repr(w.tables.__dict__.get("secrets"))


async def test_all_values_are_sealed_anew_while_old_and_new_servers_run() -> None:
    async with world() as w:
        await w.engine.secrets.put("default", "KEY", "named value", actor="ann")
        env = {"A": SecretText(value="given value"), "B": SecretRef(secret="KEY")}
        submission = Submission(spec=spec(env=env), idempotency_key="once")
        job = await w.engine.jobs.submit(submission, actor="ann")
        # Both servers know both keys; the old one still seals with the old one.
        newer = _with_keys(w, NEW, OLD)
        w.engine.core = newer
        secrets = w.engine.secrets
        secrets._core = newer
        done = await secrets.rotate(actor="ann")
        assert (done.secrets, done.jobs, done.unreadable, done.cursor) == (1, 1, 0, None)
        assert (await secrets.rotate(actor="ann")).secrets == 0
        only_new = _with_keys(w, NEW)
        assert await secret_values(only_new, "default", ["KEY"]) == {"KEY": "named value"}
        with pytest.raises(NotFound):
            await secret_values(_with_keys(w, OLD), "default", ["KEY"])
        sealed = w.job(job.id).spec.env["A"]
        assert isinstance(sealed, SealedText)
        assert only_new.sealer.unseal(sealed.sealed, "default", "A") == "given value"
        # The same submission, sealed with another key by now, is still the same.
        w.engine.jobs._core = newer
        assert (await w.engine.jobs.submit(submission, actor="ann")).id == job.id
        await quiet()


async def test_a_value_that_no_key_opens_stays_and_fails_its_attempt() -> None:
    async with world() as w:
        await w.engine.secrets.put("default", "KEY", "named value", actor="ann")
        secrets = w.engine.secrets
        secrets._core = _with_keys(w, NEW)
        done = await secrets.rotate(actor="ann")
        assert (done.secrets, done.unreadable) == (0, 1)
        [stored] = w.tables.secrets.values()
        w.tables.secrets["default", "KEY"] = replace(
            stored, sealed=SivSealer(NEW).seal("x", *stored.place)
        )
        job = await w.submit(env={"K": SecretRef(secret="KEY")})
        await w.sweep()
        await w.pass_time(3)
        outcome = w.attempt(job.id).outcome
        assert outcome is not None
        assert outcome.cause is Cause.SPEC
        assert "key for the secret value" in outcome.message


async def test_a_sealed_value_cannot_be_moved() -> None:
    async with world() as w:
        for project in ("default", "web"):
            await w.engine.projects.put(project, ProjectConfig())
            await w.engine.secrets.put(project, "KEY", f"of {project}", actor="ann")
        mine, theirs = (w.tables.secrets[name, "KEY"] for name in ("default", "web"))
        w.tables.secrets["default", "KEY"] = replace(mine, sealed=theirs.sealed)
        with pytest.raises(NotFound):
            await secret_values(w.engine.core, "default", ["KEY"])


def test_hidden_settings_of_providers_lie_sealed_in_their_place() -> None:
    schema = {
        "properties": {
            "logins": {"type": "object", "writeOnly": True},
            "tls": {"properties": {"key": {"writeOnly": True}, "ca": {}}},
        }
    }
    plain = {"logins": {"a.example": "hush-hush"}, "tls": {"key": "hush", "ca": "x"}, "other": 1}
    sealer, mine, other = SivSealer(OLD), UUID(int=1), UUID(int=2)
    sealed = sealed_settings(schema, plain, sealer, mine)
    assert "hush" not in repr(sealed)
    assert sealed_settings(schema, sealed, sealer, mine) == sealed
    assert opened_settings(sealed, sealer, mine) == plain
    assert without_secrets(schema, sealed) == (
        {"tls": {"ca": "x"}, "other": 1},
        ["logins", "tls.key"],
    )
    # What is not said again stays as it lies, and what is null goes.
    kept = with_stored_secrets(schema, sealed, {"tls": {"key": None, "ca": "y"}})
    assert opened_settings(kept, sealer, mine) == {"logins": plain["logins"], "tls": {"ca": "y"}}
    for key, provider in ((NEW, mine), (OLD, other)):
        with pytest.raises(NotFound):
            opened_settings(sealed, SivSealer(key), provider)


async def test_days_of_a_project_count_for_its_jobs() -> None:
    async with world() as w:
        for name, days in (("brief", 1), ("plain", None)):
            kept = ProjectConfig(retention=Keeping(job_days=days))
            await w.engine.projects.put(name, kept)
        brief = (await w.run_job(project="brief"))[0]
        plain = (await w.run_job(project="plain"))[0]
        for agent in list(w.agents.values()):
            agent.exit(0)
        await w.pass_time(3)
        await w.clock.advance(2 * 86_400)
        purged = await w.engine.janitor.run_once()
        assert purged.jobs == 1
        assert brief.id not in w.tables.jobs
        assert plain.id in w.tables.jobs


async def test_days_of_a_project_count_for_what_the_audit_log_says_of_it() -> None:
    async with world() as w:
        for name, days in (("brief", 2), ("long", 1000), ("plain", None)):
            kept = ProjectConfig(retention=Keeping(audit_days=days))
            await w.engine.projects.put(name, kept)
        row = Entry(at=w.clock.now(), actor="ana", action="secret.set", interface=Interface.REST)
        for name in ("brief", "long", "plain"):
            await w.engine.core.store.add_audit([replace(row, project=name)])

        async def left_after(days: int) -> list[str]:
            await w.clock.advance(days * 86_400)
            await w.engine.janitor.purge_audit()
            rows = await w.engine.core.store.list_audit(AuditFilter(actor="ana"), oldest=True)
            return [one.project for one in rows]

        assert await left_after(4) == ["long", "plain"]
        assert await left_after(400) == ["long"]
        assert await left_after(700) == []
