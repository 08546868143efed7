"""The terminal page: a real shell in a running job, its size, its end, and why there is none."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from hodei.client import Client
from tests.support.browser import (
    WAIT_MS,
    Size,
    Theme,
    Visitor,
    check_axe,
    check_overflow,
    check_targets,
    settle,
)
from tests.support.server import ServerProcess

expect.set_options(timeout=WAIT_MS)

FOREVER = "echo up; while :; do sleep 1; done"
ROWS = "document.querySelectorAll('.xterm-rows > div').length"


def screen(page: Page) -> Locator:
    """The rows of the terminal."""
    return page.locator(".xterm-rows")


def enter(page: Page) -> None:
    """Waits until a shell is open, and has the keys."""
    expect(page.locator("[data-terminal-state=open]")).to_be_visible()
    expect(page.get_by_role("textbox", name="Input of the terminal")).to_be_focused()


def run(page: Page, command: str) -> None:
    """Types a line."""
    page.keyboard.type(command)
    page.keyboard.press("Enter")


def shell_size(page: Page, mark: str) -> tuple[int, int]:
    """What the shell believes its size to be."""
    run(page, f"echo {mark}$((1+1)) $(stty size)")
    expect(screen(page)).to_contain_text(re.compile(rf"{mark}2 \d+ \d+"))
    found = re.search(rf"{mark}2 (\d+) (\d+)", screen(page).inner_text())
    assert found is not None
    return int(found[1]), int(found[2])


def note(page: Page, name: str) -> Locator:
    """The words over an empty console."""
    return page.locator(f"[data-terminal-note={name}]")


def test_from_the_job_to_a_shell_and_out_of_it(
    visitor: Visitor, client: Client, label: str
) -> None:
    job = client.submit(name=label, command=FOREVER)
    with visitor.page(f"/jobs/{job.id}") as page:
        expect(page.locator("[data-latest-logs]")).to_contain_text("up")
        page.get_by_role("button", name="SSH Access").click()
        page.wait_for_url(f"**/jobs/{job.id}/terminal")
        enter(page)
        expect(page.get_by_text("This session is audited.")).to_be_visible()
        run(page, "echo $((6*7))")
        expect(screen(page).get_by_text("42", exact=True)).to_be_visible()
        rows, columns = shell_size(page, "large")
        assert rows == page.evaluate(ROWS)
        page.set_viewport_size({"width": 900, "height": 500})
        page.wait_for_function(f"(rows) => {ROWS} < rows", arg=rows)
        smaller = shell_size(page, "small")
        assert smaller[0] == page.evaluate(ROWS)
        assert smaller[1] < columns
        check_axe(page)
        page.keyboard.press("Control+F6")
        expect(page.get_by_role("button", name="Copy the selection")).to_be_focused()
        page.get_by_role("textbox", name="Input of the terminal").focus()
        page.keyboard.press("Control+Shift+Escape")
        expect(page.get_by_role("button", name="Copy the selection")).to_be_focused()
        page.get_by_role("textbox", name="Input of the terminal").focus()
        run(page, "exit 3")
        end = page.locator("[data-terminal-end=ended]")
        expect(end).to_contain_text("The shell ended with exit code 3.")
        again = end.get_by_role("button", name="New session")
        expect(again).to_be_focused()
        page.keyboard.press("Enter")
        enter(page)
        run(page, "echo again $((2*4))")
        expect(screen(page)).to_contain_text("again 8")
        page.get_by_role("link", name=f"Back to {label}").click()
        page.wait_for_url(f"**/jobs/{job.id}")
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        client.cancel(job)
        client.wait(job)
        events = page.request.get(f"/api/v1/jobs/{job.id}/events").json()["items"]
        kinds = [event["kind"] for event in events]
        assert kinds.count("terminal.opened") == kinds.count("terminal.closed") == 2


def test_output_is_confirmed_and_lines_are_not_pasted_unread(
    visitor: Visitor, client: Client, label: str
) -> None:
    job = client.submit(name=label, command=FOREVER)
    with visitor.page(f"/jobs/{job.id}/terminal") as page:
        enter(page)
        # Eight windows: without confirmations it would stand still after the first.
        run(page, "head -c 2097152 /dev/zero | tr '\\0' x; echo; echo flood $((5*5))")
        expect(screen(page)).to_contain_text("flood 25", timeout=60_000)
        page.evaluate(
            "navigator.clipboard.writeText('echo pasted $((3*3))\\necho and $((4*4))\\n')"
        )
        page.keyboard.press("Control+Shift+V")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Paste 2 lines?")
        expect(dialog.get_by_label("Text")).to_have_value(re.compile(r"^echo pasted"))
        check_axe(page)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        page.get_by_role("button", name="Paste", exact=True).click()
        dialog.get_by_role("button", name="Paste", exact=True).click()
        enter(page)
        page.keyboard.press("Enter")
        expect(screen(page)).to_contain_text("pasted 9")
        expect(screen(page)).to_contain_text("and 16")
        page.get_by_label("Screen reader mode").click()
        expect(page.locator(".xterm-accessibility")).to_contain_text("pasted 9")
        check_axe(page)
        client.cancel(job)
        end = page.locator("[data-terminal-end]")
        expect(end).to_contain_text("The job is over, and its shells with it.")
        expect(end.get_by_role("button")).to_have_attribute("aria-disabled", "true")


def test_a_finished_job_says_so(visitor: Visitor, client: Client, label: str) -> None:
    job = client.wait(client.submit(name=label, command="exit 3"))
    with visitor.page(f"/jobs/{job.id}/terminal") as page:
        expect(note(page, "over")).to_contain_text("The job is over: Failed")
        expect(page.locator("[data-terminal-state=closed]")).to_be_visible()
        check_axe(page)
        page.get_by_role("link", name="Open the log").click()
        page.wait_for_url(f"**/jobs/{job.id}/logs")
    visitor.noise.allow("404 (Not Found)")
    with visitor.page(f"/jobs/{label}/terminal") as page:
        expect(page.get_by_role("alert")).to_contain_text("It does not exist")


def test_it_opens_by_itself_and_survives_the_server(
    own_visitor: Visitor, server: ServerProcess, label: str
) -> None:
    own_visitor.noise.allow("ERR_CONNECTION_REFUSED", "WebSocket", "Failed to load resource")
    with Client(server.url) as client, own_visitor.page("/jobs") as page:
        [local] = client.providers()
        page.request.post(f"/api/v1/providers/{local.id}:disable")
        job = client.submit(name=label, command=FOREVER)
        page.goto(f"/jobs/{job.id}/terminal")
        expect(note(page, "waiting")).to_contain_text("The job waits in the queue")
        expect(note(page, "waiting")).to_contain_text("Provider 'local' is disabled.")
        check_axe(page)
        page.request.post(f"/api/v1/providers/{local.id}:enable")
        enter(page)
        run(page, "echo before $((1+2))")
        expect(screen(page)).to_contain_text("before 3")
        server.kill9()
        end = page.locator("[data-terminal-end=lost]")
        expect(end).to_contain_text("The connection broke, and the shell ended with it.")
        end.get_by_role("button", name="Reconnect").click()
        expect(page.locator("[data-terminal-end=retrying]")).to_contain_text("Next try in")
        server.start()
        expect(page.locator("[data-terminal-state=open]")).to_be_visible()
        page.get_by_role("textbox", name="Input of the terminal").focus()
        run(page, "echo after $((2+2))")
        expect(screen(page)).to_contain_text("after 4")
        expect(screen(page)).to_contain_text("before 3")
        client.cancel(job)


@pytest.mark.parametrize(
    ("size", "theme"), list(itertools.product(("phone", "desk"), ("dark", "light")))
)
def test_it_fits_and_can_be_touched(
    visitor: Visitor, client: Client, label: str, tmp_path: Path, size: Size, theme: Theme
) -> None:
    job = client.submit(name=label, command=FOREVER)
    with visitor.page(f"/jobs/{job.id}/terminal?lng=es", size=size, theme=theme) as page:
        expect(page.locator("[data-terminal-state=open]")).to_be_visible()
        settle(page)
        check_overflow(page)
        check_axe(page)
        if size == "phone":
            check_targets(page)
            page.locator(".xterm-screen").tap()
            page.keyboard.type("cat")
            page.keyboard.press("Enter")
            page.get_by_role("button", name="Ctrl").tap()
            page.keyboard.type("d")
            page.keyboard.type("echo $((6*7))")
            page.keyboard.press("Enter")
            expect(screen(page).get_by_text("42", exact=True)).to_be_visible()
            page.get_by_role("button", name="Arriba").tap()
            page.keyboard.press("Enter")
            expect(screen(page).get_by_text("42", exact=True)).to_have_count(2)
        page.screenshot(path=tmp_path / "terminal.png")
    client.cancel(job)
