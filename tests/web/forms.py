"""Types jobs into the form as a person does."""

from __future__ import annotations

import re
from collections.abc import Mapping

from playwright.sync_api import Page

SCRIPT = "Command / Script Content"
NOTE_TOASTS = """() => {
    window.told = [];
    new MutationObserver(() => {
        for (const toast of document.querySelectorAll('[data-sonner-toast]'))
            if (!window.told.includes(toast.innerText)) window.told.push(toast.innerText);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
FOLLOW_TOAST = """(label) => {
    const watch = new MutationObserver(() => {
        for (const button of document.querySelectorAll('[data-sonner-toast] button'))
            if (button.innerText === label) { watch.disconnect(); button.click(); return; }
    });
    watch.observe(document.body, { subtree: true, childList: true });
}"""


def write_script(page: Page, script: str) -> None:
    """Types a script into the editor."""
    page.locator(".cm-content").wait_for()
    page.get_by_label(SCRIPT).fill(script)


def schedule(page: Page) -> None:
    """Sends the form, and notes what toasts say: they are gone again after a few seconds."""
    page.evaluate(NOTE_TOASTS)
    page.get_by_role("button", name="Schedule Job").click()


def told(page: Page, *texts: str) -> None:
    """Waits until a toast has said all of that since the form was sent."""
    page.wait_for_function(
        "(texts) => window.told.some((one) => texts.every((text) => one.includes(text)))",
        arg=list(texts),
    )


def follow_toast(page: Page, label: str) -> None:
    """Presses that button of the next toast that has it, before the toast is gone."""
    page.evaluate(FOLLOW_TOAST, label)


def job_id(page: Page) -> str:
    """The job whose page is open, once it is."""
    page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}"))
    return page.url.rpartition("/")[2].partition("?")[0]


def type_job(
    page: Page,
    name: str,
    script: str,
    *,
    kind: str = "shell",
    env: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
) -> str:
    """Fills the form anew and sends it; `fields` by their labels. The job's id."""
    page.goto("/jobs/new")
    page.get_by_label("Job Name").fill(name)
    page.get_by_label("Command Type").select_option(kind)
    write_script(page, script)
    for label, value in (fields or {}).items():
        page.get_by_label(label, exact=True).fill(value)
    for row, (variable, value) in enumerate((env or {}).items(), start=1):
        page.get_by_role("button", name="Add variable").click()
        page.get_by_label(f"Name, row {row}").fill(variable)
        page.get_by_label(f"Value, row {row}").fill(value)
    schedule(page)
    return job_id(page)
