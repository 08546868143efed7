"""The metrics page says what the server counted, for every range of time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import suppress

import httpx
import pytest
from playwright.sync_api import Page, expect

from hodei.client import Client, Conflict
from tests.support.browser import Visitor, check_axe, check_overflow, check_targets, settle
from tests.support.server import ServerProcess


@pytest.fixture(autouse=True)
def jobs(client: Client) -> None:
    """Jobs that ended well and badly; none of other tests ends while these are counted."""
    for job in client.list(status=["PENDING", "ASSIGNED", "RUNNING"]):
        with suppress(Conflict):
            client.cancel(job)
        client.wait(job)
    commands = {"good": "echo ok", "better": "echo ok", "bad": "exit 3"}
    for job in [client.submit(name=name, command=one) for name, one in commands.items()]:
        client.wait(job)


def figure(page: Page, name: str) -> str:
    return page.get_by_role("listitem").filter(has_text=name).locator(".numeric").first.inner_text()


def test_numbers_are_the_servers(visitor: Visitor) -> None:
    with visitor.page("/metrics?range=1h") as page:
        settle(page)
        counted = httpx.get(f"{visitor.url}/api/v1/metrics/jobs?range=1h", timeout=30).json()
        assert figure(page, "Jobs submitted") == str(counted["total"]["submitted"])
        states = page.get_by_role("region", name="Jobs by state")
        for label, state in (("Success", "SUCCEEDED"), ("Failed", "FAILED")):
            row = states.get_by_role("link", name=label)
            expect(row).to_contain_text(str(counted["states"][state]))
        page.get_by_role("button", name="Finished jobs as a table").click()
        cells = page.get_by_role("table", name="Finished jobs").get_by_role("cell")
        shown = sum(int(cell) for cell in cells.all_inner_texts())
        assert shown == sum(counted["total"]["finished"].values())
        states.get_by_role("link", name="Failed").click()
        expect(page).to_have_url(re.compile(r"/jobs\?status=FAILED&from="))
        page.go_back()
        expect(page).to_have_url(re.compile(r"/metrics\?range=1h$"))


COUNT = """
import asyncio, json, sys, asyncpg
COUNT = "SELECT state, count(*) FROM jobs WHERE %s > now() - $1::text::interval GROUP BY state"
async def count():
    connection = await asyncpg.connect(sys.argv[1])
    fetch = connection.fetch
    print(json.dumps([[dict(await fetch(COUNT % column, span))
        for column in ("submitted_at", "finished_at")] for span in sys.argv[2:]]))
asyncio.run(count())
"""
IN_TABLE = """(ends) => {
    const sums = ends.map(() => 0);
    for (const row of document.querySelectorAll('[aria-label="Finished jobs"] tbody tr'))
        row.querySelectorAll('td').forEach((cell, at) => { sums[at] += Number(cell.innerText); });
    return String(sums) === String(ends);
}"""
ENDS = {
    "SUCCEEDED": "Success",
    "FAILED": "Failed",
    "TIMEOUT": "Timeout",
    "CANCELLED": "Cancelled",
}
SPANS = {"1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}


def test_every_range_counts_what_the_database_counts(
    visitor: Visitor, shared_server: ServerProcess
) -> None:
    note = (shared_server.data_dir / "postgres" / "postgres" / "postmaster.pid").read_text()
    dsn = f"postgresql://hodei@/hodei?host={note.splitlines()[4]}"
    # A process of its own: this one's event loop is the browser's.
    counted = subprocess.run(
        [sys.executable, "-c", COUNT, dsn, *SPANS.values()],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    with visitor.page("/metrics") as page:
        page.get_by_role("button", name="Finished jobs as a table").click()
        tile = page.get_by_role("listitem").filter(has_text="Jobs submitted")
        states = page.get_by_role("region", name="Jobs by state")
        for name, (submitted, finished) in zip(SPANS, json.loads(counted), strict=True):
            page.get_by_role("radio", name=name.upper(), exact=True).click()
            expect(page).to_have_url(re.compile(f"range={name}$"))
            expect(tile.locator(".numeric").first).to_have_text(f"{sum(submitted.values()):,}")
            for state, label in ENDS.items():
                row = states.get_by_role("link", name=label).locator(".numeric > span").first
                expect(row).to_have_text(f"{submitted.get(state, 0):,}")
            page.wait_for_function(IN_TABLE, arg=[finished.get(state, 0) for state in ENDS])


def test_every_chart_has_its_table_and_the_csv_its_rows(visitor: Visitor) -> None:
    with visitor.page("/metrics") as page:
        settle(page)
        charts = page.get_by_role("figure")
        assert charts.count() == 7
        for chart in charts.all():
            assert chart.get_by_role("button", name="as a table").count() == 1
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").click()
        lines = download.value.path().read_text().splitlines()
        assert lines[0].startswith("start,submitted")
        assert len(lines) == 1 + 48


def test_an_empty_range_says_so(visitor: Visitor) -> None:
    with visitor.page("/metrics?from=2020-02-01&to=2020-02-02") as page:
        settle(page)
        assert figure(page, "Jobs submitted") == "0"
        expect(page.get_by_text("Nothing in this range.").first).to_be_visible()
        page.get_by_role("radio", name="7D").click()
        expect(page).to_have_url(re.compile(r"/metrics\?range=7d$"))
        expect(page.get_by_text("Nothing in this range.")).to_have_count(0)


def test_clean_on_a_phone_in_spanish(visitor: Visitor) -> None:
    with visitor.page("/metrics", size="phone", language="es", theme="light") as page:
        settle(page)
        expect(page.get_by_role("heading", name="Métricas")).to_be_visible()
        check_overflow(page)
        check_targets(page)
        check_axe(page)
