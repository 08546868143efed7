"""Schedules in the browser: a rule in words and in two times, made, run, paused and removed."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.support.browser import Visitor, check_axe, check_overflow, check_targets, settle

NEXT = "Next runs"


def choose_cron(page: Page, expression: str, zone: str) -> None:
    """Types a cron line and a zone into the form."""
    page.get_by_role("radio", name="Cron text").click()
    page.get_by_label("Cron expression").fill(expression)
    page.get_by_label("Time zone").fill(zone)
    page.get_by_label("Time zone").press("Escape")


def a_schedule(page: Page, label: str) -> str:
    """Makes a schedule of a job of its own; its id."""
    made = page.request.post(
        "/api/v1/schedules",
        data={
            "name": label,
            "rule": {"kind": "cron", "expression": "30 2 * * *"},
            "zone": "Europe/Madrid",
            "target": {
                "spec": {
                    "name": label,
                    "command": {"type": "shell", "script": "true"},
                    "resources": {"cpu": 0.1, "memory_mb": 64},
                    "timeout_ms": 10_000,
                }
            },
        },
    )
    return str(made.json()["id"])


def test_a_rule_is_shown_in_words_and_in_both_times_over_a_change_of_clocks(
    visitor: Visitor,
) -> None:
    with visitor.page("/schedules/new", timezone_id="America/New_York") as page:
        choose_cron(page, "0 9 * * 1-5", "Europe/Madrid")
        panel = page.locator("#preview")
        expect(panel).to_contain_text("At 09:00, Monday to Friday")
        page.get_by_label("Look from").fill("2027-03-25")
        rows = panel.locator("tr[data-slot]")
        expect(rows).to_have_count(5)
        expect(rows.first).to_have_attribute("data-slot", "2027-03-25T08:00:00Z")
        # Monday is after the change: the same time in Madrid, an hour earlier elsewhere.
        for row, day, madrid, new_york in (
            (0, "Thu, Mar 25", "UTC+01:00", "04:00"),
            (1, "Fri, Mar 26", "UTC+01:00", "04:00"),
            (2, "Mon, Mar 29", "UTC+02:00", "03:00"),
            (3, "Tue, Mar 30", "UTC+02:00", "03:00"),
            (4, "Wed, Mar 31", "UTC+02:00", "03:00"),
        ):
            zoned, local = rows.nth(row).locator("td").all()
            expect(zoned).to_contain_text(re.compile(f"{day}.*09:00"))
            expect(zoned).to_contain_text(madrid)
            expect(local.locator("time").first).to_have_text(re.compile(f"{day}.*{new_york}$"))
        expect(panel).to_contain_text("The clocks change: UTC+01:00 becomes UTC+02:00")
        check_axe(page)
        page.get_by_role("radio", name="Usual").click()
        expect(page.get_by_label("Every", exact=True)).to_have_value("weekdays")


def test_what_never_fires_is_said_beside_the_field(visitor: Visitor) -> None:
    visitor.noise.allow("status of 400")
    with visitor.page("/schedules/new") as page:
        choose_cron(page, "99 9 * * *", "UTC")
        field = page.get_by_label("Cron expression")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile("minute: 99 is out of range"))
        page.get_by_label("Time zone").fill("Mars/Olympus")
        page.get_by_role("button", name="Create schedule").click()
        summary = page.get_by_role("alert").first
        expect(summary).to_contain_text("2 fields need attention")
        expect(summary.locator("..")).to_be_focused()
        summary.get_by_role("link", name="Time zone").click()
        expect(page.get_by_label("Time zone")).to_be_focused()
        check_axe(page)


def test_a_schedule_is_made_run_paused_changed_and_removed(visitor: Visitor, label: str) -> None:
    with visitor.page("/schedules") as page:
        page.get_by_role("button", name="New schedule").click()
        page.get_by_label("Name", exact=True).fill(label)
        page.get_by_label("Every", exact=True).select_option("month")
        page.get_by_label("Day of the month").select_option("L")
        page.get_by_label("Time", exact=True).fill("03:30")
        page.get_by_label("Time zone").fill("Asia/Kathmandu")
        page.get_by_label("Time zone").press("Escape")
        page.get_by_role("radio", name=re.compile("^Run both")).click()
        page.get_by_label("Job Name").fill(f"{label}-job")
        page.get_by_role("textbox", name="Command / Script Content").fill("echo from a schedule")
        page.get_by_role("button", name="Create schedule").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(label)
        expect(page.locator("#facts")).to_contain_text("30 3 L * *")
        expect(page.locator("#facts")).to_contain_text("Run both")
        expect(page.get_by_role("row").filter(has_text="03:30")).to_have_count(5)

        page.get_by_role("button", name="Run now").click()
        row = page.get_by_role("list", name="Runs of this schedule").get_by_role("listitem").first
        expect(row).to_contain_text("By hand")
        expect(row).to_contain_text("Success")
        check_axe(page)

        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_text(re.compile("left out until it is on again"))).to_be_visible()
        page.goto("/schedules")
        line = page.get_by_role("row").filter(has_text=label)
        expect(line).to_contain_text("Paused")
        on = page.get_by_role("switch", name=f"{label} is on")
        on.click()
        expect(on).to_be_checked()
        expect(line).not_to_contain_text("Paused")
        check_axe(page)

        page.get_by_role("link", name=label).click()
        page.get_by_role("button", name="Edit").click()
        expect(page.get_by_label("Time", exact=True)).to_have_value("03:30")
        page.get_by_label("Time", exact=True).fill("04:45")
        page.get_by_role("button", name="Save changes").click()
        expect(page.locator("#facts")).to_contain_text("45 4 L * *")
        row.get_by_role("link", name=re.compile("^Job")).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"{label}-job")

        page.go_back()
        page.get_by_role("button", name="Delete").click()
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_contain_text("Jobs that it made stay.")
        dialog.get_by_role("button", name="Delete").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Schedules")
        expect(page.get_by_role("link", name=label)).to_have_count(0)


def test_a_template_runs_by_a_schedule_and_its_job_says_so(visitor: Visitor, label: str) -> None:
    with visitor.page("/") as page:
        order = {
            "name": label,
            "spec": {"command": "echo hello {{ who }} {{ times }}"},
            "parameters": [
                {"name": "who", "type": "string", "required": True},
                {"name": "times", "type": "integer", "default": 2, "maximum": 9},
            ],
        }
        template = page.request.post("/api/v1/templates", data=order).json()["id"]
        page.goto(f"/templates/{template}")
        page.get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name="Schedule").click()
        expect(page.get_by_label("Name", exact=True)).to_have_value(label)
        expect(page.get_by_role("combobox", name="Template")).to_have_value(template)
        page.get_by_label("Version", exact=True).select_option("1")
        times = page.get_by_label("times", exact=True)
        expect(times).to_have_value("2")
        times.fill("10")
        page.get_by_role("button", name="Create schedule").click()
        summary = page.get_by_role("alert").first
        expect(summary).to_contain_text("2 fields need attention")
        expect(summary).to_contain_text("Must be at most 9.")
        summary.get_by_role("link", name="who").click()
        expect(page.get_by_label("who", exact=True)).to_be_focused()
        page.get_by_label("who", exact=True).fill("night")
        times.fill("3")
        expect(page.get_by_role("alert")).to_have_count(0)
        check_axe(page)
        page.get_by_role("button", name="Create schedule").click()
        facts = page.locator("#facts")
        expect(facts.get_by_role("link", name=f"Template {label}")).to_have_attribute(
            "href", f"/templates/{template}"
        )
        expect(facts).to_contain_text("version 1")

        page.get_by_role("button", name="Run now").click()
        row = page.get_by_role("list", name="Runs of this schedule").get_by_role("listitem").first
        row.get_by_role("link", name=re.compile("^Job")).click()
        origin = page.locator("#origin")
        expect(origin.get_by_role("link", name=f"{label} v1")).to_be_visible()
        expect(origin.get_by_role("link", name=label, exact=True)).to_have_attribute(
            "href", re.compile("^/schedules/")
        )
        expect(origin).to_contain_text(re.compile("who.*night.*times.*3"))


def test_nothing_is_sent_before_the_job_is_shown(visitor: Visitor, label: str) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with visitor.page("/schedules") as page:
        schedule = a_schedule(page, label)
        page.route("**/assets/job-form-*.js", hold)
        with page.expect_request("**/assets/job-form-*.js"):
            page.goto(f"/schedules/{schedule}/edit")
        save = page.get_by_role("button", name="Save changes")
        expect(save).to_have_attribute("aria-busy", "true")
        page.get_by_label("Name", exact=True).press("Enter")
        save.click(force=True)
        expect(page.get_by_role("alert")).to_have_count(0)
        page.get_by_label("Time", exact=True).fill("04:45")
        for route in held:
            route.continue_()
        expect(page.get_by_label("Job Name")).to_have_value(label)
        save.click()
        expect(page.locator("#facts")).to_contain_text("45 4 * * *")


def test_it_holds_on_a_phone_in_spanish(visitor: Visitor, label: str) -> None:
    with visitor.page("/schedules", size="phone", language="es") as page:
        made = a_schedule(page, label)
        page.get_by_role("link", name=label).click()
        # The list before it may tell of others at that time.
        expect(page.get_by_role("heading", level=1)).to_have_text(label)
        expect(page.get_by_text("A las 02:30")).to_be_visible()
        for place in ("/schedules", f"/schedules/{made}", f"/schedules/{made}/edit"):
            page.goto(place)
            settle(page)
            check_overflow(page)
            check_axe(page)
            check_targets(page)
