"""Providers in the browser: what is available, what disabling does, making, changing, removing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Response, expect

from hodei.client import Client
from tests.support.browser import Visitor, check_axe, check_overflow, check_targets, settle

ROOT = Path(__file__).resolve().parents[2]
WORDS = ROOT / "web" / "src" / "features" / "providers" / "i18n"


def card(page: Page, name: str) -> Any:
    return page.get_by_role("article", name=name)


def words_of(schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field of a settings schema by the name under which the form looks up its words."""
    for name, field in schema.get("properties", {}).items():
        key = f"{prefix}_{name}".strip("_")
        yield key, field
        yield from words_of(field, key)
        entries = field.get("additionalProperties")
        if isinstance(entries, dict):
            yield from words_of(entries, key)


def test_types_are_shown_as_they_are_installed(visitor: Visitor, client: Client) -> None:
    with visitor.page("/providers") as page:
        types = page.locator("#types").get_by_role("listitem")
        for name in ("Docker", "Kubernetes", "Firecracker", "Process"):
            row = types.filter(has_text=re.compile(f"^{name}"))
            expect(row).to_contain_text("Installed")
            expect(row.get_by_role("link", name=f"Add a {name} provider")).to_be_visible()
        expect(card(page, "local")).to_contain_text("No isolation")
        limit = next(p for p in client.providers() if p.name == "local").raw["capabilities"]
        expect(card(page, "local")).to_contain_text(f"of {limit['max_workers']}")


def test_disabling_states_its_effect_and_new_jobs_avoid_it(
    visitor: Visitor, client: Client, label: str
) -> None:
    client.create_provider({"name": label, "type": "process", "settings": {"max_workers": 1}})
    here = {"provider": label}
    running = client.submit(name="runs", command="sleep 600", preferences=here)
    with visitor.page("/providers") as page:
        expect(card(page, label)).to_contain_text(re.compile(r"Running jobs\s*1"))
        waiting = client.submit(name="waits", command="true", preferences=here)
        switch = page.get_by_role("switch", name=f"{label} takes jobs")
        switch.click()
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_contain_text("1 job that runs or starts here goes on to its end.")
        expect(dialog).to_contain_text("1 waiting job has no other provider")
        check_axe(page)
        dialog.get_by_role("button", name="Disable").click()
        expect(card(page, label)).to_contain_text("Disabled")
        expect(switch).not_to_be_checked()
        client.cancel(running)
        expect(card(page, label)).to_contain_text(re.compile(r"Running jobs\s*0"))
        assert client.get(waiting).state == "PENDING"
        assert any(r["kind"] == "disabled" for r in client.explain(waiting).rejections)
        switch.click()
        expect(switch).to_be_checked()
    assert client.wait(waiting).state == "SUCCEEDED"


def test_a_wrong_address_fails_clearly_and_wrong_fields_say_so(
    visitor: Visitor, label: str
) -> None:
    with visitor.page("/providers/new?type=docker") as page:
        page.get_by_label("Name", exact=True).fill(label)
        engine = page.get_by_label("Engine")
        engine.fill("ftp://nowhere")
        workers = page.get_by_label("Workers", exact=True)
        workers.fill("5000")
        page.get_by_role("button", name="Test connection").click()
        summary = page.get_by_role("alert")
        expect(summary).to_contain_text("2 fields need attention")
        expect(summary.locator("..")).to_be_focused()
        expect(workers).to_have_attribute("aria-invalid", "true")
        expect(workers).to_have_accessible_description(re.compile("from 1 to 1,000"))
        check_axe(page)
        summary.get_by_role("link", name="Engine").click()
        expect(engine).to_be_focused()
        engine.fill("unix:///nowhere/docker.sock")
        workers.fill("3")
        page.get_by_role("button", name="Test connection").click()
        expect(page.get_by_text("It does not work")).to_be_visible()
        expect(page.get_by_text("unix:///nowhere/docker.sock does not answer")).to_be_visible()


def test_a_provider_is_made_changed_and_removed(
    visitor: Visitor, client: Client, label: str
) -> None:
    with visitor.page("/providers/new") as page:
        page.get_by_role("radio", name=re.compile("^Process")).click()
        page.get_by_label("Name", exact=True).fill(label)
        page.get_by_role("textbox", name=re.compile("^Region")).fill("eu-west")
        page.get_by_label("Workers", exact=True).fill("2")
        page.get_by_label("CPUs of one job").fill("0.5")
        page.get_by_role("group", name="Variables handed on").get_by_role("button").click()
        page.get_by_label("Variables handed on 1", exact=True).fill("LANG")
        fixed = page.get_by_role("group", name="Fixed pools")
        fixed.get_by_role("button", name="Add").click()
        fixed.get_by_label("Workers kept ready").fill("1")
        fixed.get_by_label("CPUs").fill("0.25")
        page.get_by_role("button", name="Test connection").click()
        expect(page.get_by_text("It works: jobs can run here")).to_be_visible()
        page.get_by_role("button", name="Create provider").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(label)
        made = next(p for p in client.providers() if p.name == label).raw
        assert made["settings"] == {"max_workers": 2, "cpu_limit": 0.5, "pass_env": ["LANG"]}
        assert made["region"] == "eu-west"
        assert [(p["size"], p["cpu"], p["memory_mb"]) for p in made["warm"]] == [(1, 0.25, 512)]
        expect(page.locator("#pools")).to_contain_text("1 of 1 ready")

        page.get_by_role("tab", name="Danger zone").click()
        expect(page.get_by_text("1 worker still lives")).to_be_visible()
        delete = page.get_by_role("button", name="Delete provider")
        expect(delete).to_be_disabled()
        delete.click(force=True)
        expect(page.get_by_role("alertdialog")).to_have_count(0)

        page.get_by_role("tab", name="Config").click()
        page.get_by_role("button", name="Remove Fixed pools 1").click()
        page.get_by_label("Idle workers are kept for").fill("0")
        page.get_by_role("button", name="Save changes").click()
        expect(page.get_by_role("tab", name="Workers 0")).to_be_visible()
        saved = next(p for p in client.providers() if p.name == label).raw
        assert (saved["warm"], saved["idle_timeout_ms"]) == ([], 0)
        assert saved["settings"] == made["settings"]

        page.get_by_role("tab", name="Danger zone").click()
        page.get_by_role("button", name="Delete provider").click()
        dialog = page.get_by_role("alertdialog")
        expect(dialog.get_by_role("button", name="Delete provider")).to_be_disabled()
        dialog.get_by_role("textbox").fill(label)
        dialog.get_by_role("button", name="Delete provider").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Providers")
    assert all(p.name != label for p in client.providers())


def test_secrets_go_in_and_never_come_out(visitor: Visitor, client: Client, label: str) -> None:
    settings = {
        "host": "unix:///nowhere/docker.sock",
        "registries": {"docker.io": {"username": "ann", "password": "hunter2-secret"}},
    }
    client.create_provider({"name": label, "type": "docker", "settings": settings})
    seen: list[str] = []

    def note(response: Response) -> None:
        if "/api/" in response.url:
            seen.append(response.text())

    with visitor.page("/providers") as page:
        page.on("response", note)
        page.goto(f"/providers/{label}?tab=config")
        stored = page.get_by_role("group", name="Registries")
        expect(stored.get_by_role("radio", name="Keep")).to_be_checked()
        page.get_by_role("textbox", name=re.compile("^Region")).fill("eu")
        page.get_by_role("button", name="Save changes").click()
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        assert client_secrets(client, label) == ["registries"]
        stored.get_by_role("radio", name="Remove").click()
        page.get_by_role("button", name="Save changes").click()
        expect(page.get_by_role("button", name="Add", exact=True).first).to_be_visible()
        expect(stored.get_by_role("radio")).to_have_count(0)
        assert client_secrets(client, label) == []
        assert "hunter2" not in page.content()
    assert len(seen) > 2
    assert not any("hunter2" in text for text in seen)


def client_secrets(client: Client, name: str) -> Any:
    return next(p for p in client.providers() if p.name == name).raw["secrets_set"]


def test_every_tab_holds_on_a_phone_in_spanish(visitor: Visitor) -> None:
    with visitor.page("/providers/local", size="phone", language="es") as page:
        for tab in ("overview", "config", "workers", "health", "danger"):
            page.goto(f"/providers/local?tab={tab}")
            settle(page)
            expect(page.get_by_role("tabpanel")).to_be_visible()
            check_overflow(page)
            check_axe(page)
            check_targets(page)


def test_the_form_has_words_for_every_setting_in_both_languages(visitor: Visitor) -> None:
    english, spanish = (
        json.loads((WORDS / f"{lang}.json").read_text(encoding="utf-8"))["fields"]
        for lang in ("en", "es")
    )
    with visitor.page("/providers") as page:
        types = page.request.get("/api/v1/provider-types").json()["items"]
    for one in types:
        if one["type"] not in ("docker", "process"):
            continue
        for key, field in words_of(one["settings_schema"]):
            shown = {part: field[part] for part in ("title", "description")}
            assert english[one["type"]][key] == shown
            assert spanish[one["type"]][key].keys() == shown.keys()
