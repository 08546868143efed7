"""Nothing is invented and nothing is dead: no number without the server, no idle button."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from hodei.client import Client
from tests.support.browser import NO_SOCKET, Visitor, settle
from tests.support.server import ServerProcess

SOURCES = Path(__file__).resolve().parents[2] / "web" / "src"
INVENTED = re.compile(r"mock|coming soon|lorem|14,205", re.IGNORECASE)
PAGES = (
    "/",
    "/jobs",
    "/jobs/{job}",
    "/jobs/{job}?tab=config",
    "/jobs/{job}?tab=resources",
    "/queue",
    "/workers",
    "/providers",
    "/providers/local",
    "/metrics",
    "/settings/profile",
)
NUMBERS = """() => [...document.querySelectorAll('main .numeric, main [role=meter], main canvas')]
    .filter((one) => one.checkVisibility())
    .map((one) => one.textContent || one.tagName)
    .filter((text) => /\\d|CANVAS/.test(text))"""
WATCH = """() => {
    window.happened = 0;
    const note = () => { window.happened += 1; };
    new MutationObserver(note).observe(document,
        { subtree: true, childList: true, attributes: true, characterData: true });
    new PerformanceObserver(note).observe({ type: 'resource' });
    for (const kind of ['popstate', 'scroll', 'focusin']) addEventListener(kind, note, true);
}"""
BUTTONS = "button:visible:not([aria-disabled=true]):not([disabled]):not([data-live])"


@pytest.fixture
def bad(client: Client, label: str) -> str:
    """A failed job."""
    return client.wait(client.submit(name=label, command="echo one; exit 3")).id


def test_without_the_server_there_are_errors_and_no_numbers(visitor: Visitor, bad: str) -> None:
    visitor.noise.allow("WebSocket", "ERR_FAILED")
    with visitor.page("/sign-in") as page:
        page.context.add_init_script(NO_SOCKET)
        page.context.route("**/api/**", lambda route: route.abort())
        tabs = [visitor.tab(page, path.format(job=bad)) for path in PAGES[:-1]]
        for tab in tabs:
            expect(tab.get_by_role("main").get_by_role("alert").first).to_be_visible()
            assert tab.evaluate(NUMBERS) == [], tab.url


def test_a_lost_server_is_seen_and_comes_back(own_visitor: Visitor, server: ServerProcess) -> None:
    own_visitor.noise.allow("WebSocket", "ERR_", "Failed to load resource")
    lost = "The connection to the server is lost"
    with own_visitor.page("/") as page:
        tabs = [page, *(own_visitor.tab(page, path) for path in ("/jobs", "/queue", "/providers"))]
        for tab in tabs:
            settle(tab)
            expect(tab.locator("[data-live=live]").first).to_be_attached()
        server.kill9()
        for tab in tabs:
            away = tab.locator("[data-live=reconnecting], [data-live=polling]").first
            expect(away).to_be_attached()
            expect(tab.get_by_text(re.compile("^As of ")).first).to_be_visible()
            expect(tab.get_by_text(lost)).to_be_visible()
        server.start()
        for tab in tabs:
            expect(tab.locator("[data-live=live]").first).to_be_attached()
            expect(tab.get_by_text(lost)).to_be_hidden()


def test_the_sources_hold_no_invented_data() -> None:
    files = [path for path in SOURCES.rglob("*") if path.suffix in (".ts", ".tsx", ".json")]
    assert len(files) > 100
    found = [
        f"{path.name}: {line.strip()}"
        for path in files
        if ".test." not in path.name and path.parent.name != "testing"
        for line in path.read_text(encoding="utf-8").splitlines()
        if INVENTED.search(line)
    ]
    assert found == []


def test_every_button_does_something(own_visitor: Visitor, server: ServerProcess) -> None:
    own_visitor.noise.allow("409 (Conflict)")  # a job is saved as a template once
    with Client(server.url) as client, own_visitor.page("/") as page:
        bad = client.wait(client.submit(name="bad", command="echo one; exit 3"))
        # A dialog may come with a late answer, when the next button is about to be pressed.
        page.add_locator_handler(page.get_by_role("dialog"), lambda: page.keyboard.press("Escape"))
        for path in PAGES:
            address = path.format(job=bad.id)
            page.goto(address)
            settle(page)
            page.evaluate(WATCH)
            names = [name_of(one) for one in page.locator(f"main {BUTTONS}").all()]
            for at, name in enumerate(names):
                press(page, at, name, address)


def name_of(button: Locator) -> str:
    return (button.get_attribute("aria-label") or button.inner_text()).strip()


def press(page: Page, at: int, name: str, address: str) -> None:
    """Fails when the button changes neither the address, nor the page, nor asks the server."""
    buttons = page.locator(f"main {BUTTONS}")
    if buttons.count() <= at or name_of(buttons.nth(at)) != name:
        return  # it went with what an earlier one changed
    before = page.evaluate("window.happened")
    try:
        buttons.nth(at).click()
        page.wait_for_function("(before) => !(window.happened <= before)", arg=before)
    except TimeoutError as error:
        raise AssertionError(f"{address}: {name!r} does nothing") from error
    page.keyboard.press("Escape")
    expect(page.locator("[role=dialog], [role=alertdialog], [role=menu]")).to_have_count(0)
    if page.evaluate("location.pathname + location.search") != address:
        page.goto(address)
        settle(page)
        page.evaluate(WATCH)


def test_a_page_that_a_lost_server_cannot_send_is_no_newer_version(visitor: Visitor) -> None:
    visitor.noise.allow("Failed to load resource", "dynamically imported module", "ApiError")
    asked = ("**/MetricsPage-*.js", "**/api/v1/health")
    with visitor.page("/nowhere") as page:
        for address in asked:
            page.route(address, lambda route: route.abort())
        page.goto("/jobs")
        metrics = page.get_by_role("navigation").get_by_role("link", name="Metrics")
        metrics.click()
        expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
        expect(metrics).to_be_visible()
        for address in asked:
            page.unroute(address)
        page.get_by_role("alert").get_by_role("button", name="Try again").click()
        expect(page.get_by_role("heading", level=1, name="Metrics")).to_be_visible()
