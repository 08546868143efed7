"""Templates in the browser: made, run by the form of their parameters, compared, saved."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from hodei.client import Client
from tests.support.browser import WAIT_MS, Visitor, check_axe, settle
from tests.web.forms import job_id, write_script

expect.set_options(timeout=WAIT_MS)


def made(page: Page, name: str, **fields: Any) -> str:
    """The id of a template that the server was told of."""
    order = {"name": name, "spec": {"command": "true"}, **fields}
    answer = page.request.post("/api/v1/templates", data=order)
    assert answer.ok, answer.text()
    return str(answer.json()["id"])


def test_a_template_is_made_and_run_and_its_job_says_so(
    visitor: Visitor, client: Client, label: str
) -> None:
    with visitor.page("/templates/new") as page:
        page.get_by_role("button", name="Create template").click()
        expect(page.locator("#template-name-error")).to_have_text("Fill this in.")
        page.get_by_label("Template name").fill(label)
        write_script(page, "echo hello {{ who }} {{ times }}")
        expect(page.locator(".cm-placeholder-mark")).to_have_count(2)
        page.get_by_role("button", name="Create template").click()
        expect(page.get_by_role("alert")).to_contain_text("No parameter is called who.")
        page.get_by_role("button", name="Declare who").click()
        page.get_by_role("button", name="Declare times").click()
        page.get_by_label("Type", exact=True).select_option("integer")
        page.get_by_label("Maximum").fill("9")
        preview = page.get_by_role("complementary", name="Form preview")
        preview.get_by_label("times").fill("10")
        expect(preview.get_by_text("Must be at most 9.")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
        page.get_by_role("button", name="Create template").click()
        expect(page.get_by_role("heading", level=1, name=label)).to_be_visible()

        page.get_by_role("button", name="Run", exact=True).click()
        page.get_by_label("who", exact=True).fill("$(exit 1) world")
        page.get_by_label("times", exact=True).fill("10")
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.locator("#parameter-times-error")).to_have_text("Must be at most 9.")
        expect(page.get_by_label("times", exact=True)).to_be_focused()
        page.get_by_label("times", exact=True).fill("3")
        aside = page.get_by_role("complementary", name="Plan and preview")
        expect(aside).to_contain_text("Would run on local")
        expect(aside).to_contain_text("$(exit 1) world")
        page.get_by_role("button", name="Run", exact=True).click()
        job = job_id(page)
        expect(page.get_by_role("link", name=f"{label} v1").first).to_be_visible()
        assert client.wait(job, timeout=30).state == "SUCCEEDED"
        assert [line.text for line in client.logs(job)] == ["hello $(exit 1) world 3"]

        page.get_by_role("link", name="Run again with changes").click()
        expect(page.get_by_label("who", exact=True)).to_have_value("$(exit 1) world")
        expect(page.get_by_label("times", exact=True)).to_have_value("3")


def test_what_only_the_server_knows_is_shown_at_its_field(visitor: Visitor, label: str) -> None:
    with visitor.page("/") as page:
        secret = {"name": "token", "type": "secret"}
        spec = {"command": "true", "env": {"TOKEN": "{{ token }}"}}
        template = made(page, label, parameters=[secret], spec=spec)
        page.goto(f"/templates/{template}/run")
        page.get_by_label("Where the secret comes from").select_option("stored")
        page.get_by_label("token", exact=True).fill("never-stored")
        visitor.noise.allow("400", "404", "409", "422")
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.locator("#parameter-token-error")).to_contain_text("no secret of this name")
        expect(page).to_have_url(re.compile(r"/run$"))


def test_versions_are_compared_and_come_back(visitor: Visitor, label: str) -> None:
    with visitor.page("/") as page:
        template = made(page, label, spec={"command": "echo one"})
        page.goto(f"/templates/{template}/edit")
        write_script(page, "echo two")
        page.get_by_role("button", name="Save new version").click()
        page.wait_for_url(re.compile(rf"/templates/{template}$"))
        page.get_by_role("tab", name="Versions").click()
        change = page.get_by_role("region", name="Changes, line by line")
        expect(change).to_contain_text("Removed:")
        expect(change).to_contain_text("echo one")
        expect(change).to_contain_text("echo two")
        page.get_by_role("link", name="v1").click()
        page.get_by_role("button", name="Restore").click()
        expect(page.get_by_text("v1 is back as v3")).to_be_visible()
        newest = page.request.get(f"/api/v1/templates/{template}").json()
        assert newest["version"] == 3
        assert "echo one" in json.dumps(newest["spec"]["command"])


def test_yaml_goes_out_and_comes_in(visitor: Visitor, label: str) -> None:
    with visitor.page("/") as page:
        template = made(page, label, tags=[label], spec={"command": "echo out"})
        page.goto(f"/templates/{template}")
        page.get_by_role("button", name="More actions").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name="Export as YAML").click()
        text = download.value.path().read_text(encoding="utf-8")
        page.goto(f"/templates?tag={label}")
        page.get_by_role("button", name="Import").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Template", exact=True).fill(text.replace(label, f"{label}-in", 1))
        dialog.get_by_role("button", name="Import").click()
        expect(page.get_by_role("heading", level=1, name=f"{label}-in")).to_be_visible()
        page.goto(f"/templates?tag={label}")
        expect(page.get_by_role("link", name=re.compile(rf"^{label}"))).to_have_count(2)


def test_a_job_is_saved_as_a_template_in_one_click(
    visitor: Visitor, client: Client, label: str
) -> None:
    env = {"API_TOKEN": {"secret_value": "very-s3cret"}}
    job = client.wait(client.submit(name=f"{label} Ñu", command="true", env=env), timeout=30)
    with visitor.page(f"/jobs/{job.id}") as page:
        page.get_by_role("button", name="Save as template").click()
        expect(page.get_by_text(f"Saved as template {label}-Nu")).to_be_visible()
        visitor.noise.allow("409")
        page.get_by_role("button", name="Save as template").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("There is a template of this name.")
        dialog.get_by_label("Template name").fill(f"{label}-other")
        dialog.get_by_role("button", name="Save").click()
        expect(page.get_by_text(f"Saved as template {label}-other")).to_be_visible()
        page.goto(f"/templates?q={label}-other")
        page.get_by_role("link", name=f"{label}-other", exact=True).click()
        settle(page)
        expect(page.get_by_role("list", name="Parameters")).to_contain_text("api_token")
        assert "very-s3cret" not in page.content()


def test_a_trigger_is_made_and_the_call_that_it_shows_makes_a_job(
    visitor: Visitor, label: str
) -> None:
    with visitor.page("/") as page:
        branch = {"name": "branch", "type": "string", "required": True}
        spec = {"command": "echo {{ branch }}"}
        template = made(page, label, parameters=[branch], spec=spec)
        page.goto(f"/templates/{template}?tab=triggers")
        page.get_by_role("button", name="New trigger").click()
        dialog = page.get_by_role("dialog")
        path = dialog.get_by_label("Path of branch in the body")
        expect(path).to_have_value("/branch")
        path.fill("ref")
        dialog.get_by_label("Name", exact=True).fill("git-push")
        dialog.get_by_role("button", name="Create trigger").click()
        expect(dialog).to_contain_text("Must be a path into the body")
        path.fill("/push/ref")
        check_axe(page)
        dialog.get_by_role("button", name="Create trigger").click()
        expect(dialog).to_contain_text("This token is shown this once.")
        token = dialog.locator("code.select-all").inner_text()
        shown = dialog.get_by_label("Call it").inner_text()
        call = shlex.split(shown.replace("\\\n", " "))
        assert call[:3] == ["curl", "-X", "POST"], shown
        assert f"Authorization: Bearer {token}" in call, shown
        headers = dict(call[at + 1].split(": ", 1) for at, one in enumerate(call) if one == "-H")
        body = call[call.index("--data-binary") + 1]
        answer = httpx.post(call[3], headers=headers, content=body)
        assert answer.status_code == 201, answer.text
        dialog.get_by_role("button", name="Done").click()
        expect(page.get_by_role("list", name="Triggers")).to_contain_text("git-push")
        assert token not in page.content()

        page.goto(f"/jobs/{answer.json()['job_id']}")
        origin = page.locator("#origin")
        expect(origin).to_contain_text("git-push")
        expect(origin).to_contain_text("BRANCH")
        expect(origin.get_by_role("link", name=f"{label} v1")).to_be_visible()
