"""A site that has users: made as a person makes it, and filled by REST."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import APIResponse, Page, expect

from tests.support.browser import Size, Theme, Visitor, settle
from tests.support.server import ServerProcess

PASSWORD = "correct horse battery"
ADMIN, VIEWER, OPERATOR, BOTH = "ana", "vera", "olga", "berta"


@dataclass
class Site:
    """A server with users, one job that runs, a template and a schedule of it."""

    server: ServerProcess
    job: str = ""
    template: str = ""
    schedule: str = ""


class Api:
    """REST of the site as somebody: what a test prepares or looks at beside the pages."""

    def __init__(self, page: Page, url: str) -> None:
        self._request = page.context.request
        self._url = url
        self._csrf = ""

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """From here on the page is of this user as well."""
        answer = self("POST", "/session", {"name": name, "password": password})
        assert answer.status == 201, answer.text()
        self._csrf = answer.json()["csrf_token"]

    def __call__(self, method: str, path: str, body: object = None) -> APIResponse:
        headers = {"Origin": self._url, "X-CSRF-Token": self._csrf}
        data = None if body is None else json.dumps(body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        return self._request.fetch(
            f"{self._url}/api/v1{path}", method=method, headers=headers, data=data
        )

    def made(self, method: str, path: str, body: object = None) -> Any:
        """The answer's body, once it went well."""
        answer = self(method, path, body)
        assert answer.ok, f"{method} {path}: {answer.status} {answer.text()}"
        return answer.json() if answer.body() else None


def set_up(page: Page) -> None:
    """From the note on an open server to its first administrator."""
    page.get_by_role("link", name="Create an administrator").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Create the first administrator")
    page.get_by_label("Name").fill(ADMIN)
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Create and sign in").click()
    expect(page.get_by_text("At least 12 characters.", exact=True)).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create and sign in").click()
    expect(page.get_by_text(f"Everybody signs in. You are {ADMIN}.")).to_be_visible()
    page.get_by_role("link", name="Go to the dashboard").click()
    expect(page.get_by_role("button", name=f"Account of {ADMIN}")).to_be_visible()
    expect(page.get_by_role("link", name="Create an administrator")).to_have_count(0)


def fill_site(api: Api, site: Site) -> None:
    """Projects, users, a job, and what makes jobs."""
    quota = {"running_jobs": 4, "cpu": 2, "memory_mb": 2048}
    retention = {"job_days": 30, "log_days": None}
    api.made("PUT", "/projects/etl", {"quota": quota, "retention": retention})
    roles: Mapping[str, Mapping[str, str]] = {
        VIEWER: {"default": "viewer"},
        OPERATOR: {"default": "operator"},
        BOTH: {"default": "viewer", "etl": "operator"},
    }
    for name, held in roles.items():
        api.made("POST", "/users", {"name": name, "password": PASSWORD, "roles": held})
    command = {"type": "shell", "script": "sleep 600"}
    site.job = api.made("POST", "/jobs", {"name": "long", "command": command})["id"]
    spec = {"command": command}
    site.template = api.made("POST", "/templates", {"name": "report", "spec": spec})["id"]
    rule = {"kind": "cron", "expression": "0 0 1 1 *"}
    yearly = {"name": "yearly", "rule": rule, "target": {"template": "report"}}
    site.schedule = api.made("POST", "/schedules", yearly)["id"]


@contextmanager
def signed_in(
    guest: Visitor, name: str, path: str = "/", *, size: Size = "desk", theme: Theme = "dark"
) -> Iterator[tuple[Page, Api]]:
    """A page of this user, open at `path`."""
    with guest.page("/sign-in", size=size, theme=theme) as page:
        settle(page)
        api = Api(page, guest.url)
        api.sign_in(name)
        page.goto(path)
        settle(page)
        yield page, api


def type_in(page: Page, name: str, password: str) -> None:
    """Name and password on the sign-in page."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def of_site(site: Site) -> list[str]:
    """A page of every kind that a viewer may read."""
    of_job = [f"/jobs/{site.job}{rest}" for rest in ("", "?tab=config", "?tab=resources", "/logs")]
    made = [f"/templates/{site.template}", f"/schedules/{site.schedule}"]
    lists = ["/", "/jobs?q=long", "/templates", "/schedules", "/queue", "/workers", "/providers"]
    return [*lists, *of_job, *made, "/providers/local", "/metrics", "/settings/notifications"]
