"""Signing in at a real OpenID Connect provider, which is a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.integration.http.running import Running, running_server
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET

PROGRAM = Path(__file__).parents[2] / "support" / "oidc_provider.py"


@dataclass(frozen=True, slots=True)
class Site:
    """A server and the provider that it believes."""

    server: Running
    issuer: str

    def tell(self, what: str, data: dict[str, Any]) -> None:
        """Changes the provider."""
        httpx.put(f"{self.issuer}/{what}", json=data).raise_for_status()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Both, running."""
    provider = subprocess.Popen([sys.executable, str(PROGRAM)], stdout=subprocess.PIPE, text=True)
    try:
        assert provider.stdout is not None
        issuer = provider.stdout.readline().strip()
        with running_server(
            process=False,
            dev_mode=False,
            sign_in="required",
            oidc_issuer=issuer,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=CLIENT_SECRET,
            oidc_name="Example ID",
            oidc_role_claim="groups",
        ) as server:
            yield Site(server, issuer)
    finally:
        provider.terminate()
        provider.communicate(timeout=60)


@pytest.fixture(autouse=True)
def whole(site: Site) -> None:
    """The provider answers rightly, and knows an administrator."""
    site.tell("faults", {"fault": ""})
    site.tell("person", {"sub": "1", "preferred_username": "Ana@corp", "groups": ["x", "admin"]})


@pytest.fixture
async def browser(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """It keeps cookies, and goes only where the test lets it go."""
    async with httpx.AsyncClient(base_url=site.server.url) as http:
        yield http


async def there(browser: httpx.AsyncClient, next_path: str = "/") -> str:
    """Goes to the provider; gives where that sends the browser back to."""
    begun = await browser.get("/api/v1/oidc/login", params={"next": next_path})
    assert begun.status_code == 303, begun.text
    sent = await browser.get(begun.headers["location"])
    assert sent.status_code == 302, sent.text
    return str(sent.headers["location"])


async def through(browser: httpx.AsyncClient, next_path: str = "/") -> httpx.Response:
    """The whole way."""
    return await browser.get(await there(browser, next_path))


async def me(browser: httpx.AsyncClient) -> dict[str, Any]:
    """Who that is now."""
    found: dict[str, Any] = (await browser.get("/api/v1/me")).json()
    return found


async def test_somebody_signs_in_and_ends_where_it_began(browser: httpx.AsyncClient) -> None:
    ways = (await me(browser))["sign_in"]
    assert ways["methods"][-1] == "oidc"
    assert ways["oidc"] == {"name": "Example ID", "url": "/api/v1/oidc/login"}
    back = await through(browser, "/jobs?q=a%20b")
    assert (back.status_code, back.headers["location"]) == (303, "/jobs?q=a%20b")
    cookies = back.headers.get_list("set-cookie")
    session = next(one for one in cookies if one.startswith("hodei_session="))
    assert "HttpOnly; SameSite=Strict" in session
    assert any(one.startswith("hodei_oidc=;") for one in cookies)
    found = await me(browser)
    assert (found["owner"], found["via"], found["roles"]) == ("ana", "session", {"*": "admin"})
    users = (await browser.get("/api/v1/users/ana")).json()
    assert (users["password_set"], users["oidc_subject"].split()[1]) == (False, "1")


async def test_what_goes_to_the_provider_gives_nothing_away(browser: httpx.AsyncClient) -> None:
    begun = await browser.get("/api/v1/oidc/login")
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["response_type"] == ["code"] and asked["code_challenge_method"] == ["S256"]
    assert "openid" in asked["scope"][0].split()
    assert asked["redirect_uri"] == [f"{browser.base_url}/api/v1/oidc/callback"]
    secret = browser.cookies["hodei_oidc"].partition(".")[0]
    sent = [asked[name][0] for name in ("state", "nonce", "code_challenge")]
    assert len({*sent, secret}) == 4
    cookie = begun.headers["set-cookie"]
    assert "HttpOnly; SameSite=Lax" in cookie and "Max-Age=600" in cookie


@pytest.mark.parametrize(
    "fault",
    ["issuer", "audience", "expired", "nonce", "signature", "unsigned", "symmetric"],
)
async def test_an_id_token_that_does_not_fit_signs_nobody_in(
    site: Site, browser: httpx.AsyncClient, fault: str
) -> None:
    site.tell("faults", {"fault": fault})
    back = await through(browser, "/jobs")
    assert back.headers["location"] == "/sign-in?error=oidc_failed&next=%2Fjobs"
    assert "hodei_session" not in browser.cookies
    assert (await me(browser))["owner"] == ""


async def test_whoever_is_denied_there_is_told_so(site: Site, browser: httpx.AsyncClient) -> None:
    site.tell("faults", {"fault": "denied"})
    back = await through(browser)
    assert back.headers["location"] == "/sign-in?error=oidc_refused&next=%2F"


async def test_a_callback_that_this_browser_did_not_begin_is_refused(
    site: Site, browser: httpx.AsyncClient
) -> None:
    stolen = await there(browser)
    async with httpx.AsyncClient(base_url=site.server.url) as victim:
        for begun in (False, True):
            if begun:
                await there(victim)
            back = await victim.get(stolen)
            assert "error=oidc_failed" in back.headers["location"]
            assert "hodei_session" not in victim.cookies


async def test_a_code_is_good_once(browser: httpx.AsyncClient) -> None:
    url = await there(browser)
    kept = browser.cookies["hodei_oidc"]
    assert "error" not in (await browser.get(url)).headers["location"]
    browser.cookies.set("hodei_oidc", kept)
    again = await browser.get(url)
    assert "error=oidc_failed" in again.headers["location"]


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example"])
async def test_nobody_ends_on_another_site(browser: httpx.AsyncClient, path: str) -> None:
    assert (await through(browser, path)).headers["location"] == "/"


async def test_roles_follow_the_provider_and_its_people_are_known_by_subject(
    site: Site, browser: httpx.AsyncClient
) -> None:
    await through(browser)
    site.tell("person", {"sub": "2", "preferred_username": "ana", "groups": "viewer"})
    async with httpx.AsyncClient(base_url=site.server.url) as other:
        await through(other)
        found = await me(other)
        assert (found["owner"], found["roles"]) == ("ana-2", {"*": "viewer"})
        site.tell("person", {"sub": "2", "preferred_username": "renamed", "groups": ["operator"]})
        await through(other)
        found = await me(other)
        assert (found["owner"], found["roles"]) == ("ana-2", {"*": "operator"})
        site.tell("person", {"sub": "2", "preferred_username": "ana", "groups": []})
        gone = await through(other)
        assert "error=oidc_refused" in gone.headers["location"]
    site.tell("person", {"sub": "3", "preferred_username": "eve"})
    async with httpx.AsyncClient(base_url=site.server.url) as stranger:
        assert "error=oidc_refused" in (await through(stranger)).headers["location"]
    assert (await browser.get("/api/v1/users/eve")).status_code == 404


async def test_new_keys_of_the_provider_are_found(site: Site, browser: httpx.AsyncClient) -> None:
    await through(browser)
    site.tell("key", {"kid": "second"})
    assert (await through(browser)).headers["location"] == "/"
