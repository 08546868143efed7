"""A finished log: colours, filters, search, links, hostile text, downloads, empty states."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from hodei.client import Client
from tests.support.browser import (
    Size,
    Theme,
    Visitor,
    check_axe,
    check_overflow,
    check_targets,
    settle,
)
from tests.support.server import ServerProcess
from tests.web.log_pages import drawn, logs_path, read_through, row, seen, state

MIXED = r"""
echo '--- Build'
for i in $(seq 1 40); do echo "[INFO] unit $i"; done
echo '+++ Test'
for i in $(seq 1 150); do echo "case $i"; done
echo '[WARN] slow disk'
reached() { while [ ! -e "$GATES/$1" ]; do sleep 0.05; done; }
reached 193
echo '[ERROR] expected 3, got 4' >&2
echo 'plain' >&2
reached 195
for i in $(seq 1 150); do echo "trace $i"; done
exit 3
"""
ERROR_LINE, LAST = 194, 345
HOSTILE = r"""
echo '<img src=x onerror=alert(1)>'
printf '\033[31mred\033[0m \033]8;;javascript:alert(1)\007here\033]8;;\007 http://x.test/\n'
for i in 20 40 60 80 100; do printf '\r%s%%' $i; done; echo
head -c 1200000 /dev/zero | tr '\0' x; echo
"""


@pytest.fixture(scope="module")
def mixed(shared_server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A failed job with lines of every kind, whose two streams come one after the other."""
    gates = tmp_path_factory.mktemp("gates")
    with Client(shared_server.url) as client:
        job = client.submit(name="mixed", command=MIXED, env={"GATES": str(gates)})
        for line in client.logs(job):
            if line.n in (193, 195):
                (gates / str(line.n)).touch()
        client.wait(job)
        return job.id


def colour(page: Page, selector: str) -> str:
    """The computed colour of an element."""
    return str(page.locator(selector).first.evaluate("(e) => getComputedStyle(e).color"))


def test_a_failed_job_opens_at_its_first_error(visitor: Visitor, mixed: str) -> None:
    with visitor.page(logs_path(mixed)) as page:
        row(page, ERROR_LINE).wait_for()
        assert ERROR_LINE in seen(page)
        expect(state(page, "complete")).to_contain_text(f"Complete, {LAST} lines")


def test_levels_have_their_colours_and_a_word(visitor: Visitor, mixed: str) -> None:
    with visitor.page(logs_path(mixed)) as page:
        row(page, ERROR_LINE).wait_for()
        assert colour(page, ".log-tag.log-ERROR") == "rgb(255, 123, 132)"
        assert colour(page, ".log-tag.log-WARN") == "rgb(242, 201, 76)"
        assert colour(page, ".log-tag.log-stderr") == "rgb(255, 180, 168)"
        assert {one.tag for one in drawn(page)} == {"", "WARN", "ERROR", "stderr"}
        page.locator(".log-scroll").focus()
        page.keyboard.press("Home")
        row(page, 2).wait_for()
        assert colour(page, ".log-tag.log-INFO") == "rgb(108, 168, 255)"
        expect(row(page, 2).locator(".log-tag")).to_have_text("INFO")


def test_chips_filter_by_level_with_the_original_numbers(visitor: Visitor, mixed: str) -> None:
    with visitor.page(logs_path(mixed)) as page:
        row(page, ERROR_LINE).wait_for()
        error, warn = (
            page.locator('[data-level-chip="ERROR"]'),
            page.locator('[data-level-chip="WARN"]'),
        )
        expect(error).to_have_text("ERROR 1")
        error.click()
        expect(page.locator(".log-row[data-line]")).to_have_count(1)
        assert [one.line for one in drawn(page)] == [ERROR_LINE]
        warn.click(modifiers=["Shift"])
        row(page, ERROR_LINE - 1).wait_for()
        row(page, ERROR_LINE).wait_for()
        assert [one.line for one in drawn(page)] == [ERROR_LINE - 1, ERROR_LINE]
        assert "level=ERROR%2CWARN" in page.url
        page.get_by_role("button", name="stdout").click()
        row(page, ERROR_LINE).wait_for(state="detached")
        row(page, ERROR_LINE - 1).wait_for()
        assert [one.line for one in drawn(page)] == [ERROR_LINE - 1]
        page.go_back()
        row(page, ERROR_LINE).wait_for()
        page.get_by_role("button", name=re.compile("^All [0-9]")).click()
        row(page, ERROR_LINE + 3).wait_for()


def test_a_filter_without_a_match_says_so_and_goes(visitor: Visitor, mixed: str) -> None:
    query = "?level=WARN&stream=stderr&q=nowhere&only=1"
    with visitor.page(logs_path(mixed, query)) as page:
        empty = page.locator('[data-log-empty="filtered"]')
        expect(empty).to_contain_text("level WARN · stream stderr · text “nowhere”")
        empty.get_by_role("button", name="Show all lines").click()
        row(page, ERROR_LINE).wait_for()


def test_the_search_counts_and_moves_over_the_whole_log(visitor: Visitor, mixed: str) -> None:
    with visitor.page(logs_path(mixed, "#L1")) as page:
        row(page, 1).wait_for()
        page.keyboard.press("Control+f")
        expect(page.get_by_label("Search the whole log")).to_be_focused()
        page.keyboard.type("trace 1")
        count = page.locator("[data-search-count]")
        expect(count).to_have_text("1 of 62")
        row(page, 196).wait_for()
        expect(row(page, 196)).to_have_attribute("data-current", "")
        assert row(page, 196).locator("mark").inner_text() == "trace 1"
        page.keyboard.press("Enter")
        expect(count).to_have_text("2 of 62")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")


def test_a_search_is_an_address(visitor: Visitor, mixed: str) -> None:
    visitor.noise.allow("400")
    with visitor.page(logs_path(mixed, "?q=%5Ecase%201%5B0-4%5D%24&re=1&only=1&ctx=1")) as page:
        expect(page.locator("[data-search-count]")).to_have_text("1 of 5")
        row(page, 57).wait_for()
        assert [one.line for one in drawn(page)] == list(range(51, 58))
        page.locator(".log-scroll").focus()
        page.keyboard.press("n")
        expect(page.locator("[data-search-count]")).to_have_text("2 of 5")
        page.keyboard.press("N")
        page.keyboard.press("N")
        expect(page.locator("[data-search-count]")).to_have_text("5 of 5")
        page.get_by_label("Search the whole log").fill("(a+)+")
        expect(page.locator("[data-search-count]")).to_contain_text("must not repeat")
        page.goto(logs_path(mixed, "?q=%5Cbslow%7Cgot%20%5Cd&re=1&level=WARN"))
        expect(page.locator("[data-search-count]")).to_have_text("1 of 1")
        page.locator('[data-level-chip="ERROR"]').click()
        page.wait_for_url("**re=1&level=ERROR**")
        expect(page.locator("[data-search-count]")).to_have_text("1 of 1")
        expect(row(page, ERROR_LINE)).to_have_attribute("data-current", "")


def test_links_to_lines(visitor: Visitor, mixed: str) -> None:
    with visitor.page(logs_path(mixed, "#L300-L302")) as page:
        row(page, 300).wait_for()
        picked = page.locator(".log-row[data-picked]")
        expect(picked).to_have_count(3)
        box = row(page, 310).bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 12, box["y"] + 8)
        expect(page).to_have_url(re.compile("#L310$"))
        row(page, 312).click(position={"x": 12, "y": 8}, modifiers=["Shift"])
        expect(page).to_have_url(re.compile("#L310-L312$"))
        expect(picked).to_have_count(3)
        page.locator(".log-scroll").focus()
        page.keyboard.press("y")
        page.get_by_text("Link to line 310 copied").wait_for()
        page.evaluate("location.hash = '#L7'")
        row(page, 7).wait_for()
        assert 7 in seen(page)
        page.go_back()
        row(page, 310).wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.endswith(f"/jobs/{mixed}/logs?attempt=1#L310-L312")


def test_groups_fold_and_open_for_who_goes_inside(visitor: Visitor, mixed: str) -> None:
    with visitor.page(logs_path(mixed, "#L1")) as page:
        row(page, 1).wait_for()
        page.get_by_role("button", name="Fold all groups").click()
        row(page, 3).wait_for(state="detached")
        assert [one.line for one in drawn(page)] == [1, 42]
        row(page, 42).get_by_role("button").click()
        row(page, 43).wait_for()
        page.locator(".log-scroll").focus()
        page.keyboard.press("e")
        row(page, ERROR_LINE).wait_for()
        page.get_by_role("button", name="Open all groups").click()
        assert [one.line for one in read_through(page, LAST)] == list(range(1, LAST + 1))


def test_wrapped_lines_are_all_there(visitor: Visitor, client: Client) -> None:
    script = "for i in $(seq 1 400); do printf '%s ' $(seq 1 $((i % 90 + 1))); echo; done"
    job = client.submit(name="wide", command=script)
    client.wait(job)
    wanted = client.output(job).splitlines()
    with visitor.page(logs_path(job.id, "?wrap=1"), size="phone") as page:
        rows = read_through(page, 400)
        assert [one.text for one in rows] == wanted
        check_overflow(page)


def test_hostile_text_is_text(visitor: Visitor, client: Client) -> None:
    job = client.submit(name="hostile", command=HOSTILE)
    client.wait(job)
    with visitor.page(logs_path(job.id)) as page:
        row(page, 4).wait_for()
        rows = drawn(page)
        assert rows[0].text == "<img src=x onerror=alert(1)>"
        assert (rows[1].text, rows[2].text) == ("red here http://x.test/", "100%")
        assert page.locator(".log-scroll img").count() == 0
        links = page.locator(".log-scroll a")
        assert links.evaluate_all("(all) => all.map((a) => [a.href, a.rel])") == [
            ["http://x.test/", "noopener noreferrer"]
        ]
        assert colour(page, '.log-row[data-line="2"] .log-text span') == "rgb(255, 123, 132)"
        assert len(rows[3].text) < 4200
        row(page, 4).get_by_role("button", name="show all").click()
        expect(page.get_by_role("dialog").locator("pre")).to_have_text("x" * 1_048_576)


def test_downloads_are_the_log_and_the_view(visitor: Visitor, mixed: str, client: Client) -> None:
    with visitor.page(logs_path(mixed, "?level=ERROR,WARN")) as page:
        row(page, ERROR_LINE).wait_for()

        def saved(nth: int) -> bytes:
            page.get_by_role("button", name="Download").click()
            with page.expect_download() as download:
                page.get_by_role("menuitem", name="Text (.log)", exact=True).nth(nth).click()
            return Path(download.value.path()).read_bytes()

        whole, view = saved(0), saved(1)
        assert whole.count(b"\n") == LAST
        assert view == b"[WARN] slow disk\n[ERROR] expected 3, got 4\n"
        shown = page.locator('[data-log-state="complete"] code').get_attribute("title")
        assert shown == hashlib.sha256(whole).hexdigest()


def test_what_there_is_to_say_without_lines(visitor: Visitor, client: Client) -> None:
    silent = client.submit(name="silent", command="true")
    client.wait(silent)
    visitor.noise.allow("404")
    with visitor.page(logs_path(silent.id)) as page:
        expect(page.locator('[data-log-empty="empty"]')).to_contain_text("Exit code 0")
        page.goto(logs_path("00000000-0000-7000-8000-000000000000"))
        expect(page.locator('[data-log-empty="not-found"]')).to_be_visible()


def test_a_job_that_waits_says_why(visitor: Visitor, client: Client) -> None:
    settings = f"{visitor.url}/api/v1/queue/settings"
    httpx.patch(settings, json={"paused": True}).raise_for_status()
    try:
        job = client.submit(name="waits", command="echo here")
        with visitor.page(logs_path(job.id)) as page:
            expect(page.locator('[data-log-empty="not-started"]')).to_contain_text(
                "Dispatch is paused."
            )
            httpx.patch(settings, json={"paused": False}).raise_for_status()
            expect(row(page, 1)).to_contain_text("here")
    finally:
        httpx.patch(settings, json={"paused": False}).raise_for_status()


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_viewer_is_clean(visitor: Visitor, mixed: str, size: Size, theme: Theme) -> None:
    with visitor.page(logs_path(mixed), size=size, theme=theme) as page:
        row(page, ERROR_LINE).wait_for()
        settle(page)
        check_overflow(page)
        check_axe(page)
        if size == "phone":
            check_targets(page)


def test_the_viewer_speaks_spanish(visitor: Visitor, mixed: str) -> None:
    with visitor.page(logs_path(mixed), language="es") as page:
        row(page, ERROR_LINE).wait_for()
        for name in ("Pausar", "Limpiar", "Desplazamiento automático", "Ir al final"):
            expect(page.get_by_role("button", name=name, exact=True)).to_be_attached()
        expect(state(page, "complete")).to_contain_text(f"Completo, {LAST} líneas")
