"""Signing in with a cookie: what it opens, what it does not, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http.cookies import SimpleCookie

import httpx
import pytest
from starlette.requests import HTTPConnection
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hodei.api.http.app import create_app
from hodei.api.http.callers import forget, remember, secret_of
from hodei.api.http.server import HttpServer
from hodei.api.http.websocket import socket as live
from hodei.api.identity import Identity
from hodei.domain.sign_in import LIFETIME, digest_of
from tests.integration.http.jobs import problem_of
from tests.integration.http.running import ORIGIN, Running


@pytest.fixture
async def browser(server: Running) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies."""
    async with httpx.AsyncClient(base_url=server.api) as http:
        yield http


async def signed_in(browser: httpx.AsyncClient, name: str = "ana") -> str:
    """Signs in; gives what changes need."""
    answer = await browser.post("/session", json={"token": f"dev-{name}"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["csrf_token"])


async def test_a_token_becomes_a_cookie_that_no_script_reads(browser: httpx.AsyncClient) -> None:
    nobody = (await browser.get("/me")).json()
    assert (nobody["owner"], nobody["via"], nobody["csrf_token"]) == ("local", "anonymous", None)
    assert nobody["sign_in"] == {"required": False, "methods": ["token"], "oidc": None}
    answer = await browser.post("/session", json={"token": "dev-ana"})
    cookie = SimpleCookie(answer.headers["set-cookie"])["hodei_session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert int(cookie["max-age"]) == LIFETIME.total_seconds()
    assert len(cookie.value) >= 43
    assert cookie.value not in answer.text
    ana = (await browser.get("/me")).json()
    assert ana == answer.json()
    assert (ana["owner"], ana["via"]) == ("ana", "session")
    assert ana["expires_at"] is not None


async def test_changes_need_more_than_the_cookie(browser: httpx.AsyncClient) -> None:
    csrf = await signed_in(browser)
    spec = {"name": "x", "command": "true"}
    for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": csrf[:-1] + "z"}):
        refused = await browser.post("/jobs", json=spec, headers=headers)
        assert problem_of(refused)["code"] == "forbidden", headers
        assert (await browser.delete("/session", headers=headers)).status_code == 403
    made = await browser.post("/jobs", json=spec, headers={"X-CSRF-Token": csrf})
    assert (made.status_code, made.json()["owner"]) == (201, "ana")
    assert (await browser.get("/jobs")).status_code == 200, "reading needs the cookie alone"
    token = await browser.post("/jobs", json=spec, headers={"Authorization": "Bearer dev-bo"})
    assert (token.status_code, token.json()["owner"]) == (201, "bo"), "a token is no cookie"


async def test_signing_out_ends_it_for_every_copy_of_the_cookie(
    browser: httpx.AsyncClient, server: Running
) -> None:
    csrf = await signed_in(browser)
    copy = browser.cookies["hodei_session"]
    answer = await browser.delete("/session", headers={"X-CSRF-Token": csrf})
    assert answer.status_code == 204
    assert "hodei_session" not in browser.cookies
    assert (await browser.delete("/session")).status_code == 204
    async with httpx.AsyncClient(base_url=server.api, cookies={"hodei_session": copy}) as other:
        thief = await other.get("/me")
    assert (thief.status_code, problem_of(thief)["code"]) == (401, "unauthenticated")
    assert SimpleCookie(thief.headers["set-cookie"])["hodei_session"]["max-age"] == "0"


async def test_it_ends_when_it_is_not_used_and_lives_on_when_it_is(
    browser: httpx.AsyncClient, server: Running
) -> None:
    await signed_in(browser)
    digest = digest_of(browser.cookies["hodei_session"])
    store, clock = server.engine.core.store, server.engine.core.clock

    async def expires(later: timedelta) -> None:
        await store.renew_sign_in(digest, clock.now() + later)
        server.engine.access.recognition.forget()

    await asyncio.to_thread(lambda: server.run(expires(timedelta(hours=1))))
    before = clock.now() + LIFETIME - timedelta(seconds=5)
    assert (await browser.get("/me")).status_code == 200
    found = await asyncio.to_thread(lambda: server.run(store.find_sign_in(digest, clock.now())))
    assert found is not None and found.expires_at > before, "a use makes it longer"
    await asyncio.to_thread(lambda: server.run(expires(timedelta(seconds=-1))))
    over = await browser.get("/jobs")
    assert problem_of(over)["status"] == 401


@pytest.mark.parametrize("cookie", ["nonsense", "a" * 5000, "%00", '"quoted"'])
async def test_a_cookie_that_nobody_gave_is_refused(server: Running, cookie: str) -> None:
    headers = {"Cookie": f"hodei_session={cookie}"}
    async with httpx.AsyncClient(base_url=server.api, headers=headers) as http:
        assert (await http.get("/me")).status_code == 401
        assert (await http.get("/health")).status_code == 200


@pytest.mark.parametrize("token", ["", "ana", "dev-", "dev-a b", "a" * 201, None, 5])
async def test_a_bad_token_signs_nobody_in(browser: httpx.AsyncClient, token: object) -> None:
    answer = await browser.post("/session", json={"token": token})
    assert answer.status_code in (400, 401)
    assert "set-cookie" not in answer.headers


async def test_a_page_of_another_site_signs_nobody_in(browser: httpx.AsyncClient) -> None:
    answer = await browser.post(
        "/session", json={"token": "dev-ana"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


@asynccontextmanager
async def without_dev_mode(server: Running) -> AsyncIterator[str]:
    """The address of another server on the same engine that takes no `dev-NAME` tokens."""
    http = HttpServer(create_app(server.engine, Identity(server.engine.access, dev_mode=False)))
    port = await asyncio.to_thread(lambda: server.run(http.start("127.0.0.1", 0)))
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        await asyncio.to_thread(lambda: server.run(http.stop(0.1)))


async def test_out_of_development_mode_its_tokens_and_sign_ins_are_over(
    server: Running, browser: httpx.AsyncClient
) -> None:
    await signed_in(browser)
    old_cookie = f"hodei_session={browser.cookies['hodei_session']}"
    async with without_dev_mode(server) as address, httpx.AsyncClient(base_url=address) as http:
        me = (await http.get("/me")).json()
        assert (me["owner"], me["sign_in"]["methods"]) == ("local", [])
        for refused in (
            await http.post("/session", json={"token": "dev-ana"}),
            await http.get("/jobs", headers={"Authorization": "Bearer dev-ana"}),
        ):
            assert problem_of(refused)["code"] == "unauthenticated"
            assert "HODEI_DEV_MODE=1" in problem_of(refused)["detail"]
        old = await http.get("/me", headers={"Cookie": old_cookie})
        assert old.status_code == 401


async def test_the_live_socket_takes_the_cookie_and_lets_go_with_it(
    browser: httpx.AsyncClient, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PING_S", 0.05)
    csrf = await signed_in(browser)
    cookie = {"Cookie": f"hodei_session={browser.cookies['hodei_session']}"}
    origin = {"Origin": ORIGIN}
    async with connect(f"{server.ws}/ws", additional_headers={**cookie, **origin}) as socket:
        await socket.send(json.dumps({"op": "sub", "topic": "summary"}))
        missing = {"summary", "ping"}
        while missing:
            frame = json.loads(await socket.recv())
            missing.discard(frame.get("op", frame.get("topic")))
        await browser.delete("/session", headers={"X-CSRF-Token": csrf})
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401
    async with connect(f"{server.ws}/ws", additional_headers=cookie) as again:
        assert json.loads(await again.recv())["code"] == "unauthenticated"
        with pytest.raises(ConnectionClosed):
            await again.recv()


def test_by_tls_the_cookie_is_one_that_nobody_else_can_set() -> None:
    for scheme, name, secure in (
        ("http", "hodei_session", False),
        ("https", "__Host-hodei_session", True),
        ("wss", "__Host-hodei_session", True),
    ):
        cookies = b"hodei_session=plain; __Host-hodei_session=by-tls"
        scope = {"type": "http", "scheme": scheme, "headers": [(b"cookie", cookies)]}
        connection = HTTPConnection(scope)
        made = remember(connection, "secret")
        assert made.startswith(f"{name}=secret; Path=/; HttpOnly; SameSite=Strict")
        assert ("; Secure" in made) == secure == ("; Secure" in forget(connection))
        assert secret_of(connection) == ("by-tls" if secure else "plain")
