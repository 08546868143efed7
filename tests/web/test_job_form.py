"""The job form: the guide's sections and fields, each one checked, sent and read back."""

from __future__ import annotations

import json
from typing import Any

import yaml
from playwright.sync_api import Request, expect

from hodei.client import Client
from tests.support.browser import (
    WAIT_MS,
    Visitor,
    check_axe,
    check_overflow,
    check_targets,
    settle,
)
from tests.web.forms import SCRIPT, follow_toast, job_id, schedule, told, write_script

expect.set_options(timeout=WAIT_MS)

SECTIONS = {
    "1. Basic Info": ["Job Name"],
    "2. Core Execution": ["Command Type", "Command / Script Content"],
    "3. Environment & Image": ["Container Image", "Environment Variables"],
    "4. Resources": [
        "CPU Cores",
        "Memory (MB)",
        "Storage (MB)",
        "Timeout (ms)",
        "GPU Required",
        "Architecture",
    ],
    "5. Preferences": ["Provider", "Region", "Job Priority", "Allow Retry"],
}


def test_sections_and_fields_are_the_guides_in_its_order(visitor: Visitor) -> None:
    with visitor.page("/jobs/new") as page:
        expect(page.locator(".cm-content")).to_be_visible()
        sections = page.locator("form section")
        assert sections.get_by_role("heading", level=2).all_inner_texts() == [
            heading.replace(". ", ".\n") for heading in SECTIONS
        ] or [h.replace("\n", " ") for h in sections.locator("h2").all_inner_texts()] == list(
            SECTIONS
        )
        for section, (heading, fields) in zip(sections.all(), SECTIONS.items(), strict=True):
            text = section.inner_text()
            places = [text.index(field) for field in fields]
            assert places == sorted(places), heading
        types = page.get_by_label("Command Type").locator("option").all_inner_texts()
        assert types == ["Shell Command", "Docker Exec", "Python Script", "Node.js Script"]
        assert page.get_by_label("Job Priority").locator("option").all_inner_texts() == [
            "Low",
            "Normal",
            "High",
        ]


def test_what_is_wrong_shows_beside_the_field_and_in_a_focused_summary(visitor: Visitor) -> None:
    with visitor.page("/jobs/new") as page:
        page.get_by_label("Job Name").fill("wrong")
        write_script(page, "true")
        cpu = page.get_by_label("CPU Cores")
        for value in ("0", "17"):
            cpu.fill(value)
            schedule(page)
            message = "Must be a number between 0.1 and 16."
            expect(page.locator("#job-cpu-error")).to_have_text(message)
            expect(cpu).to_have_attribute("aria-invalid", "true")
            summary = page.get_by_role("alert")
            expect(summary).to_contain_text("1 thing to mend")
            expect(summary.locator("..")).to_be_focused()
            expect(summary).to_contain_text(f"CPU Cores: {message}")
        page.get_by_role("alert").get_by_role("link", name="CPU Cores").click()
        expect(cpu).to_be_focused()
        cpu.fill("1")
        expect(page.get_by_role("alert")).to_have_count(0)
        assert page.url.endswith("/jobs/new")


def test_what_was_entered_runs_and_reads_back(visitor: Visitor, client: Client, label: str) -> None:
    with visitor.page("/jobs/new") as page:
        page.get_by_label("Job Name").fill(label)
        write_script(page, 'echo "Hello from $WHO!" && date')
        page.get_by_role("button", name="Add variable").click()
        page.get_by_label("Name, row 1").fill("WHO")
        page.get_by_label("Value, row 1").fill("Hodei")
        page.get_by_label("Memory (MB)").fill("256")
        page.get_by_label("Timeout (ms)").fill("120000")
        page.get_by_label("Job Priority").select_option("HIGH")
        page.get_by_role("switch", name="Allow Retry").click()
        schedule(page)
        key = job_id(page)
        told(page, f"{label} is scheduled", "View logs")
        expect(page.locator("h1 [data-state=SUCCEEDED]")).to_be_visible()
        expect(page.locator("[data-latest-logs]")).to_contain_text("Hello from Hodei!")
        page.get_by_role("tab", name="Config").click()
        config = page.get_by_role("tabpanel")
        for text in ('echo "Hello from $WHO!" && date', "WHO", "256 MiB", "2m 00s", "High"):
            expect(config).to_contain_text(text)
        expect(config).to_contain_text("Up to 3 attempts")
    spec = client.get(key).spec
    assert spec["env"] == {"WHO": "Hodei"}
    assert spec["resources"]["memory_mb"] == 256
    assert (spec["timeout_ms"], spec["priority"]) == (120_000, "HIGH")
    assert spec["retry"]["max_attempts"] == 3


def test_python_and_programs_run_as_their_type_says(
    visitor: Visitor, client: Client, label: str
) -> None:
    with visitor.page("/jobs/new") as page:
        page.get_by_label("Job Name").fill(label)
        page.get_by_label("Command Type").select_option("python")
        write_script(page, "for i in range(5):\n    print(f'Step {i+1}/5 completed')")
        schedule(page)
        assert client.wait(job_id(page)).succeeded
        assert client.output(job_id(page)).count("completed") == 5

        page.goto("/jobs/new")
        page.get_by_label("Job Name").fill(label)
        page.get_by_label("Command Type").select_option("exec")
        page.get_by_label(SCRIPT).fill("printf '%s|' \"a b\" $HOME")
        expect(page.get_by_text("4 words: “printf” “%s|” “a b” “$HOME”")).to_be_visible()
        schedule(page)
        assert client.wait(job_id(page)).succeeded
        assert client.output(job_id(page)) == "a b|$HOME|"


def test_a_secret_is_recognised_and_nowhere_afterwards(
    visitor: Visitor, client: Client, label: str
) -> None:
    value = "canary-41c7e9"
    seen: list[str] = []

    def keep(request: Request) -> None:
        response = request.response()
        if response is not None and "/api/" in response.url:
            seen.append(response.text())

    with visitor.page("/jobs/new") as page:
        page.on("requestfinished", keep)
        page.on("websocket", lambda ws: ws.on("framereceived", lambda data: seen.append(str(data))))
        page.get_by_label("Job Name").fill(label)
        write_script(page, 'echo "token $API_TOKEN"; echo "$API_TOKEN" | base64; sleep 1')
        page.get_by_role("button", name="Add variable").click()
        page.get_by_label("Name, row 1").fill("API_TOKEN")
        expect(page.get_by_label("Kind, row 1")).to_have_value("secret")
        page.get_by_label("Value, row 1").fill(value)
        for form in ("JSON", "YAML", "CLI", "curl", "Python"):
            page.get_by_role("radio", name=form, exact=True).click()
            assert value not in page.get_by_role("region", name="Preview").last.inner_text()
        schedule(page)
        key = job_id(page)
        expect(page.locator("h1 [data-state=SUCCEEDED]")).to_be_visible()
        expect(page.locator("[data-latest-logs]")).to_contain_text("token ***")
        for tab in ("Config", "Logs", "Resources", "Overview"):
            page.get_by_role("tab", name=tab).click()
            assert value not in page.content()
        kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        page.goto(f"/jobs/new?from={key}")
        expect(page.get_by_text("Secret values are not kept")).to_be_visible()
        assert value not in page.content() + kept
    assert seen
    assert all(value not in text for text in seen)
    assert client.output(key).count("***") == 2
    assert client.get(key).spec["env"] == {"API_TOKEN": {"secret_value": None}}


def test_two_clicks_make_one_job(visitor: Visitor, client: Client, label: str) -> None:
    with visitor.page("/jobs/new") as page:
        page.get_by_label("Job Name").fill(label)
        write_script(page, "true")
        page.get_by_role("button", name="Schedule Job").dblclick()
        job_id(page)
        expect(page.locator("h1 [data-state=SUCCEEDED]")).to_be_visible()
    assert len(list(client.list(q=label))) == 1


def test_offline_nothing_is_lost(visitor: Visitor, client: Client, label: str) -> None:
    visitor.noise.allow("ERR_INTERNET_DISCONNECTED")
    with visitor.page("/jobs/new") as page:
        page.get_by_label("Job Name").fill(label)
        write_script(page, "echo kept")
        page.context.set_offline(True)
        schedule(page)
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("The job was not scheduled")
        expect(alert).to_contain_text("the draft is kept in this browser")
        page.context.set_offline(False)
        page.reload()
        expect(page.get_by_text("Your draft of")).to_be_visible()
        expect(page.get_by_label("Job Name")).to_have_value(label)
        expect(page.locator(".cm-content")).to_contain_text("echo kept")
        schedule(page)
        job_id(page)
        page.goto("/jobs/new")
        expect(page.get_by_label("Job Name")).to_have_value("")
    assert len(list(client.list(q=label))) == 1


def test_the_plan_says_where_and_why_not(visitor: Visitor) -> None:
    with visitor.page("/jobs/new") as page:
        plan = page.get_by_role("region", name="Plan")
        expect(plan).to_contain_text("Would run on local")
        page.get_by_label("Container Image").fill("alpine:latest")
        expect(plan).to_contain_text("Would be refused")
        expect(plan).to_contain_text("runs no images")
        plan.get_by_role("button", name="Leave the image empty").click()
        expect(plan).to_contain_text("Would run on local")
        expect(page.get_by_label("Container Image")).to_have_value("")


def test_the_server_s_refusals_are_put_beside_their_fields(visitor: Visitor, label: str) -> None:
    visitor.noise.allow("status of 400")
    with visitor.page("/jobs/new") as page:
        page.get_by_label("Job Name").fill(label)
        write_script(page, "true")
        page.get_by_role("button", name="Add variable").click()
        page.get_by_label("Name, row 1").fill("TOKEN")
        page.get_by_label("Kind, row 1").select_option("stored")
        page.get_by_label("Name of the secret, row 1").fill("not-there")
        schedule(page)
        expect(page.get_by_role("alert")).to_contain_text("TOKEN: project 'default' has no secret")
        cell = page.get_by_label("Name of the secret, row 1")
        expect(cell).to_have_attribute("aria-invalid", "true")
        cell.fill("other")
        expect(cell).not_to_have_attribute("aria-invalid", "true")


def test_pasted_env_lines_become_rows(visitor: Visitor) -> None:
    text = "# settings\nexport API_URL=https://example.com\nDB_PASSWORD='p w'\n"
    with visitor.page("/jobs/new") as page:
        page.get_by_role("button", name="Add variable").click()
        page.evaluate("text => navigator.clipboard.writeText(text)", text)
        page.get_by_label("Name, row 1").focus()
        page.keyboard.press("Control+V")
        expect(page.get_by_label("Name, row 1")).to_have_value("API_URL")
        expect(page.get_by_label("Kind, row 1")).to_have_value("text")
        expect(page.get_by_label("Name, row 2")).to_have_value("DB_PASSWORD")
        expect(page.get_by_label("Kind, row 2")).to_have_value("secret")
        expect(page.get_by_label("Value, row 2")).to_have_value("p w")


def test_a_copy_starts_from_its_job_and_every_spelling_agrees(
    visitor: Visitor, client: Client, label: str
) -> None:
    spec: dict[str, Any] = {
        "name": label,
        "command": {"type": "python", "script": "import os\nprint(os.getcwd())\n"},
        "env": {"GREETING": "it's: #1\nyes"},
        "resources": {"cpu": 0.5, "memory_mb": 128},
        "retry": {"max_attempts": 2, "on": ["lost"]},
        "labels": {"team": label},
        "working_dir": "/tmp",
        "queue_timeout_ms": 60_000,
    }
    first = client.submit(**spec)
    with visitor.page(f"/jobs/{first.id}") as page:
        page.get_by_role("button", name="Duplicate").click()
        expect(page.get_by_text(f"Copied from {label}.")).to_be_visible()
        preview = page.get_by_role("region", name="Preview").last
        as_json = json.loads(preview.inner_text())
        page.get_by_role("radio", name="YAML").click()
        expect(preview).to_contain_text("name: ")
        assert yaml.safe_load(preview.inner_text()) == as_json
        follow_toast(page, "View logs")
        schedule(page)
        told(page, f"{label} is scheduled")
        page.wait_for_url("**/jobs/*/logs")
        expect(page.get_by_role("log")).to_contain_text("/tmp")
        second = client.get(page.url.split("/")[-2])
    assert second.id != first.id
    assert second.spec == client.get(first.id).spec


def test_it_is_clean_on_a_phone_with_everything_open(visitor: Visitor) -> None:
    with visitor.page("/jobs/new", size="phone", theme="light", language="es") as page:
        settle(page)
        more = page.get_by_role("button", name="Más opciones")
        while more.count() > 0:
            more.first.click()
        page.get_by_role("switch", name="Permitir reintentos").click()
        page.get_by_role("button", name="Añadir variable").click()
        page.get_by_label("Nombre, fila 1").fill("API_KEY")
        page.get_by_role("button", name="Programar job").click()
        expect(page.get_by_role("alert")).to_contain_text("cosas por corregir")
        check_overflow(page)
        check_axe(page)
        check_targets(page)
        page.get_by_role("button", name="Plan y vista previa").click()
        expect(page.get_by_role("dialog")).to_contain_text("Se ejecutaría en local")
        check_axe(page)
