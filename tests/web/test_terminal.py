"""A shell in the browser: it works, resizes, guards pastes, says its end and why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from hodei.client import Client
from tests.support.browser import Visitor, check_axe, check_overflow, check_targets, settle
from tests.support.server import ServerProcess

PASTE = """(text) => {
    const data = new DataTransfer();
    data.setData('text/plain', text);
    const options = { clipboardData: data, bubbles: true, cancelable: true };
    document.activeElement.dispatchEvent(new ClipboardEvent('paste', options));
}"""


@pytest.fixture
def job(client: Client) -> Iterator[str]:
    """A job that runs until the test is over."""
    made = client.submit(name="hosts a shell", command="sleep 600")
    yield made.id
    client.cancel(made)


def rows(page: Page) -> Locator:
    """What the terminal shows."""
    return page.locator(".xterm-rows")


def enter(page: Page) -> None:
    """Until the shell has answered."""
    page.get_by_role("textbox", name="Terminal input").wait_for(state="attached")
    expect(page.get_by_role("status").filter(has_text="Connected")).to_be_attached()
    page.get_by_role("textbox", name="Terminal input").focus()


def test_a_shell_answers_resizes_ends_and_is_opened_again(
    visitor: Visitor, client: Client, job: str
) -> None:
    with visitor.page(f"/jobs/{job}/terminal") as page:
        enter(page)
        page.keyboard.type("echo $((6*7))-answer\n")
        expect(rows(page)).to_contain_text("42-answer")
        page.keyboard.type("stty size\n")
        expect(rows(page)).to_contain_text(re.compile(r"\d+ 1\d\d"))
        page.set_viewport_size({"width": 700, "height": 500})
        page.keyboard.type("clear; stty size; echo done-$((1+1))\n")
        expect(rows(page)).to_contain_text("done-2")
        expect(rows(page)).to_contain_text(re.compile(r"\d\d \d\d\D"))
        check_axe(page)
        page.keyboard.press("Control+F6")
        expect(page.get_by_role("button", name=re.compile("Screen reader"))).to_be_focused()
        page.get_by_role("textbox", name="Terminal input").focus()
        page.keyboard.type("exit 3\n")
        expect(page.get_by_text("The shell ended with exit code 3.")).to_be_visible()
        page.get_by_role("button", name="Open a new shell").click()
        enter(page)
        page.keyboard.type("echo again-$((2+3))\n")
        expect(rows(page)).to_contain_text("again-5")
        client.cancel(job)
        expect(page.get_by_text("the job is over")).to_be_visible()
        expect(page.get_by_role("button", name="Open a new shell")).to_be_disabled()
        page.reload()
        expect(page.get_by_text("The job has finished: a terminal needs")).to_be_visible()


def test_a_flood_is_drawn_to_its_end_and_pastes_are_guarded(visitor: Visitor, job: str) -> None:
    with visitor.page(f"/jobs/{job}/terminal") as page:
        enter(page)
        page.keyboard.type("seq 1 200000; echo flood-$((40+2))\n")
        expect(rows(page)).to_contain_text("flood-42", timeout=60_000)
        page.evaluate(PASTE, "echo one-$((1+0))\necho two-$((1+1))\n")
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_contain_text("Paste 2 lines?")
        expect(dialog).to_contain_text("echo two-$((1+1))")
        dialog.get_by_role("button", name="Close").click()
        page.keyboard.type("echo after-$((4+4))\n")
        expect(rows(page)).to_contain_text("after-8")
        expect(rows(page)).not_to_contain_text("one-1")
        page.evaluate(PASTE, "echo one-$((1+0))\necho two-$((1+1))\n")
        page.get_by_role("button", name="Paste", exact=True).click()
        expect(rows(page)).to_contain_text("two-2")


def test_keys_of_a_phone_and_screen_reader_mode(visitor: Visitor, job: str) -> None:
    with visitor.page(f"/jobs/{job}/terminal", size="phone", language="es") as page:
        page.get_by_role("textbox").wait_for(state="attached")
        expect(page.get_by_text("Auditado")).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="Conectado")).to_be_attached()
        page.get_by_role("textbox").focus()
        page.keyboard.type("sleep 500\n")
        page.get_by_role("button", name="Ctrl").tap()
        expect(page.get_by_role("button", name="Ctrl")).to_have_attribute("aria-pressed", "true")
        page.keyboard.type("c")
        page.keyboard.type("echo free-$((3+4))\n")
        expect(rows(page)).to_contain_text("free-7")
        page.get_by_role("button", name="Flecha arriba").tap()
        page.keyboard.type("\n")
        expect(rows(page)).to_contain_text(re.compile(r"free-7.*free-7", re.DOTALL))
        page.get_by_role("button", name="Modo de lector de pantalla").tap()
        expect(page.locator(".xterm-accessibility")).to_contain_text("free-7")
        settle(page)
        check_overflow(page)
        check_axe(page)
        check_targets(page)


def test_a_lost_connection_is_said_and_taken_up_again(
    own_visitor: Visitor, server: ServerProcess
) -> None:
    own_visitor.noise.allow("WebSocket", "ERR_CONNECTION", "Failed to load resource")
    with Client(server.url) as client:
        job = client.submit(name="outlives the server", command="sleep 600")
    with own_visitor.page(f"/jobs/{job.id}/terminal") as page:
        enter(page)
        server.kill9()
        expect(page.get_by_text("The connection is lost, and the shell with it.")).to_be_visible()
        server.start()
        again = page.get_by_role("button", name="Reconnect")
        expect(again).to_be_enabled()
        again.click()
        enter(page)
        page.keyboard.type("echo back-$((8+1))\n")
        expect(rows(page)).to_contain_text("back-9")
