"""A real Chromium for tests of the web UI: sizes, guards, and what every page must hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict

from playwright.sync_api import (
    Browser,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 45_000
"""A loaded machine is slow, not wrong."""

LATE = "was preloaded using link preload but not used within a few seconds"
"""Said of a machine that is slow: the page takes what is preloaded as soon as it runs."""

Size = Literal["phone", "desk"]
Theme = Literal["dark", "light"]
Language = Literal["en", "es"]


class _Context(TypedDict, total=False):
    viewport: ViewportSize
    device_scale_factor: float
    has_touch: bool
    is_mobile: bool


SIZES: dict[Size, _Context] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 3,
        "has_touch": True,
        "is_mobile": True,
    },
    "desk": {"viewport": {"width": 1440, "height": 900}},
}
LOCALES: dict[Language, str] = {"en": "en-US", "es": "es-ES"}

NO_SOCKET = """
window.WebSocket = class extends WebSocket {
    constructor(address) { super(address.replace('/api/v1/ws', '/blocked')); }
};
"""
"""An init script: a WebSocket is refused, as where something in between lets none pass."""

OVERFLOW = """() => {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    return wide > 0 ? wide : 0;
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, select, [role=tab]')]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('p, dt, dd'))
    .filter((e) => !e.matches('.sr-only, .sr-only *, [tabindex="-1"]'))
    .map((e) => [e, e.getBoundingClientRect()])
    .filter(([e, box]) => box.width > 0 && box.bottom > 0
        && (box.height < 43.5 || box.width < 43.5)
        && getComputedStyle(e, '::before').position !== 'absolute')
    .map(([e, box]) => `${e.tagName} ${e.textContent || e.ariaLabel} ${box.width}x${box.height}`)"""
RUN_AXE = """async () => {
    // What is still fading in has a lower contrast than what will stand there.
    const ending = (one) => one.effect.getComputedTiming().endTime !== Infinity;
    await Promise.allSettled(document.getAnimations().filter(ending).map((one) => one.finished));
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const result = await axe.run({ exclude: [['[role=tooltip]']] },
        { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
    return result.violations.map((v) => `${v.id}: ${v.help} `
        + v.nodes.map((n) => `${n.target} ${n.failureSummary}`).join(' | '));
}"""


@dataclass
class Noise:
    """What a page said that a good page does not say."""

    said: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allow(self, *parts: str) -> None:
        """Messages that hold one of `parts` are expected (a server that a test has killed)."""
        self.allowed.extend(parts)

    @property
    def bad(self) -> list[str]:
        """What is left after the allowance."""
        return [one for one in self.said if not any(part in one for part in self.allowed)]


class Visitor:
    """Opens pages of one server in one browser, and watches over all of them."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self.url = url
        self.noise = Noise()

    @contextmanager
    def page(
        self,
        path: str = "/",
        *,
        size: Size = "desk",
        theme: Theme = "dark",
        language: Language = "en",
        **options: Any,
    ) -> Iterator[Page]:
        """An open page with an empty profile; noise on it fails the test at its end."""
        context = self._browser.new_context(
            **SIZES[size],
            color_scheme=theme,
            locale=LOCALES[language],
            base_url=self.url,
            permissions=["clipboard-read", "clipboard-write"],
            **options,
        )
        context.set_default_timeout(WAIT_MS)
        try:
            page = context.new_page()
            self._listen(page)
            page.goto(path)
            yield page
        finally:
            context.close()

    def tab(self, page: Page, path: str) -> Page:
        """Another tab in the window of `page`, open at `path`; it closes with the window."""
        tab = page.context.new_page()
        self._listen(tab)
        tab.goto(path)
        return tab

    def _listen(self, page: Page) -> None:
        def console(message: Any) -> None:
            if message.type in ("error", "warning") and LATE not in message.text:
                self.noise.said.append(f"{message.type}: {message.text} ({page.url})")

        def request(sent: Any) -> None:
            local = (self.url, self.url.replace("http", "ws", 1), "data:", "blob:")
            if not sent.url.startswith(local):
                self.noise.said.append(f"a request leaves the origin: {sent.url}")

        page.on("console", console)
        page.on("pageerror", lambda error: self.noise.said.append(f"uncaught: {error}"))
        page.on("request", request)


@contextmanager
def chromium(program: str = CHROMIUM) -> Iterator[Browser]:
    """Debian's Chromium, or a program that starts it somewhere else, without a window."""
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = _launch(playwright, program)
        try:
            yield browser
        finally:
            browser.close()


def _launch(playwright: Playwright, program: str) -> Browser:
    assert Path(CHROMIUM).exists(), "chromium is missing: scripts/setup test installs it"
    return playwright.chromium.launch(executable_path=program, args=FLAGS)


STILL = """async () => {
    const moving = () => document.getAnimations().filter((one) =>
        one.playState === "running" && one.effect?.getComputedTiming().iterations !== Infinity);
    while (moving().length > 0) {
        await Promise.allSettled(moving().map((one) => one.finished));
    }
}"""


def still(page: Page) -> None:
    """Until what fades or slides has arrived: half-way, colours and places are not the page's."""
    page.evaluate(STILL)


def settle(page: Page) -> None:
    """Until the page has its heading, its fonts and its data."""
    page.locator("h1").first.wait_for()
    page.evaluate("document.fonts.ready")
    # A function: the site's policy forbids the browser to evaluate a text again and again.
    page.wait_for_function("() => !document.querySelector('[data-loading]')")


def check_overflow(page: Page) -> None:
    """Fails when the page scrolls sideways."""
    wide = page.evaluate(OVERFLOW)
    assert wide == 0, f"{page.url} is {wide} px too wide"


def check_targets(page: Page) -> None:
    """Fails when something to touch is smaller than a finger (44 px)."""
    still(page)
    small = page.evaluate(SMALL_TARGETS)
    assert small == [], f"{page.url}: too small to touch: {small}"


def check_axe(page: Page) -> None:
    """Fails on every violation of WCAG 2.2 AA that axe finds."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    still(page)
    found = page.evaluate(RUN_AXE)
    assert found == [], f"{page.url}: " + "\n".join(found)
