"""A log while it is written: follow, hold, pause, clear, filter."""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import expect

from hodei.client import Client
from tests.support.browser import Visitor
from tests.web.log_pages import (
    at_end,
    console,
    drawn,
    logs_path,
    puppet,
    read_through,
    row,
    seen,
    state,
)

SOON_S = 2.5
"""From writing to seeing, half of the time in which a page asks that is told nothing."""


def test_each_line_is_seen_soon_after_it_was_written(
    visitor: Visitor, client: Client, tmp_path: Path
) -> None:
    written = tmp_path / "written"
    took = []
    with puppet(client, tmp_path) as job, visitor.page(logs_path(job.id)) as page:
        state(page, "live").wait_for()
        for number in range(1, 9):
            begun = time.monotonic()
            job.say(f"echo 'step {number}' | tee -a {written}")
            row(page, number).wait_for()
            took.append(time.monotonic() - begun)
        assert sorted(took)[len(took) // 2] < SOON_S, took
        assert [one.text for one in drawn(page)] == written.read_text().splitlines()


def test_pause_holds_the_view_and_resume_shows_everything(
    visitor: Visitor, client: Client, tmp_path: Path
) -> None:
    with puppet(client, tmp_path) as job, visitor.page(logs_path(job.id)) as page:
        job.say("seq 1 50")
        row(page, 50).wait_for()
        page.get_by_role("button", name="Pause").click()
        held = drawn(page)
        job.say("seq 51 300")
        expect(state(page, "paused")).to_have_text("Paused, 250 new")
        assert drawn(page) == held
        page.get_by_role("button", name="Resume").click()
        row(page, 300).wait_for()
        assert at_end(page)
        texts = [one.text for one in read_through(page, 300)]
        assert texts == [str(number) for number in range(1, 301)]


def test_scrolling_up_stops_following_until_the_bottom(
    visitor: Visitor, client: Client, tmp_path: Path
) -> None:
    with puppet(client, tmp_path) as job, visitor.page(logs_path(job.id)) as page:
        job.say("seq 1 500")
        row(page, 500).wait_for()
        auto = page.get_by_role("button", name="Auto-scroll")
        expect(auto).to_have_attribute("aria-pressed", "true")
        console(page).hover()
        page.mouse.wheel(0, -120)
        expect(auto).to_have_attribute("aria-pressed", "false")
        held = seen(page)
        for first in range(501, 1501, 100):
            job.say(f"seq {first} {first + 99}")
        bottom = page.get_by_role("button", name="Scroll to bottom, 1,000 new lines")
        bottom.wait_for()
        assert seen(page) == held
        bottom.click()
        row(page, 1500).wait_for()
        expect(auto).to_have_attribute("aria-pressed", "true")
        job.say("seq 1501 1510")
        row(page, 1510).wait_for()
        # By the wheel it comes to the bottom, and with that follows, as well.
        page.mouse.wheel(0, -200)
        expect(auto).to_have_attribute("aria-pressed", "false")
        page.mouse.wheel(0, 400)
        expect(auto).to_have_attribute("aria-pressed", "true")


def test_clear_can_be_undone_and_deletes_nothing(
    visitor: Visitor, client: Client, tmp_path: Path
) -> None:
    with puppet(client, tmp_path) as job, visitor.page(logs_path(job.id)) as page:
        job.say("seq 1 40")
        row(page, 40).wait_for()
        page.get_by_role("button", name="Clear").click()
        expect(page.locator('[data-log-empty="cleared"]')).to_be_visible()
        job.say("echo after")
        row(page, 41).wait_for()
        assert [one.line for one in drawn(page)] == [41]
        page.get_by_role("toolbar").get_by_role("button", name="Undo clear").click()
        row(page, 1).wait_for()
        page.get_by_role("button", name="Clear").click()
        page.reload()
        row(page, 41).wait_for()
        assert [one.line for one in read_through(page, 41)] == list(range(1, 42))


def test_a_filtered_view_grows_with_the_log(
    visitor: Visitor, client: Client, tmp_path: Path
) -> None:
    with puppet(client, tmp_path) as job:
        job.say('for i in 1 2 3; do echo "[INFO] $i"; echo "[ERROR] bad $i"; done')
        with visitor.page(logs_path(job.id, "?level=ERROR")) as page:
            row(page, 6).wait_for()
            assert [one.line for one in drawn(page)] == [2, 4, 6]
            job.say("echo fine; echo '[ERROR] bad 4'")
            row(page, 8).wait_for()
            assert [one.line for one in drawn(page)] == [2, 4, 6, 8]


def test_a_retry_opens_on_its_own_attempt(visitor: Visitor, client: Client, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    script = (
        f"if [ -e {gate} ]; then echo second; sleep 60; else touch {gate}; echo first; exit 3; fi"
    )
    job = client.submit(name="twice", command=script, retry={"max_attempts": 2})
    try:
        with visitor.page(logs_path(job.id)) as page:
            choice = page.get_by_role("combobox", name="Attempt")
            choice.wait_for()
            expect(row(page, 1)).to_contain_text("second")
            choice.select_option("1")
            expect(row(page, 1)).to_contain_text("first")
            assert page.url.endswith("attempt=1")
            page.go_back()
            expect(row(page, 1)).to_contain_text("second")
    finally:
        client.cancel(job)
