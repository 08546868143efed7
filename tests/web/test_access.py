"""Signing in and out, and what each role finds: on a server that has users."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import (
    Size,
    Theme,
    Visitor,
    check_axe,
    check_overflow,
    check_targets,
    settle,
)
from tests.support.server import ServerProcess, data_directory
from tests.web.users import (
    ADMIN,
    BOTH,
    OPERATOR,
    PASSWORD,
    VIEWER,
    Api,
    Site,
    fill_site,
    of_site,
    set_up,
    signed_in,
    type_in,
)

LATER = "staple correct horse"
NO_SESSION = "401 (Unauthorized)"
OPERATORS = re.compile("^This needs the role Operator")
ADMINISTRATORS = re.compile("^This needs the role Administrator")
PAGES = ("profile", "tokens", "users", "secrets", "projects")


@pytest.fixture(scope="module")
def site(browser: Browser) -> Iterator[Site]:
    """The first administrator is made on /setup, as a person does it; the rest by REST."""
    with data_directory() as directory, ServerProcess(directory) as server:
        visitor = Visitor(browser, server.url)
        site = Site(server)
        with visitor.page("/") as page:
            set_up(page)
            # Signing in again ends the page's own sign-in: it must not be asking meanwhile.
            page.goto("about:blank")
            api = Api(page, server.url)
            api.sign_in(ADMIN)
            fill_site(api, site)
        assert visitor.noise.bad == []
        yield site


@pytest.fixture
def guest(browser: Browser, site: Site) -> Iterator[Visitor]:
    """Opens pages of the site; console errors and foreign requests fail the test."""
    visitor = Visitor(browser, site.server.url)
    yield visitor
    assert visitor.noise.bad == []


def row_of(page: Page, section: str, name: str) -> Locator:
    """One line of a section's list; toasts are list items too."""
    return page.get_by_role("list", name=section).get_by_role("listitem").filter(has_text=name)


def refused(page: Page, button: str, reason: str | re.Pattern[str]) -> None:
    """The button is there, cannot be used, and says why."""
    locked(page, page.get_by_role("button", name=button).first, reason)


def locked(page: Page, found: Locator, reason: str | re.Pattern[str]) -> None:
    """The same for any control."""
    expect(found).to_have_attribute("aria-disabled", "true")
    found.hover()
    expect(page.get_by_role("tooltip")).to_have_text(reason)
    page.mouse.move(0, 0)
    expect(page.get_by_role("tooltip")).to_have_count(0)


def test_signing_in_leads_back_and_leaves_nothing_to_steal(guest: Visitor) -> None:
    guest.noise.allow(NO_SESSION)
    target = "/jobs?status=RUNNING&q=lo"
    with guest.page(target) as page:
        page.wait_for_url("**/sign-in?next=**")
        type_in(page, ADMIN, "this is not the password")
        expect(page.get_by_role("alert")).to_contain_text("do not belong together")
        type_in(page, ADMIN, PASSWORD)
        page.wait_for_url(f"**{target}")
        expect(page.get_by_role("row").get_by_role("link", name="long")).to_be_visible()

        kept = page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
        assert "hodei_" not in kept
        assert PASSWORD not in kept
        [cookie] = page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        page.get_by_role("button", name=f"Account of {ADMIN}").click()
        page.get_by_role("menuitem", name="Sign out").click()
        page.wait_for_url("**/sign-in")


def test_too_many_tries_are_counted_down(guest: Visitor) -> None:
    guest.noise.allow("429 (Too Many Requests)")
    with guest.page("/sign-in") as page:
        settle(page)
        api = Api(page, guest.url)
        for _ in range(10):
            assert api("POST", "/session", {"name": "mallory", "password": "x" * 12}).status == 401
        type_in(page, "mallory", "y" * 12)
        said = page.get_by_role("alert")
        expect(said).to_have_text(re.compile(r"Too many tries\. Again in \dm \d\ds\."))
        before = said.inner_text()
        expect(said).not_to_have_text(before)
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_disabled()


def test_a_session_that_ends_leads_to_sign_in_and_back(guest: Visitor, site: Site) -> None:
    guest.noise.allow(NO_SESSION, "WebSocket")
    path = "/jobs?status=RUNNING"
    beside = ["/", "/templates", "/queue", "/providers/local", "/metrics", "/jobs/new"]
    beside += [f"/jobs/{site.job}", f"/jobs/{site.job}/logs", f"/schedules/{site.schedule}"]
    beside += ["/settings/profile", "/settings/projects", "/audit?result=denied"]
    with signed_in(guest, ADMIN, path) as (page, api):
        tabs = {one: guest.tab(page, one) for one in beside}
        for tab in tabs.values():
            settle(tab)
            expect(tab.locator("[data-live=live]").first).to_be_attached()
        [mine] = [one for one in api.made("GET", "/me/sessions")["items"] if one["current"]]
        api.made("DELETE", f"/me/sessions/{mine['id']}")
        for one, tab in {path: page, **tabs}.items():
            tab.wait_for_url("**/sign-in?**reason=expired**")
            expect(tab.get_by_text("Your session is over.")).to_be_visible()
            assert parse_qs(urlsplit(tab.url).query)["next"] == [one]
        type_in(page, ADMIN, PASSWORD)
        page.wait_for_url(f"**{path}")
        settle(page)


def test_a_token_is_shown_once_used_and_revoked(guest: Visitor) -> None:
    with signed_in(guest, ADMIN, "/settings/tokens") as (page, _):
        page.get_by_role("button", name="New token").click()
        page.get_by_label("Name").fill("nightly")
        page.get_by_label("Project").select_option("etl")
        page.get_by_label("Role").select_option("viewer")
        page.get_by_role("button", name="Create token").click()
        token = page.get_by_role("dialog").get_by_text(re.compile("^hodei_"), exact=True)
        text = token.inner_text()
        page.get_by_role("button", name="Copy token").click()
        assert page.evaluate("navigator.clipboard.readText()") == text
        page.get_by_role("button", name="Done").click()
        row = row_of(page, "Tokens", "nightly")
        expect(row).to_contain_text("Viewer · etl")
        expect(row).to_contain_text("Never used")

        # Beside the page's own cookie: what a script on another machine would send.
        script = {"Authorization": f"Bearer {text}"}
        with guest.page("/sign-in") as other:
            jobs = other.request.get("/api/v1/jobs", headers=script)
            assert jobs.status == 200, jobs.text()
        page.reload()
        expect(row).to_contain_text("Used")
        assert text not in page.content()
        page.get_by_role("button", name="Revoke nightly").click()
        page.get_by_role("button", name="Revoke", exact=True).last.click()
        expect(row).to_have_count(0)
        with guest.page("/sign-in") as other:
            assert other.request.get("/api/v1/jobs", headers=script).status == 401


def test_a_user_is_made_changed_locked_out_and_deleted(guest: Visitor) -> None:
    guest.noise.allow("400 (Bad Request)")
    with signed_in(guest, ADMIN, "/settings/users") as (page, _):
        page.get_by_role("button", name="New user").click()
        page.get_by_label("Name").fill("No Such Name")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_text("lower-case letters")).to_be_visible()
        page.get_by_label("Name").fill("newcomer")
        page.get_by_label("Role in default").select_option("viewer")
        page.get_by_role("button", name="Create").click()
        row = row_of(page, "Users", "newcomer")
        expect(row).to_contain_text("Viewer · default")
        expect(row).to_contain_text("Never signed in")

        page.get_by_role("button", name="Edit newcomer").click()
        page.get_by_role("button", name="Add a role").click()
        page.get_by_label("New password").fill(LATER)
        page.get_by_role("switch", name="May sign in").click()
        page.get_by_role("button", name="Save").click()
        expect(row).to_contain_text("Disabled")
        expect(row).to_contain_text("Viewer · All projects")

        page.get_by_role("button", name="Edit newcomer").click()
        page.get_by_role("button", name="Delete user").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(row).to_have_count(0)

        page.get_by_role("button", name=f"Edit {ADMIN}").click()
        page.get_by_role("button", name="Delete user").click()
        guest.noise.allow("409 (Conflict)")
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_role("region", name="Notifications")).to_contain_text("administrator")


def test_the_own_password_changes_and_other_sessions_end(guest: Visitor) -> None:
    guest.noise.allow("400 (Bad Request)", NO_SESSION, "WebSocket")
    with (
        signed_in(guest, OPERATOR) as (_, elsewhere),
        signed_in(guest, OPERATOR, "/settings/profile") as (page, _),
    ):
        sessions = page.get_by_role("list", name="Where you are signed in")
        expect(sessions.get_by_text("This one")).to_have_count(1)
        page.get_by_label("Present password").fill("not the present one")
        page.get_by_label("New password").fill(LATER)
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_text("This is not your password.")).to_be_visible()
        page.get_by_label("Present password").fill(PASSWORD)
        page.get_by_role("button", name="Change password").click()
        expect(sessions.get_by_role("listitem")).to_have_count(1)
        assert elsewhere("GET", "/jobs").status == 401
        page.get_by_label("Present password").fill(LATER)
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_label("Present password")).to_have_value("")


def test_a_secret_goes_in_and_never_comes_out(guest: Visitor) -> None:
    value = "canary-9b1f\nsecond line"
    with signed_in(guest, ADMIN, "/settings/secrets?project=etl") as (page, _):
        page.get_by_role("button", name="New secret").first.click()
        page.get_by_label("Name").fill("DB_PASSWORD")
        page.get_by_label("Value").fill(value)
        with page.expect_response("**/secrets/**") as put:
            page.get_by_role("button", name="Store").click()
        assert "canary" not in put.value.text()
        row = row_of(page, "Secrets", "DB_PASSWORD")
        expect(row).to_contain_text("Version 1")
        expect(row).to_contain_text("Never used")
        page.get_by_role("button", name="Replace DB_PASSWORD").click()
        page.get_by_label("Value").fill("another")
        page.get_by_role("button", name="Store").click()
        expect(row).to_contain_text("Version 2")
        page.reload()
        expect(row).to_be_visible()
        assert "canary" not in page.content()
        page.get_by_label("Project").select_option("default")
        expect(page).to_have_url(re.compile("project=default"))
        expect(page.get_by_text("No secrets in default")).to_be_visible()
        page.go_back()
        page.get_by_role("button", name="Delete DB_PASSWORD").click()
        page.get_by_role("button", name="Delete", exact=True).last.click()
        expect(row).to_have_count(0)


def test_a_project_has_a_quota_and_goes_when_it_is_empty(guest: Visitor) -> None:
    with signed_in(guest, ADMIN, "/settings/projects") as (page, _):
        etl = page.get_by_role("region", name="etl")
        expect(etl).to_contain_text("0 of 4")
        expect(etl).to_contain_text("Kept: jobs 30 days, logs as the server's")
        page.get_by_role("button", name="New project").click()
        page.get_by_label("Name").fill("trial")
        page.get_by_role("textbox", name="CPU").fill("many")
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_text("A number, or nothing.")).to_be_visible()
        page.get_by_role("textbox", name="CPU").fill("1.5")
        page.get_by_role("button", name="Create").click()
        trial = page.get_by_role("region", name="trial")
        expect(trial).to_contain_text("0 of 1.5")
        page.get_by_role("button", name="Edit trial").click()
        page.get_by_role("button", name="Delete project").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(trial).to_have_count(0)
        page.get_by_role("button", name="Edit default").click()
        stays = page.get_by_role("button", name="Delete project")
        expect(stays).to_have_attribute("aria-disabled", "true")


def test_the_audit_log_is_filtered_read_and_exported(guest: Visitor) -> None:
    with signed_in(guest, ADMIN, "/audit") as (page, _):
        page.get_by_role("searchbox", name=re.compile("^Action")).fill("user.")
        page.wait_for_url("**/audit?action=user.")
        table = page.get_by_role("table", name="Audit log")
        table.get_by_role("button", name="user.create").first.click()
        sheet = page.get_by_role("dialog")
        expect(sheet.get_by_role("region", name="JSON")).to_contain_text('"user.create"')
        sheet.get_by_role("button", name=re.compile("^Only Who")).click()
        page.wait_for_url(f"**actor={ADMIN}**")
        page.reload()
        expect(table.get_by_role("button", name="user.create").first).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Export NDJSON").click()
        lines = download.value.path().read_text().splitlines()
        assert lines
        assert {json.loads(line)["actor"] for line in lines} == {ADMIN}
        page.get_by_role("button", name="Denied").click()
        page.wait_for_url("**result=denied**")
        page.go_back()
        expect(page.get_by_role("button", name="All", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )


def test_a_viewer_is_told_beforehand(guest: Visitor, site: Site) -> None:
    """No request that a page makes or offers is refused: each would be an error in the console."""
    here = "This needs the role Operator in project default."
    everywhere = "This needs the role Administrator in all projects."
    with signed_in(guest, VIEWER) as (page, _):
        page.goto("/jobs/new")
        refused(page, "Schedule Job", here)
        page.goto(f"/jobs/{site.job}")
        for button in ("Cancel Job", "SSH Access", "Re-run"):
            refused(page, button, here)
        page.goto(f"/jobs/{site.job}/terminal")
        expect(page.locator("[data-terminal-note=forbidden]")).to_contain_text(here)
        page.goto("/queue")
        refused(page, "Pause", everywhere)
        page.goto("/providers")
        refused(page, "New provider", everywhere)
        page.goto("/providers/local")
        refused(page, "Run self-test", everywhere)
        page.goto("/workers")
        page.get_by_role("table").get_by_role("link").first.click()
        refused(page, "Drain", everywhere)
        refused(page, "Terminate", everywhere)
        page.goto("/settings/secrets")
        refused(page, "New secret", "This needs the role Administrator in project default.")
        page.goto("/settings/projects")
        refused(page, "New project", everywhere)
        for path in ("/settings/users", "/audit"):
            page.goto(path)
            expect(page.get_by_text("This is not for you")).to_be_visible()


def test_no_page_asks_for_what_a_viewer_may_not_have(guest: Visitor, site: Site) -> None:
    """What is refused would be an error in the console."""
    with signed_in(guest, VIEWER) as (page, _):
        for path in (*of_site(site), "/settings/tokens", "/settings/system"):
            page.goto(path)
            settle(page)


def test_a_viewer_is_told_where_jobs_are_made(guest: Visitor, site: Site) -> None:
    offered = {
        "/templates": ("Import", "New template"),
        f"/templates/{site.template}": ("Edit", "Run"),
        f"/templates/{site.template}/run": ("Run",),
        f"/schedules/{site.schedule}": ("Run now", "Pause", "Edit", "Delete"),
        "/schedules": ("New schedule", "Run yearly now"),
    }
    with signed_in(guest, VIEWER) as (page, _):
        for path, buttons in offered.items():
            page.goto(path)
            for button in buttons:
                refused(page, button, OPERATORS)
        locked(page, page.get_by_role("switch", name="yearly is on"), OPERATORS)
        page.goto("/settings/notifications")
        refused(page, "New webhook", ADMINISTRATORS)
        expect(page.get_by_text("This is not for you")).to_be_visible()


def test_an_operator_runs_and_cancels_and_no_more(guest: Visitor) -> None:
    with signed_in(guest, OPERATOR, "/jobs/new?template=hello") as (page, api):
        page.get_by_label("Job Name").fill("mine")
        page.get_by_role("button", name="Schedule Job").click()
        page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}$"))
        job = page.url.rpartition("/")[2]
        assert api.made("GET", f"/jobs/{job}")["owner"] == OPERATOR
        page.goto("/providers")
        refused(page, "New provider", "This needs the role Administrator in all projects.")
        page.goto("/settings/secrets")
        refused(page, "New secret", "This needs the role Administrator in project default.")


def test_projects_are_chosen_where_jobs_are_made_and_listed(guest: Visitor, site: Site) -> None:
    with signed_in(guest, BOTH, "/jobs/new?template=hello") as (page, api):
        # Of her two projects she may run jobs in one only: nothing is asked.
        page.get_by_label("Job Name").fill("hers")
        page.get_by_role("button", name="Schedule Job").click()
        page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}$"))
        job = page.url.rpartition("/")[2]
        assert api.made("GET", f"/jobs/{job}")["project"] == "etl"
        page.goto(f"/jobs/{site.job}")
        refused(page, "Cancel Job", "This needs the role Operator in project default.")
        page.goto("/jobs")
        page.get_by_label("Project").select_option("etl")
        page.wait_for_url("**/jobs?project=etl")
        expect(page.get_by_role("row").get_by_role("link", name="hers")).to_be_visible()
        expect(page.get_by_role("row").get_by_role("link", name="long")).to_have_count(0)
    with signed_in(guest, ADMIN, "/jobs/new") as (page, _):
        expect(page.get_by_label("Project")).to_have_value("default")


@pytest.mark.parametrize(("size", "theme"), [("phone", "light"), ("desk", "dark")])
def test_pages_with_content_are_clean(guest: Visitor, size: Size, theme: Theme) -> None:
    with signed_in(guest, ADMIN, size=size, theme=theme) as (page, _):
        for path in [*(f"/settings/{one}" for one in PAGES), "/audit"]:
            page.goto(path)
            settle(page)
            check_overflow(page)
            check_axe(page)
            if size == "phone":
                check_targets(page)
        page.goto("/settings/users")
        page.get_by_role("button", name=f"Edit {OPERATOR}").click()
        page.get_by_role("button", name="Delete user").wait_for()
        check_axe(page)
        page.goto("/settings/tokens")
        page.get_by_role("button", name="New token").click()
        page.get_by_role("button", name="Create token").wait_for()
        check_axe(page)
        page.goto("/audit?action=user.create")
        page.get_by_role("button", name="user.create").first.click()
        page.get_by_role("button", name="Copy JSON").wait_for()
        check_axe(page)
