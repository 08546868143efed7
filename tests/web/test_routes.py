"""Every route in every size, theme and language: no noise, no overflow, nothing axe finds."""

from __future__ import annotations

import itertools

import pytest

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

ROUTES = [
    "/",
    "/jobs",
    "/jobs?status=CANCELLED",
    "/jobs/new",
    "/queue",
    "/workers",
    "/workers?all=1",
    "/providers",
    "/providers/new",
    "/providers/local",
    "/settings/profile",
    "/settings/system",
    "/sign-in",
    "/setup",
    "/nowhere",
]
SIZES: tuple[Size, ...] = ("phone", "desk")
THEMES: tuple[Theme, ...] = ("dark", "light")


@pytest.fixture(autouse=True)
def some_jobs(client: Client) -> None:
    """Jobs that ended well and badly, so that lists have rows."""
    commands = {"good": "echo ok", "bad": "exit 3"}
    for job in [client.submit(name=name, command=one) for name, one in commands.items()]:
        client.wait(job, timeout=30)


@pytest.mark.parametrize(("size", "theme"), list(itertools.product(SIZES, THEMES)))
def test_every_route_is_clean(visitor: Visitor, size: Size, theme: Theme) -> None:
    with visitor.page("/", size=size, theme=theme) as page:
        for route in ROUTES:
            page.goto(route)
            settle(page)
            assert page.locator("html").get_attribute("data-theme") == theme
            check_overflow(page)
            check_axe(page)
            if size == "phone":
                check_targets(page)


@pytest.mark.parametrize("language", ["es", "en-XA"])
def test_longer_words_fit(visitor: Visitor, language: str) -> None:
    with visitor.page("/", size="phone") as page:
        for route in ROUTES:
            page.goto(f"{route}{'&' if '?' in route else '?'}lng={language}")
            settle(page)
            assert page.locator("html").get_attribute("lang") == language
            check_overflow(page)
