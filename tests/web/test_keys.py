"""The whole product without a mouse: every stop is seen, and nothing focused is hidden."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from hodei.client import Client
from tests.support.browser import Visitor, settle

FOCUSED = """() => {
    const one = document.activeElement;
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const after = getComputedStyle(one, '::after');
    const at = document.elementFromPoint(
        Math.max(1, box.left) + Math.min(box.width, innerWidth) / 2,
        Math.max(1, box.top) + Math.min(box.height, 40) / 2);
    // A field with its unit has one ring around both.
    const around = getComputedStyle(one.matches('input') ? one.parentElement : one);
    const ringed = [style, after, around].some((s) =>
        (s.outlineStyle !== 'none' && s.outlineWidth !== '0px') || s.boxShadow !== 'none');
    return { name: one.ariaLabel || one.textContent || one.tagName, ringed,
        hidden: !(at && (one.contains(at) || at.contains(one))) };
}"""
FEWEST_STOPS = 15
MOST_STOPS = 40
"""Of a list with many rows, all alike."""
LISTEN = """() => {
    window.heard = [];
    const before = new Map();
    new MutationObserver(() => {
        for (const one of document.querySelectorAll('[role=status], [role=alert], [aria-live]')) {
            const text = one.ariaLive === 'off' ? '' : one.textContent.trim();
            if (text !== (before.get(one) ?? '') && text !== '') window.heard.push(text);
            before.set(one, text);
        }
    }).observe(document, { subtree: true, childList: true, characterData: true });
}"""
"""Keeps what a screen reader would say, each time that it would."""
PAGES = (
    "/jobs",
    "/queue",
    "/workers",
    "/templates",
    "/schedules",
    "/providers",
    "/providers/local?tab=config",
    "/metrics",
    "/audit",
    "/settings/profile",
    "/jobs/{job}",
)


def check_focus(page: Page) -> None:
    """Fails when what has the focus shows no ring, or stands behind something."""
    found = page.evaluate(FOCUSED)
    assert found["ringed"], f"{page.url}: no ring on {found['name']}"
    assert not found["hidden"], f"{page.url}: {found['name']} is hidden"


def tab_to(page: Page, name: str) -> None:
    """Goes on by Tab until the control of that name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if found["name"].strip() == name:
            return check_focus(page)
    raise AssertionError(f"Tab does not lead to {name}")


def test_what_has_the_focus_is_seen_on_every_page(
    visitor: Visitor, client: Client, label: str
) -> None:
    job = client.wait(client.submit(name=label, command="echo one; exit 3"))
    with visitor.page("/") as page:
        for path in PAGES:
            page.goto(path.format(job=job.id))
            settle(page)
            page.locator("main").focus()
            page.keyboard.press("Tab")
            for _ in range(MOST_STOPS):
                check_focus(page)
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement === document.body"):
                    break
        page.goto(f"/jobs/{job.id}/logs")
        settle(page)
        page.keyboard.press("?")
        listed = page.get_by_role("dialog", name="Keyboard shortcuts").get_by_role("listitem")
        for words, keys in (
            ("Search the log", ["/", "Ctrl", "f"]),
            ("Choose one line more", ["J"]),
        ):
            expect(listed.filter(has_text=words).locator("kbd")).to_have_text(keys)


def test_the_tour_needs_no_mouse(visitor: Visitor, client: Client, label: str) -> None:
    job = client.submit(name=label, command="echo needle; sleep 600")
    with visitor.page("/") as page:
        settle(page)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        stops = 0
        while page.evaluate("document.activeElement !== document.body"):
            check_focus(page)
            page.keyboard.press("Tab")
            stops += 1
        assert stops > FEWEST_STOPS
        page.keyboard.press("Escape")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("g")
        page.keyboard.press("j")
        expect(page.get_by_role("heading", name="Jobs", level=1)).to_be_focused()
        page.keyboard.press("Control+k")
        expect(page.get_by_role("combobox", name="Search or jump to")).to_be_focused()
        page.keyboard.type(label)
        expect(page.get_by_role("option").filter(has_text=label)).to_be_visible()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/jobs/{job.id}")
        expect(page.locator("h1 [data-state=RUNNING]")).to_be_visible()
        page.evaluate(LISTEN)
        page.keyboard.press("3")
        expect(page.get_by_role("log")).to_contain_text("needle")
        page.keyboard.press("Control+f")
        expect(page.get_by_label("Search the whole log")).to_be_focused()
        page.keyboard.type("needle")
        expect(page.locator("[data-search-count]")).to_have_text("1 of 1")
        page.keyboard.press("Escape")
        page.evaluate("document.activeElement.blur()")
        tab_to(page, "Cancel Job")
        page.keyboard.press("Enter")
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_be_visible()
        dialog.get_by_role("button", name="Cancel Job").focus()
        page.keyboard.press("Enter")
        expect(page.locator("h1 [data-state=CANCELLED]")).to_be_visible()
        # A screen reader hears of the end once.
        said = page.locator("[role=status].sr-only").filter(has_text="Cancelled")
        expect(said).to_have_count(1)
        heard = page.evaluate("window.heard")
        assert [one for one in heard if "Cancelled" in one] == [said.inner_text()]
