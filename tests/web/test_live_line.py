"""How a page stays alive: ten tabs at once, a WebSocket that is blocked, a server away for long."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from hodei.client import Client
from tests.support.browser import NO_SOCKET, WAIT_MS, Visitor
from tests.support.server import ServerProcess
from tests.web.log_pages import console, logs_path, puppet, read_through, row, state

ROWS = ".log-scroll .log-row[data-line]"
TABS = 10
TICKS = "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.4; done"
POLL_S = 5.0
"""How often a page asks that is told nothing."""
AWAY_MS = 20_000


def last_row(page: Page) -> int:
    """Number of the last row that is drawn."""
    return int(page.locator(ROWS).last.get_attribute("data-line") or 0)


def test_ten_tabs_live_on_ten_running_jobs(visitor: Visitor, client: Client, label: str) -> None:
    client.create_provider({"name": label, "type": "process", "settings": {"max_workers": TABS}})
    jobs = [
        client.submit(name=label, command=TICKS, preferences={"provider": label})
        for _ in range(TABS)
    ]
    with visitor.page("/jobs") as page:
        tabs = [visitor.tab(page, logs_path(job.id)) for job in jobs]
        for tab in tabs:
            state(tab, "live").wait_for()
            tab.locator(ROWS).last.wait_for()
        # Each of them gets what is written from now on.
        for tab in tabs:
            row(tab, last_row(tab) + 2).wait_for()
        assert page.request.get("/api/v1/jobs").ok
        assert page.evaluate("fetch('/api/v1/jobs').then((answer) => answer.ok)")
    for job in jobs:
        client.cancel(job)


def test_where_a_websocket_is_blocked_events_carry_the_page(
    visitor: Visitor, client: Client, tmp_path: Path
) -> None:
    visitor.noise.allow("WebSocket connection")
    with puppet(client, tmp_path) as job, visitor.page("/nowhere") as page:
        page.context.add_init_script(NO_SOCKET)
        page.goto(logs_path(job.id))
        expect(page.locator("[data-live=live]").first).to_be_attached()
        job.say("seq 1 300")
        row(page, 300).wait_for()
        took = []
        for number in range(301, 306):
            begun = time.monotonic()
            job.say(f"echo {number}")
            row(page, number).wait_for()
            took.append(time.monotonic() - begun)
        # Each was written right after the one before was seen: polling would need all its time.
        assert sorted(took)[2] < POLL_S / 2, took
        # Another page has other topics, and so another stream.
        page.get_by_role("link", name="puppet").first.click()
        expect(page.locator("[data-latest-logs]")).to_contain_text("304")
        job.say("echo afterwards")
        expect(page.locator("[data-latest-logs]")).to_contain_text("afterwards")


def test_a_server_away_for_twenty_seconds_is_seen_and_costs_no_line(
    own_visitor: Visitor, server: ServerProcess, tmp_path: Path
) -> None:
    own_visitor.noise.allow("WebSocket", "ERR_CONNECTION", "Failed to load resource")
    with (
        Client(server.url) as client,
        puppet(client, tmp_path) as job,
        own_visitor.page(logs_path(job.id)) as page,
    ):
        job.say("seq 1 100")
        row(page, 100).wait_for()
        server.kill9()
        killed = page.evaluate("performance.now()")
        expect(state(page, "reconnecting")).to_be_visible()
        expect(console(page)).to_have_class(re.compile("log-dim"))
        job.say("seq 101 400")
        page.wait_for_function(
            "([from, long]) => performance.now() > from + long",
            arg=[killed, AWAY_MS],
            timeout=AWAY_MS + WAIT_MS,
        )
        expect(console(page)).to_have_class(re.compile("log-dim"))
        server.start()
        row(page, 400).wait_for()
        expect(state(page, "live")).to_be_visible()
        expect(console(page)).not_to_have_class(re.compile("log-dim"))
        job.say("seq 401 420")
        row(page, 420).wait_for()
        texts = [one.text for one in read_through(page, 420)]
        assert texts == [str(number) for number in range(1, 421)]
        expect(page.get_by_role("button", name="All 420", exact=True)).to_be_visible()
