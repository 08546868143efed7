"""The list of jobs: filters in the address, live rows, bulk actions, many rows."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from playwright.sync_api import Locator, Page, Request, expect

from hodei.client import Client
from tests.support.browser import SIZES, Visitor, check_axe, settle
from tests.support.gate import Gate
from tests.support.server import ServerProcess

SLEEPER = "sleep 600"
BLANKS = """(row) => {
    let blank = 0;
    const list = document.querySelector(row).parentElement.getBoundingClientRect();
    const end = Math.min(list.bottom, innerHeight);
    for (let y = Math.max(list.top, 0) + 1; y < end - 1; y += 20) {
        const seen = document.elementsFromPoint(list.left + 200, y);
        if (!seen.some((one) => one.closest(row))) blank += 1;
    }
    return blank;
}"""


def names(page: Page) -> list[str]:
    """Names of the rows in sight."""
    return page.locator("[data-row] a").all_inner_texts()


def test_filters_live_in_the_address(visitor: Visitor, client: Client, label: str) -> None:
    for name, command in (("good", "true"), ("bad", "exit 3")):
        client.wait(client.submit(name=f"{label}-{name}", command=command))
    with visitor.page("/jobs") as page:
        page.get_by_role("searchbox").fill(label)
        expect(page).to_have_url(re.compile(f"q={label}"))
        expect(page.locator("[data-row]")).to_have_count(2)
        failed = page.get_by_role("search").get_by_role("button", name=re.compile("^Failed"))
        expect(failed).to_have_text("Failed1")
        failed.click()
        expect(page).to_have_url(re.compile("status=FAILED"))
        expect(page.locator("[data-row]")).to_have_count(1)
        page.reload()
        expect(page.locator("[data-row]")).to_have_count(1)
        assert names(page) == [f"{label}-bad"]
        page.go_back()
        expect(page.locator("[data-row]")).to_have_count(2)
        page.goto(f"/jobs?q={label}&status=TIMEOUT&from=2020-01-01")
        expect(page.get_by_text(f"“{label}”")).to_be_visible()
        page.get_by_role("main").get_by_role("button", name="Clear filters").last.click()
        expect(page).to_have_url(re.compile("/jobs$"))


def asked_of(page: Page) -> set[Request]:
    """What the page asks for and has no answer to yet."""
    asked: set[Request] = set()

    def begun(request: Request) -> None:
        asked.add(request)

    def over(request: Request) -> None:
        asked.discard(request)

    page.on("request", begun)
    page.on("requestfinished", over)
    page.on("requestfailed", over)
    return asked


def test_new_jobs_wait_behind_a_button(
    visitor: Visitor, client: Client, label: str, tmp_path: Path
) -> None:
    gate = Gate(tmp_path)
    first = client.submit(name=f"{label}-1", command=gate.wait)
    with visitor.page(f"/jobs?q={label}") as page:
        asked = asked_of(page)
        row = page.locator(f'[data-row="{first.id}"]')
        expect(row.locator("[data-state=RUNNING]")).to_be_visible()
        # Once a change is told, the page listens, and what it read at the beginning is there.
        gate.open()
        expect(row.locator("[data-state=SUCCEEDED]")).to_be_visible()
        while asked:
            page.wait_for_timeout(20)
        client.submit(name=f"{label}-2", command="true")
        client.submit(name="another", command="true")
        pill = page.get_by_role("button", name="1 new job")
        expect(pill).to_be_visible()
        assert names(page) == [f"{label}-1"]
        pill.click()
        expect(page.locator("[data-row]")).to_have_count(2)
        expect(pill).to_be_hidden()


def test_a_row_changes_while_one_looks(visitor: Visitor, client: Client, label: str) -> None:
    job = client.submit(name=label, command=SLEEPER)
    with visitor.page(f"/jobs?q={label}") as page:
        row = page.locator(f'[data-row="{job.id}"]')
        expect(row.locator("[data-state=RUNNING]")).to_be_visible()
        client.cancel(job)
        expect(row.locator("[data-state=CANCELLED]")).to_be_visible()


def test_bulk_actions_say_what_became_of_each(visitor: Visitor, client: Client, label: str) -> None:
    done = client.submit(name=f"{label}-done", command="true")
    client.wait(done)
    running = [client.submit(name=f"{label}-{n}", command=SLEEPER) for n in range(3)]
    with visitor.page(f"/jobs?q={label}") as page:
        expect(page.locator("[data-row]")).to_have_count(4)
        page.get_by_role("checkbox", name="Select all").click()
        expect(page.get_by_text("4 selected")).to_be_visible()
        page.get_by_role("button", name="Cancel jobs").click()
        asked = page.get_by_role("alertdialog")
        expect(asked).to_contain_text("3 of them have not finished")
        check_axe(page)
        asked.get_by_role("button", name="Cancel jobs").click()
        results = page.get_by_role("dialog")
        expect(results).to_contain_text("3 succeeded, 1 did not")
        expect(results.locator("li").first).to_contain_text(f"{label}-done")
        check_axe(page)
        page.keyboard.press("Escape")
        expect(page.locator("[data-row] [data-state=CANCELLED]")).to_have_count(3)
    for job in running:
        assert client.wait(job).state.value == "CANCELLED"


def test_shift_selects_all_between_two_clicks(visitor: Visitor, client: Client, label: str) -> None:
    for n in range(4):
        client.wait(client.submit(name=f"{label}-{n}", command="true"))
    with visitor.page(f"/jobs?q={label}") as page:
        boxes = page.locator("[data-row]").get_by_role("checkbox")
        expect(boxes).to_have_count(4)
        boxes.nth(3).click()
        boxes.nth(1).click(modifiers=["Shift"])
        expect(page.get_by_text("3 selected")).to_be_visible()
        expect(boxes.first).not_to_be_checked()
        boxes.nth(2).click(modifiers=["Shift"])
        expect(page.get_by_text("1 selected")).to_be_visible()
        assert page.evaluate("getSelection().isCollapsed")


def test_keys_move_open_and_select(visitor: Visitor, client: Client, label: str) -> None:
    for n in range(3):
        client.wait(client.submit(name=f"{label}-{n}", command="true"))
    with visitor.page("/") as page:
        settle(page)
        page.keyboard.press("g")
        page.keyboard.press("j")
        expect(page.get_by_role("heading", name="Jobs", level=1)).to_be_focused()
        page.goto(f"/jobs?q={label}")
        expect(page.locator("[data-row]")).to_have_count(3)
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(page.get_by_text("1 selected")).to_be_visible()
        page.locator("[data-row]").last.get_by_role("checkbox").click()
        expect(page.get_by_text("2 selected")).to_be_visible()
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("?")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.get_by_role("searchbox").blur()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        check_axe(page)


def test_ten_thousand_jobs_scroll_and_stay_in_their_place(
    own_visitor: Visitor, server: ServerProcess
) -> None:
    with Client(server.url) as client:
        httpx.patch(f"{server.url}/api/v1/queue/settings", json={"paused": True})
        for part in range(10):
            names = [f"job-{part * 1000 + n}" for n in range(1000)]
            client.submit_many([{"name": name, "command": "true"} for name in names])
        for size in SIZES:
            with own_visitor.page("/jobs", size=size) as page:
                expect(page.get_by_text("10,000").first).to_be_visible()
                check_scrolling(page, "[data-row]" if size == "desk" else "main li", "job-9200")
        with own_visitor.page("/jobs") as page:
            check_pill(page, client)
            page.reload()
            check_cancelling(page)


def check_scrolling(page: Page, row: str, goal: str) -> None:
    """Down to a job, with rows wherever one looks; into it and back to the same place."""
    rows = page.locator(row)
    wanted = page.get_by_text(re.compile(f"^{goal}$"))
    rows.first.wait_for()
    assert rows.count() < 80
    while not wanted.is_visible():
        before = page.evaluate("scrollY")
        page.evaluate("scrollBy(0, 0.8 * innerHeight)")
        page.wait_for_function("(before) => scrollY > before", arg=before)
        # Two frames to draw what has come into view.
        page.evaluate("new Promise((on) => requestAnimationFrame(() => requestAnimationFrame(on)))")
        assert page.evaluate(BLANKS, row) == 0
    assert rows.count() < 80
    wanted.scroll_into_view_if_needed()
    depth = page.evaluate("scrollY")
    wanted.click()
    expect(page).to_have_url(re.compile("/jobs/"))
    # Whoever goes back has seen the job: until then the list's own place is still in the making.
    expect(page.get_by_role("heading", level=1)).to_contain_text(goal)
    page.go_back()
    expect(wanted).to_be_visible()
    assert abs(page.evaluate("scrollY") - depth) < 200


def still_text(row: Locator) -> str:
    """What a row says, but for how long ago it was, which goes on."""
    return re.sub(r"\d+\s?\w+ ago", "", row.inner_text())


def check_pill(page: Page, client: Client) -> None:
    """A new job waits behind its button, and nothing moves under the pointer."""
    row = page.locator("[data-row]").nth(5)
    row.hover()
    expect(page.locator("[data-live=live]").first).to_be_attached()
    before = (still_text(row), row.bounding_box())
    client.submit(name="later", command="true")
    expect(page.get_by_role("button", name="1 new job")).to_be_visible()
    assert (still_text(row), row.bounding_box()) == before


def check_cancelling(page: Page) -> None:
    """A hundred at once, and what became of each of them."""
    page.get_by_role("checkbox", name="Select all").click()
    expect(page.get_by_text("100 selected")).to_be_visible()
    page.get_by_role("button", name="Cancel jobs").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel jobs").click()
    results = page.get_by_role("dialog")
    expect(results).to_contain_text("100 succeeded")
    expect(results.locator("li")).to_have_count(100)
