"""How pages look and read on real screens: themes, colours of the system, turned phones, words."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Route, expect

from hodei.client import Client
from tests.support.browser import Theme, Visitor, check_overflow, check_targets, settle
from tests.support.server import ServerProcess, data_directory
from tests.web.log_pages import logs_path, seen, state

GROUNDS = {"light": "rgb(246, 247, 249)", "dark": "rgb(12, 16, 23)"}
FIRST_THEMES = """
window.themes = new Set();
new MutationObserver(() => {
    if (document.body) window.themes.add(document.documentElement.dataset.theme);
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
INKED = """() => {
  const ground = (element) => getComputedStyle(element).backgroundColor;
  const parts = [...document.querySelectorAll("figure [data-ink]")];
  const bars = parts.filter((part) => part.clientHeight > 2);
  return bars.length > 0 && parts.every((part) => ground(part) !== ground(document.body));
}"""
"""Bars of charts, and their keys, are to be seen on the page's ground."""
PLACED = """(selector) => {
    const note = document.querySelector(selector);
    const { x, y, width, height } = note.getBoundingClientRect();
    return [note.textContent, x, y, width, height];
}"""
EDGE = "(e) => { const s = getComputedStyle(e); return [s.borderTopStyle, s.borderTopWidth]; }"
MONTHS = "ene|feb|mar|abr|may|jun|jul|ago|sept|oct|nov|dic"
RINGED = """() => getComputedStyle(document.activeElement).outlineStyle !== 'none'"""
UNCOVERED = """() => {
    const field = document.activeElement;
    const box = field.getBoundingClientRect();
    const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return box.top >= 0 && box.bottom <= innerHeight && field.contains(at);
}"""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_chosen_theme_is_there_from_the_first_paint(visitor: Visitor, theme: Theme) -> None:
    other: Theme = "light" if theme == "dark" else "dark"
    with visitor.page("/settings/profile", theme=other) as page:
        page.get_by_role("radio", name=theme.capitalize(), exact=True).click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        page.context.add_init_script(FIRST_THEMES)
        page.reload()
        settle(page)
        assert page.evaluate("[...window.themes]") == [theme]
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == GROUNDS[theme]


def test_development_mode_is_said_before_the_scripts_have_come(browser: Browser) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    env = {"HODEI_DEV_MODE": "1"}
    with data_directory() as directory, ServerProcess(directory, env) as server:
        visitor = Visitor(browser, server.url)
        with visitor.page("/setup", size="phone", language="es") as page:
            page.route("**/assets/base-*.js", hold)
            page.goto("/jobs")
            note = page.locator("[data-frame=note]")
            expect(note).to_have_text(re.compile("Modo de desarrollo"))
            early = page.evaluate(PLACED, "[data-frame=note]")
            for route in held:
                route.continue_()
            settle(page)
            expect(note).to_have_count(0)
            assert page.evaluate(PLACED, "aside p") == early
        assert visitor.noise.bad == []


def test_what_is_chosen_stands_out_in_the_colours_of_the_system(
    visitor: Visitor, client: Client
) -> None:
    client.wait(client.submit(name="inked", command="true"))
    looks = "(e) => { const s = getComputedStyle(e); return [s.backgroundColor, s.color]; }"
    with visitor.page("/metrics?range=7d", forced_colors="active") as page:
        settle(page)
        chosen, other = (page.get_by_role("radio", name=name) for name in ("7D", "30D"))
        assert chosen.evaluate(looks) != other.evaluate(looks)
        page.wait_for_function(INKED)
        here, other = (page.get_by_role("link", name=name).first for name in ("Metrics", "Queue"))
        assert here.evaluate(looks) != other.evaluate(looks)
        page.goto("/jobs?status=FAILED")
        chips = page.get_by_role("search").get_by_role("button")
        chosen, other = (chips.filter(has_text=re.compile(name)) for name in ("^Fail", "^Pend"))
        expect(chosen).to_have_attribute("aria-pressed", "true")
        assert chosen.evaluate(looks) != other.evaluate(looks)
        page.goto("/providers")
        switch = page.get_by_role("switch").first
        ground, thumb = (switch.evaluate(looks), switch.locator("span").evaluate(looks))
        assert ground[0] != thumb[0]
        page.goto("/providers/local?tab=config")
        settle(page)
        chosen, other = (page.get_by_role("tab", name=name) for name in ("Config", "Overview"))
        assert chosen.evaluate(looks) != other.evaluate(looks)
        assert page.get_by_role("button", name="Save changes").evaluate(EDGE) == ["solid", "1px"]
        chosen.focus()
        page.keyboard.press("Tab")
        page.wait_for_function(RINGED)


def test_the_log_can_be_read_on_a_turned_phone(visitor: Visitor, client: Client) -> None:
    job = client.submit(name="turned", command="seq 1 200")
    client.wait(job)
    with visitor.page(logs_path(job.id), size="phone") as page:
        page.set_viewport_size({"width": 844, "height": 390})
        state(page, "complete").wait_for()
        page.wait_for_function("() => document.querySelectorAll('.log-row[data-line]').length > 5")
        assert len(seen(page)) >= 6
        check_overflow(page)
        check_targets(page)


def test_an_open_keyboard_does_not_hide_the_field(visitor: Visitor) -> None:
    with visitor.page("/jobs/new", size="phone") as page:
        settle(page)
        # What is left of the screen above the keyboard of a usual phone.
        page.set_viewport_size({"width": 390, "height": 430})
        for name in ("Job Name", "Container Image", "CPU Cores", "Timeout (ms)", "Region"):
            page.get_by_label(name).first.tap()
            page.wait_for_function(UNCOVERED)


def test_the_language_changes_at_once_and_wholly(
    visitor: Visitor, client: Client, label: str
) -> None:
    client.wait(client.submit(name=label, command="true"))
    with visitor.page("/jobs") as page:
        settle(page)
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.get_by_role("button", name="Language").click()
        page.get_by_role("menuitemradio", name="Español").click()
        expect(page.locator("html")).to_have_attribute("lang", "es")
        expect(page).to_have_title(re.compile("^Jobs"))
        expect(page.get_by_role("searchbox", name="Nombre o id")).to_be_visible()
        expect(page.get_by_role("link", name="Nuevo job").first).to_be_attached()
        made = page.get_by_role("row").locator("time").first
        expect(made).to_have_text(re.compile("^(ahora|hace )"))
        expect(made).to_have_attribute("title", re.compile(rf"\b({MONTHS}) "))
        page.get_by_role("link", name="Panel").click()
        expect(page).to_have_title(re.compile("^Panel"))
        assert page.evaluate("performance.getEntriesByType('navigation').length") == 1


def test_the_bar_of_a_phone_has_five_places(visitor: Visitor) -> None:
    with visitor.page("/", size="phone") as page:
        bar = page.get_by_role("navigation", name="Main").locator("a, button")
        expect(bar).to_have_text(["Dashboard", "Jobs", "Providers", "Metrics", "More"])


def test_the_way_to_the_settings_is_marked_in_each_of_them(visitor: Visitor) -> None:
    with visitor.page("/settings/tokens") as page:
        link = page.get_by_role("link", name="Settings", exact=True)
        expect(link).to_have_attribute("aria-current", "page")
        page.get_by_role("link", name="Jobs", exact=True).click()
        expect(page.get_by_role("heading", name="Jobs", level=1)).to_be_visible()
        expect(link).not_to_have_attribute("aria-current", "page")
        link.click()
        expect(page).to_have_url(re.compile("/settings/profile$"))
        expect(link).to_have_attribute("aria-current", "page")
