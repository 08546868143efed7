"""Every route in every size, theme and language: no noise, no overflow, nothing axe finds."""

from __future__ import annotations

import itertools

import httpx
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
from tests.support.server import ServerProcess
from tests.web.words import check_spanish, english_only, left_in_english

ROUTES = [
    "/",
    "/jobs",
    "/jobs?status=CANCELLED",
    "/jobs/new",
    "/templates",
    "/templates/new",
    "/schedules",
    "/schedules/new",
    "/queue",
    "/workers",
    "/workers?all=1",
    "/providers",
    "/providers/new",
    "/providers/local",
    "/metrics",
    "/audit",
    "/settings/profile",
    "/settings/tokens",
    "/settings/secrets",
    "/settings/notifications",
    "/settings/users",
    "/settings/projects",
    "/settings/system",
    "/sign-in",
    "/setup",
    "/nowhere",
]
SIZES: tuple[Size, ...] = ("phone", "desk")
THEMES: tuple[Theme, ...] = ("dark", "light")


PROVIDER_TABS = [f"/providers/local?tab={one}" for one in ("config", "workers", "health", "danger")]
OF_A_TEMPLATE = ["", "?tab=runs", "?tab=versions", "/run"]
OF_A_JOB = ["", "?tab=config", "?tab=resources", "/logs", "/terminal"]
WIDTHS = (320, 430, 390)


@pytest.fixture
def bad(client: Client) -> str:
    """A failed job beside one that ended well, so that lists have rows."""
    commands = {"good": "echo ok", "bad": "exit 3"}
    jobs = [client.submit(name=name, command=one) for name, one in commands.items()]
    return [client.wait(job).id for job in jobs][1]


@pytest.fixture
def template(shared_server: ServerProcess, label: str) -> str:
    """A template with a parameter of every type, that ran once."""
    kinds = ("string", "integer", "number", "boolean", "choice", "secret", "file")
    parameters = [{"name": kind, "type": kind, "required": False} for kind in kinds]
    parameters[4]["choices"] = ["uno", "dos"]
    spec = {"command": "true {{ string }}", "env": {"TOKEN": "{{ secret }}"}}
    order = {"name": label, "spec": spec, "parameters": parameters}
    templates = f"{shared_server.url}/api/v1/templates"
    made = httpx.post(templates, json=order).raise_for_status().json()
    run = {"parameters": {"integer": 3}}
    httpx.post(f"{templates}/{made['id']}:run", json=run).raise_for_status()
    return str(made["id"])


@pytest.fixture
def schedule(shared_server: ServerProcess, template: str, label: str) -> str:
    """One of that template."""
    rule = {"kind": "cron", "expression": "30 2 1 1 *"}
    order = {"name": label, "rule": rule, "target": {"template": label}}
    answer = httpx.post(f"{shared_server.url}/api/v1/schedules", json=order)
    return str(answer.raise_for_status().json()["id"])


@pytest.fixture
def worker(client: Client, bad: str) -> str:
    """The one that ran the failed job."""
    return str(client.get(bad).raw["attempts"][-1]["worker_id"])


@pytest.mark.parametrize(("size", "theme"), list(itertools.product(SIZES, THEMES)))
def test_every_route_is_clean(
    visitor: Visitor,
    bad: str,
    template: str,
    schedule: str,
    worker: str,
    size: Size,
    theme: Theme,
) -> None:
    routes = ROUTES + PROVIDER_TABS + [f"/templates/{template}{rest}" for rest in OF_A_TEMPLATE]
    routes += [f"/workers/{worker}", f"/schedules/{schedule}", f"/schedules/{schedule}/edit"]
    with visitor.page("/", size=size, theme=theme) as page:
        for route in routes:
            page.goto(route)
            settle(page)
            assert page.locator("html").get_attribute("data-theme") == theme
            check_overflow(page)
            check_axe(page)
            if size == "phone":
                check_targets(page)


@pytest.mark.parametrize("language", ["es", "en-XA"])
def test_longer_words_fit_on_every_phone_and_all_are_translated(
    visitor: Visitor, bad: str, template: str, language: str
) -> None:
    assert len(english_only()) > 300
    assert left_in_english({"Delete report?", "Informe"}) == {"Delete report?"}
    routes = ROUTES + [f"/jobs/{bad}{rest}" for rest in OF_A_JOB]
    routes += [f"/templates/{template}{rest}" for rest in OF_A_TEMPLATE]
    routes += PROVIDER_TABS
    with visitor.page("/", size="phone") as page:
        for route in routes:
            page.goto(f"{route}{'&' if '?' in route else '?'}lng={language}")
            settle(page)
            assert page.locator("html").get_attribute("lang") == language
            check_overflow(page)
            if language == "en-XA":
                continue  # longer than any language; a usual phone is enough for it
            check_spanish(page)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 844})
                check_overflow(page)
