"""The filters of the jobs list: each alone and all together, against the API and what was made."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from hodei.client import Client
from tests.support.browser import SIZES, Size, Visitor, settle
from tests.support.server import ServerProcess

MOVE = """
import asyncio, sys, asyncpg
async def move():
    connection = await asyncpg.connect(sys.argv[1])
    for days in ("3", "20"):
        ids = f"SELECT job_id FROM job_specs WHERE spec->'labels'->>'days' = '{days}'"
        for table, key in (("jobs", "id"), ("job_specs", "job_id")):
            await connection.execute(f"UPDATE {table} SET submitted_at = submitted_at"
                f" - interval '{days} days' WHERE {key} IN ({ids})")
asyncio.run(move())
"""
AGES = {
    "Any time": "0 3 20",
    "Last 24 hours": "0",
    "Last 7 days": "0 3",
    "days": "3",
}
"""How old the jobs are, in days, that a choice of dates means: none is near a limit of one."""
LABELS = {"FAILED": "Failed", "PENDING": "Pending"}
WAITING = 30
ROWS = "[data-row] a, main li a"
SHOWN = """([wanted, links]) => {
    const rows = [...document.querySelectorAll(links)].map((one) => one.pathname.split("/")[2]);
    const chips = [...document.querySelectorAll("search button[aria-pressed=true]")];
    const counted = chips.reduce((sum, one) => sum + Number(/\\d+$/.exec(one.textContent)), 0);
    const first = wanted.indexOf(rows[0]);
    return counted === wanted.length && rows.length >= Math.min(6, wanted.length)
        && (first === 0 || (scrollY > 0 && first > 0))
        && rows.every((id, at) => id === wanted[first + at]);
}"""
"""The rows are those wanted, in their order, and the chosen chips count all of them."""
IN_THE_MIDDLE = """(links) => [...document.querySelectorAll(links)]
    .find((one) => one.getBoundingClientRect().top > innerHeight / 2)"""
TWO_FRAMES = "new Promise((on) => requestAnimationFrame(() => requestAnimationFrame(on)))"
DEPTH = 240
PLACE = "(link) => [link.pathname, link.getBoundingClientRect().top]"
IN_PLACE = """([path, top]) => {
    const link = document.querySelector(`main a[href="${path}"]`);
    return link !== null && Math.abs(link.getBoundingClientRect().top - top) < 100;
}"""
"""About one card: those of a phone have several heights, which are known once they are drawn."""

Job = dict[str, Any]


@dataclass(frozen=True)
class Chosen:
    """What the filters stand at."""

    date: str = "Any time"
    name: str = ""
    states: tuple[str, ...] = ()

    def fits(self, job: Job) -> bool:
        """Whether a job is meant, by how it was made."""
        return (
            job["labels"]["days"] in AGES[self.date].split()
            and self.name in job["name"]
            and job["state"] in (self.states or job["state"])
        )


BOTH = ("FAILED", "PENDING")
FULL = Chosen("Last 7 days", "alpha", BOTH)
WALKS: dict[Size, tuple[Chosen, ...]] = {
    "desk": (
        Chosen(),
        Chosen("Last 24 hours"),
        Chosen("days"),
        Chosen("Last 7 days"),
        Chosen("Last 7 days", "alpha"),
        Chosen(name="alpha"),
        Chosen(name="alpha", states=("FAILED",)),
        Chosen(states=("FAILED",)),
        Chosen(states=BOTH),
        Chosen("Last 7 days", states=BOTH),
        FULL,
    ),
    "phone": (
        Chosen("Last 7 days"),
        Chosen("Last 7 days", "alpha"),
        replace(FULL, states=("FAILED",)),
        FULL,
    ),
}
"""One filter is changed at each step, and each step has other rows than the one before."""


def fill(server: ServerProcess) -> list[Job]:
    """Jobs of two names that ended well, badly or wait, of today, of days and of weeks ago."""
    names = ("alpha", "beta")
    with Client(server.url) as client:
        ran = [
            client.submit(name=name, command=command, labels={"days": days})
            for name, command, days in itertools.product(
                names, ("true", "exit 3"), ("0", "3", "20")
            )
        ]
        for job in ran:
            client.wait(job)
        settings = f"{server.url}/api/v1/queue/settings"
        httpx.patch(settings, json={"paused": True}, timeout=30).raise_for_status()
        client.submit_many(
            {"name": f"{name}-{n}", "command": "true", "labels": {"days": str(n % 2 * 3)}}
            for n in range(WAITING)
            for name in names
        )
    note = (server.data_dir / "postgres" / "postgres" / "postmaster.pid").read_text()
    dsn = f"postgresql://hodei@/hodei?host={note.splitlines()[4]}"
    # A process of its own: this one's event loop is the browser's.
    subprocess.run([sys.executable, "-c", MOVE, dsn], check=True)
    return listed(server)


def listed(server: ServerProcess, query: str = "") -> list[Job]:
    """What the API answers to the address of a page."""
    answer = httpx.get(f"{server.url}/api/v1/jobs?limit=200&{query}", timeout=30)
    found: list[Job] = answer.raise_for_status().json()["items"]
    return found


def choose(page: Page, size: Size, old: Chosen, new: Chosen) -> None:
    """Goes from one choice to the next."""
    if new.date != old.date:
        choose_date(page, size, new.date)
    if new.name != old.name:
        page.get_by_role("searchbox").fill(new.name)
    chips = page.get_by_role("search").get_by_role("button")
    for state in set(old.states) ^ set(new.states):
        chips.filter(has_text=re.compile(f"^{LABELS[state]}")).click()


def choose_date(page: Page, size: Size, date: str) -> None:
    if size == "phone":
        page.get_by_role("button", name="Filters").click()
    page.get_by_role("button", name=re.compile("^Created: ")).click()
    menu = page.get_by_role("dialog", name="Created")
    if date == "days":
        today = datetime.now(UTC).date()
        menu.get_by_label("From").fill(str(today - timedelta(days=10)))
        menu.get_by_label("To").fill(str(today - timedelta(days=2)))
        menu.get_by_role("button", name="Apply").click()
    else:
        menu.get_by_role("button", name=date).click()
    expect(menu).to_have_count(0)
    if size == "phone":
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def check_list(page: Page, server: ServerProcess, chosen: Chosen, jobs: list[Job]) -> None:
    """The page lists what the choice means, and so does the API for the page's address."""
    wanted = [job["id"] for job in jobs if chosen.fits(job)]
    page.wait_for_function(SHOWN, arg=[wanted, ROWS])
    query = page.evaluate("location.search.slice(1)")
    assert [job["id"] for job in listed(server, query)] == wanted, chosen


def check_whole(page: Page, server: ServerProcess, jobs: list[Job]) -> None:
    """All three filters stand at what was chosen, and the list is theirs."""
    expect(page.get_by_role("searchbox")).to_have_value(FULL.name)
    pressed = page.locator("search button[aria-pressed=true]")
    expect(pressed).to_have_text([re.compile("^Pending"), re.compile("^Failed")])
    check_list(page, server, FULL, jobs)


def test_filters_list_what_they_say_and_are_restored(
    own_visitor: Visitor, server: ServerProcess
) -> None:
    jobs = fill(server)
    for size in SIZES:
        with own_visitor.page("/jobs", size=size) as page:
            settle(page)
            for old, new in itertools.pairwise((Chosen(), *WALKS[size])):
                choose(page, size, old, new)
                check_list(page, server, new, jobs)
            address = page.evaluate("location.href")
            page.evaluate(f"scrollTo(0, {DEPTH})")
            page.evaluate(TWO_FRAMES)
            # In the middle of the screen: to click there nothing has to scroll.
            row = page.wait_for_function(IN_THE_MIDDLE, arg=ROWS).as_element()
            assert row is not None
            place = row.evaluate(PLACE)
            row.click()
            expect(page).to_have_url(re.compile("/jobs/[0-9a-f-]{36}"))
            settle(page)
            page.go_back()
            expect(page).to_have_url(address)
            for again in (lambda: None, page.reload):
                again()
                page.wait_for_function(IN_PLACE, arg=place)
                check_whole(page, server, jobs)
            # Whoever is sent the address has the same list.
            with own_visitor.page(address, size=size) as shared:
                check_whole(shared, server, jobs)
