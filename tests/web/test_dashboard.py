"""The dashboard: the server's numbers and no others, the first job, and a lost server."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import expect

from hodei.client import Client
from tests.support.browser import Visitor, check_axe, settle
from tests.support.server import ServerProcess


def test_an_empty_server_leads_to_a_first_job(own_visitor: Visitor, server: ServerProcess) -> None:
    with own_visitor.page("/") as page:
        settle(page)
        for label in ("Total Jobs", "Running", "Failed", "Success"):
            expect(page.get_by_role("link", name=re.compile(f"^{label}"))).to_have_text(f"{label}0")
        expect(page.get_by_role("region", name="Run your first job")).to_contain_text(
            "local is ready"
        )
        check_axe(page)
        page.get_by_role("button", name="Run Hello World").click()
        expect(page).to_have_url(re.compile("/jobs/[0-9a-f-]{36}"))
        expect(page.locator("[data-state=SUCCEEDED]").first).to_be_visible()


def test_the_numbers_are_those_of_the_server(own_visitor: Visitor, server: ServerProcess) -> None:
    with Client(server.url) as client:
        for command in ("true", "true", "exit 3"):
            client.wait(client.submit(name="one", command=command), timeout=30)
    counts = httpx.get(f"{server.url}/api/v1/summary").json()["jobs"]
    assert counts["total"] == 3
    with own_visitor.page("/") as page:
        for label, state in (("Success", "SUCCEEDED"), ("Failed", "FAILED")):
            tile = page.get_by_role("link", name=re.compile(f"^{label}"))
            expect(tile).to_have_text(f"{label}{counts['counts'][state]}")
        page.get_by_role("link", name=re.compile("^Failed")).click()
        expect(page).to_have_url(re.compile(r"/jobs\?status=FAILED"))
        page.go_back()
        page.get_by_role("link", name="See All").click()
        expect(page).to_have_url(re.compile("/jobs$"))
        page.go_back()
        page.get_by_role("link", name="New job").click()
        expect(page).to_have_url(re.compile("/jobs/new"))


def test_a_lost_server_is_seen_and_comes_back(own_visitor: Visitor, server: ServerProcess) -> None:
    own_visitor.noise.allow("ERR_CONNECTION_REFUSED", "WebSocket connection", "ERR_INCOMPLETE")
    with own_visitor.page("/") as page:
        dot = page.locator("nav [data-live]").last
        expect(dot).to_have_attribute("data-live", "live")
        server.kill9()
        expect(dot).to_have_attribute("data-live", re.compile("reconnecting|polling"))
        expect(page.get_by_text("The connection to the server is lost")).to_be_visible()
        server.start()
        expect(dot).to_have_attribute("data-live", "live", timeout=40_000)
        expect(page.get_by_text("The connection to the server is lost")).to_be_hidden()
