"""Users, passwords, sessions and API tokens over REST, where everybody has to sign in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from hodei.adapters.security import passwords
from hodei.domain.access import tries
from hodei.domain.audit import Result
from hodei.ports.audit import AuditFilter
from tests.integration.http.jobs import problem_of
from tests.integration.http.running import Running, running_server

ADMIN = {"name": "ana", "password": "correct horse battery"}
OTHER = "another long password"
Http = httpx.AsyncClient


@pytest.fixture(scope="module")
def guarded() -> Iterator[Running]:
    """A server on which `ana` is the administrator, and who comes without a credential nobody."""
    with pytest.MonkeyPatch.context() as patch:
        # As slow as it is meant to be, the hashing alone would take most of these tests' time.
        patch.setattr(passwords, "MEMORY_KIB", 64)
        patch.setattr(passwords, "TIME_COST", 1)
        with running_server(process=False, dev_mode=False, sign_in="required") as running:
            with httpx.Client(base_url=running.api) as http:
                check_setup(http, running)
            yield running


def check_setup(http: httpx.Client, running: Running) -> None:
    """The first administrator, by the code and only once."""
    me = http.get("/me").json()
    assert (me["owner"], me["user"], me["permissions"]) == ("", None, [])
    assert (me["setup_needed"], me["setup_code_needed"]) == (True, True)
    assert me["sign_in"] == {"required": True, "methods": [], "oidc": None}
    for code in ({}, {"code": "x" * 24}):
        refused = http.post("/setup", json={**ADMIN, **code})
        assert (refused.status_code, problem_of(refused)["code"]) == (403, "forbidden")
    weak = http.post("/setup", json={"name": "Ana", "password": "short", "code": "x"})
    assert [one["field"] for one in problem_of(weak)["violations"]] == ["name", "password"]
    assert "short" not in weak.text
    made = http.post("/setup", json={**ADMIN, "code": running.setup_code})
    assert made.status_code == 201, made.text
    assert made.json()["roles"] == {"*": "admin"}
    assert "users.manage" in made.json()["permissions"]
    again = http.post(
        "/setup", json={**ADMIN, "name": "eve", "code": running.setup_code}, headers={"Cookie": ""}
    )
    assert problem_of(again)["status"] == 409


@asynccontextmanager
async def browser(running: Running, **body: str) -> AsyncIterator[Http]:
    """A signed-in browser; it shows the CSRF token with everything."""
    async with httpx.AsyncClient(base_url=running.api) as http:
        made = await http.post("/session", json=body or ADMIN)
        assert made.status_code == 201, made.text
        http.headers["X-CSRF-Token"] = made.json()["csrf_token"]
        yield http


@asynccontextmanager
async def with_token(running: Running, token: str) -> AsyncIterator[Http]:
    """A program that shows a token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=running.api, headers=headers) as http:
        yield http


@pytest.fixture
async def ana(guarded: Running) -> AsyncIterator[Http]:
    """The administrator's browser."""
    async with browser(guarded) as http:
        yield http


@pytest.fixture
async def anyone(guarded: Running) -> AsyncIterator[Http]:
    """Somebody without a credential."""
    async with httpx.AsyncClient(base_url=guarded.api) as http:
        yield http


async def make(ana: Http, name: str, **roles: str) -> dict[str, Any]:
    """A user with a password and roles, in projects that are there."""
    for project in set(roles) - {"default", "*"}:
        assert (await ana.put(f"/projects/{project}", json={})).status_code in (200, 201)
    body = {"name": name, "password": OTHER, "roles": roles}
    made = await ana.post("/users", json=body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def test_whoever_shows_nothing_may_do_nothing(anyone: Http) -> None:
    for method, path in (
        ("GET", "/jobs"),
        ("POST", "/jobs"),
        ("GET", "/users"),
        ("GET", "/tokens"),
    ):
        answer = await anyone.request(method, path)
        assert problem_of(answer)["code"] == "unauthenticated", path
    assert (await anyone.get("/health")).status_code == 200
    assert (await anyone.get("/me")).json()["sign_in"]["methods"] == ["password", "token"]


async def test_a_forged_cookie_and_foreign_tokens_are_refused(anyone: Http) -> None:
    for headers in (
        {"Cookie": "hodei_session=" + "A" * 43},
        {"Authorization": "Bearer hodei_" + "A" * 40},
        {"Authorization": "Bearer dev-ana"},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
        {"Authorization": "Basic YW5hOng="},
    ):
        answer = await anyone.get("/jobs", headers=headers)
        assert problem_of(answer)["status"] == 401, headers
        assert "WWW-Authenticate" in answer.headers


async def test_an_unknown_user_and_a_wrong_password_look_alike(anyone: Http) -> None:
    answers = set()
    for name in ("ana", "nobody", "ANA", "ana" * 60):
        refused = await anyone.post("/session", json={"name": name, "password": "wrong"})
        problem = problem_of(refused)
        answers.add((problem["status"], problem["code"], problem["detail"]))
        assert "set-cookie" not in refused.headers
    assert len(answers) == 1


async def test_too_many_tries_wait_even_with_the_right_password(
    guarded: Running, ana: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(ana, "slow", default="viewer")
    async with httpx.AsyncClient(base_url=guarded.api) as http:
        wrong = {"name": "slow", "password": "wrong"}
        codes = [
            (await http.post("/session", json=wrong)).status_code for _ in range(tries.PER_NAME)
        ]
        assert set(codes) == {401}
        right = {"name": "slow", "password": OTHER}
        refused = await http.post("/session", json=right)
        assert problem_of(refused)["code"] == "too_many_requests"
        assert 0 < int(refused.headers["Retry-After"]) <= 300
        monkeypatch.setattr(tries, "PER_NAME", 1000)
        assert (await http.post("/session", json=right)).status_code == 201
        monkeypatch.setattr(tries, "PER_SOURCE", 0)
        other = await http.post("/session", json={"name": "nobody", "password": "x"})
        assert problem_of(other)["code"] == "too_many_requests"
    assert (await ana.get("/me")).status_code == 200, "who is signed in is not concerned"


async def test_signing_in_gives_a_new_secret_and_ends_the_former(ana: Http) -> None:
    planted = ana.cookies["hodei_session"]
    again = await ana.post("/session", json=ADMIN)
    assert again.status_code == 201
    assert ana.cookies["hodei_session"] != planted
    async with httpx.AsyncClient(base_url=ana.base_url) as thief:
        old = await thief.get("/jobs", headers={"Cookie": f"hodei_session={planted}"})
    assert old.status_code == 401


async def test_changes_need_the_csrf_token_of_this_sign_in(guarded: Running, ana: Http) -> None:
    async with browser(guarded) as other:
        stale = other.headers["X-CSRF-Token"]
    for headers in ({"X-CSRF-Token": stale}, {"X-CSRF-Token": ""}):
        refused = await ana.post("/users", json={"name": "x"}, headers=headers)
        assert problem_of(refused)["code"] == "forbidden"
    assert (await ana.get("/users/x")).status_code == 404


async def test_users_are_made_changed_and_removed(ana: Http) -> None:
    bo = await make(ana, "bo", default="operator", web="viewer")
    assert (bo["roles"], bo["enabled"], bo["password_set"]) == (
        {"default": "operator", "web": "viewer"},
        True,
        True,
    )
    assert bo["last_sign_in_at"] is None and "password" not in bo
    assert (await ana.get("/users/bo")).json() == bo == (await ana.get(f"/users/{bo['id']}")).json()
    changed = await ana.patch("/users/bo", json={"name": "rob", "roles": {"*": "viewer"}})
    assert (changed.json()["name"], changed.json()["roles"]) == ("rob", {"*": "viewer"})
    taken = await ana.patch("/users/rob", json={"name": "ana"})
    assert problem_of(taken)["code"] == "conflict"
    assert "rob" in [one["name"] for one in (await ana.get("/users")).json()["items"]]
    assert (await ana.delete("/users/rob")).status_code == 204
    assert (await ana.delete("/users/rob")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Bo"}, "name"),
        ({"name": "b" * 64}, "name"),
        ({"name": ""}, "name"),
        ({}, "name"),
        ({"name": "x1", "password": "a" * 11}, "password"),
        ({"name": "x1", "password": "a" * 257}, "password"),
        ({"name": "x1", "password": "\ufdfa" * 80}, "password"),
        ({"name": "a-long-enough-name", "password": "A-Long-Enough-NAME"}, "password"),
        ({"name": "x1", "password": 5}, "password"),
        ({"name": "x1", "roles": {"default": "owner"}}, "roles.default"),
        ({"name": "x1", "roles": {"No": "viewer"}}, "roles.No"),
        ({"name": "x1", "roles": {"nowhere": "viewer"}}, "roles.nowhere"),
        ({"name": "x1", "roles": ["admin"]}, "roles"),
        ({"name": "x1", "enabled": "yes"}, "enabled"),
        ({"name": "x1", "id": "7"}, "id"),
    ],
)
async def test_what_a_user_cannot_be_is_named(ana: Http, body: dict[str, Any], field: str) -> None:
    refused = await ana.post("/users", json=body)
    problem = problem_of(refused)
    assert (problem["status"], [one["field"] for one in problem["violations"]]) == (400, [field])
    if field == "password":
        assert problem["violations"][0]["value"] == ""


async def test_roles_and_tokens_are_of_projects_that_are_there(ana: Http) -> None:
    await make(ana, "gil", **{"default": "viewer", "short-lived": "viewer"})
    assert (await ana.delete("/projects/short-lived")).status_code == 204
    assert (await ana.put("/projects/short-lived", json={})).status_code == 201
    assert (await ana.get("/users/gil")).json()["roles"] == {"default": "viewer"}
    refused = problem_of(await ana.patch("/users/gil", json={"roles": {"nowhere": "viewer"}}))
    assert [one["field"] for one in refused["violations"]] == ["roles.nowhere"]
    token = {"name": "lost", "role": "viewer", "project": "nowhere"}
    refused = problem_of(await ana.post("/tokens", json=token))
    assert [one["field"] for one in refused["violations"]] == ["project"]
    assert "no project of this name" in refused["violations"][0]["message"]


async def test_a_password_is_the_same_however_it_is_typed(guarded: Running, ana: Http) -> None:
    composed, decomposed = "contrase\u00f1a \u2460\u2461\u2462", "contrasen\u0303a 123"
    made = await ana.post("/users", json={"name": "ines", "password": composed, "roles": {}})
    assert made.status_code == 201
    async with browser(guarded, name="ines", password=decomposed) as ines:
        assert (await ines.get("/me")).json()["permissions"] == []


async def test_the_last_administrator_stays(ana: Http) -> None:
    changes: tuple[dict[str, Any], ...] = (
        {"enabled": False},
        {"roles": {"*": "operator"}},
        {"roles": {}},
    )
    for change in changes:
        refused = await ana.patch("/users/ana", json=change)
        assert problem_of(refused)["code"] == "conflict", change
    assert (await ana.delete("/users/ana")).status_code == 409
    assert (await ana.get("/users/ana")).json()["roles"] == {"*": "admin"}


async def test_a_changed_role_counts_at_once(guarded: Running, ana: Http) -> None:
    await make(ana, "cy", default="operator")
    async with browser(guarded, name="cy", password=OTHER) as cy:
        assert "jobs.run" in (await cy.get("/me")).json()["permissions"]
        refused = await cy.get("/users")
        assert problem_of(refused)["code"] == "forbidden"
        await ana.patch("/users/cy", json={"roles": {"default": "viewer"}})
        assert "jobs.run" not in (await cy.get("/me")).json()["permissions"]
        cookie = {"Cookie": f"hodei_session={cy.cookies['hodei_session']}"}
        await ana.patch("/users/cy", json={"enabled": False})
        assert (await cy.get("/me", headers=cookie)).status_code == 401
        await ana.patch("/users/cy", json={"enabled": True})
        again = await cy.get("/me", headers=cookie)
        assert again.status_code == 401, "disabling ended the sign-in"


async def test_ones_own_password_ends_the_other_sign_ins(guarded: Running, ana: Http) -> None:
    await make(ana, "dee", default="viewer")
    new = "a quite different one"
    async with (
        browser(guarded, name="dee", password=OTHER) as here,
        browser(guarded, name="dee", password=OTHER) as there,
    ):
        wrong = await here.patch("/me", json={"password": {"old": "wrong", "new": new}})
        assert [one["field"] for one in problem_of(wrong)["violations"]] == ["password.old"]
        short = await here.patch("/me", json={"password": {"old": OTHER, "new": "short"}})
        assert [one["field"] for one in problem_of(short)["violations"]] == ["password.new"]
        assert (await there.get("/me")).status_code == 200
        done = await here.patch("/me", json={"password": {"old": OTHER, "new": new}})
        assert done.status_code == 200, done.text
        assert (await here.get("/me")).json()["owner"] == "dee"
        assert (await there.get("/me")).status_code == 401
    async with browser(guarded, name="dee", password=new):
        pass


async def test_sessions_are_listed_and_revoked(guarded: Running, ana: Http) -> None:
    await make(ana, "eli", default="viewer")
    async with (
        browser(guarded, name="eli", password=OTHER) as here,
        browser(guarded, name="eli", password=OTHER) as there,
    ):
        found = (await here.get("/me/sessions")).json()["items"]
        assert [one["current"] for one in found] == [False, True]
        assert {one["method"] for one in found} == {"password"}
        assert found[0]["agent"].startswith("python-httpx") and found[0]["source"] == "127.0.0.1"
        foreign = await ana.delete(f"/me/sessions/{found[0]['id']}")
        assert foreign.status_code == 404
        assert (await here.delete(f"/me/sessions/{found[0]['id']}")).status_code == 204
        assert (await there.get("/me")).status_code == 401
        assert (await here.delete("/me/sessions/nonsense")).status_code == 404


async def test_a_token_is_shown_once_and_never_more_than_its_user(
    guarded: Running, ana: Http
) -> None:
    await make(ana, "fay", default="operator", web="admin")
    async with browser(guarded, name="fay", password=OTHER) as fay:
        body = {"name": "ci", "role": "operator", "project": "web"}
        made = await fay.post("/tokens", json=body)
        assert made.status_code == 201, made.text
        token = made.json()["token"]
        assert token.startswith("hodei_") and len(token) == 46
        [listed] = (await fay.get("/tokens")).json()["items"]
        assert listed == {key: made.json()[key] for key in listed}
        assert "token" not in listed and listed["last_used_at"] is None
        assert (await fay.post("/tokens", json=body)).status_code == 409
        async with with_token(guarded, token) as program:
            me = (await program.get("/me")).json()
            assert (me["owner"], me["via"], me["roles"]) == ("fay", "token", {"web": "operator"})
            assert me["csrf_token"] is None
            [used] = (await fay.get("/tokens")).json()["items"]
            assert used["last_used_at"] is not None
            await ana.patch("/users/fay", json={"roles": {"web": "viewer"}})
            assert (await program.get("/me")).json()["roles"] == {"web": "viewer"}
            assert (await fay.delete("/tokens/ci")).status_code == 204
            over = await program.get("/me")
            assert problem_of(over)["code"] == "unauthenticated"
    rows = await asyncio.to_thread(lambda: guarded.run(guarded.engine.core.store.list_tokens()))
    assert all(token.encode() not in one.digest for one in rows)


async def test_an_expired_token_is_refused(guarded: Running, ana: Http) -> None:
    past = {"name": "old", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}
    refused = await ana.post("/tokens", json=past)
    assert [one["field"] for one in problem_of(refused)["violations"]] == ["expires_at"]
    soon = datetime.now(UTC) + timedelta(seconds=3)
    made = await ana.post(
        "/tokens", json={"name": "soon", "role": "viewer", "expires_at": soon.isoformat()}
    )
    async with with_token(guarded, made.json()["token"]) as program:
        early = await program.get("/jobs")
        # What came back in time was asked in time.
        assert early.status_code == 200 or datetime.now(UTC) >= soon
        while datetime.now(UTC) < soon:
            await asyncio.sleep(0.05)
        refused = await program.get("/jobs")
        assert "expired" in problem_of(refused)["detail"]


async def test_a_token_makes_no_token_beyond_itself(guarded: Running, ana: Http) -> None:
    end = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    limits = {"role": "operator", "project": "web", "expires_at": end}
    made = await ana.post("/tokens", json={"name": "narrow", **limits})
    async with with_token(guarded, made.json()["token"]) as program:
        for body, field in (
            ({**limits, "role": "admin"}, "role"),
            ({**limits, "project": None}, "project"),
            ({**limits, "expires_at": later}, "expires_at"),
        ):
            refused = await program.post("/tokens", json={"name": "wide", **body})
            assert [one["field"] for one in problem_of(refused)["violations"]] == [field]
        narrow = await program.post("/tokens", json={"name": "as narrow", **limits})
        assert narrow.status_code == 201, narrow.text
        endless = {"name": "without an end", **limits, "expires_at": None}
        made = await program.post("/tokens", json=endless)
        assert made.json()["expires_at"] == narrow.json()["expires_at"]


async def test_a_sign_in_by_token_may_what_the_token_may_and_ends_with_it(
    guarded: Running, ana: Http
) -> None:
    made = (await ana.post("/tokens", json={"name": "phone", "role": "viewer"})).json()
    async with browser(guarded, token=made["token"]) as phone:
        me = (await phone.get("/me")).json()
        assert (me["via"], me["roles"]) == ("session", {"*": "viewer"})
        assert problem_of(await phone.get("/users"))["code"] == "forbidden"
        assert (await ana.delete(f"/tokens/{made['id']}")).status_code == 204
        assert (await phone.get("/me")).status_code == 401


async def test_sign_ins_are_in_the_audit_log_under_their_name(guarded: Running, ana: Http) -> None:
    made = (await ana.post("/tokens", json={"name": "logged", "role": "viewer"})).json()
    async with browser(guarded, token=made["token"]):
        pass

    async def rows() -> list[Any]:
        await guarded.engine.audit.flush(everything=True)
        where = AuditFilter(actor="ana", action="session.create")
        return list((await guarded.engine.audit.page(where, limit=50)).items)

    found = await asyncio.to_thread(lambda: guarded.run(rows()))
    assert {(one.via, one.result) for one in found} >= {
        ("token", Result.OK),
        ("password", Result.OK),
    }
    assert made["token"] not in repr(found)


async def test_refusals_are_in_the_audit_log(guarded: Running, anyone: Http) -> None:
    secret = "a password that is wrong"
    await anyone.post("/session", json={"name": "gus", "password": secret})

    async def rows() -> list[Any]:
        await guarded.engine.audit.flush(everything=True)
        page = await guarded.engine.audit.page(AuditFilter(actor="gus"), limit=10)
        return list(page.items)

    found = await asyncio.to_thread(lambda: guarded.run(rows()))
    assert [(one.action, one.result, one.code, one.source) for one in found] == [
        ("session.create", Result.DENIED, "unauthenticated", "127.0.0.1")
    ]
    assert secret not in repr(found)
