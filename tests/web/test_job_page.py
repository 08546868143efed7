"""The job page: live from the queue to the cleanup, with reasons, causes and actions that work."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from hodei.client import Client
from tests.support.browser import (
    WAIT_MS,
    Size,
    Theme,
    Visitor,
    check_axe,
    check_overflow,
    check_targets,
    settle,
)
from tests.support.gate import Gate
from tests.support.server import ServerProcess, data_directory

expect.set_options(timeout=WAIT_MS)

TABS = ("Overview", "Config", "Logs", "Resources")


def badge(page: Page, state: str) -> None:
    """Waits until the page shows the state."""
    expect(page.locator(f"[data-state={state}]").first).to_be_visible()


def gated(gate: Path, before: str = "echo waiting") -> str:
    """A script that goes on once the file `gate` is there."""
    return f"{before}; until [ -e {gate} ]; do sleep 0.05; done; echo done"


def steps(page: Page) -> list[str]:
    """What the timeline says, step by step."""
    items = page.get_by_role("list", name="Timeline").get_by_role("listitem")
    return items.all_text_contents()


def test_it_lives_from_running_to_the_cleanup(
    visitor: Visitor, client: Client, label: str, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    gate = tmp_path / "gate"
    job = client.submit(name=label, command=gated(gate))
    with visitor.page(f"/jobs/{job.id}") as page:
        badge(page, "RUNNING")
        expect(page.locator("[data-latest-logs]")).to_contain_text("waiting")
        expect(page.locator("li[aria-current=step]")).to_contain_text("Running")
        gate.touch()
        badge(page, "SUCCEEDED")
        expect(page.locator("[data-latest-logs]")).to_contain_text("done")
        expect(page.locator("li[aria-current=step]")).to_have_count(0)
        queued, image, running, cleanup = steps(page)
        clock = r"\d\d:\d\d:\d\d"
        for text, name in ((queued, "Queued"), (running, "Running"), (cleanup, "Cleanup")):
            assert re.search(rf"^{name}: done.*{clock}$", text), text
        assert "Image Pulled: skipped" in image
        assert "it runs without an image" in image
        # The page was never loaded again.
        assert page.evaluate("performance.getEntriesByType('navigation').length") == 1


def test_every_state_is_shown_as_it_comes(
    own_visitor: Visitor, server: ServerProcess, label: str, tmp_path: Path
) -> None:
    gate = Gate(tmp_path)
    with Client(server.url) as client:
        [local] = client.providers()
        switch = f"/api/v1/providers/{local.id}"
        with own_visitor.page("/jobs/new") as page:
            page.request.post(f"{switch}:disable")
            job = client.submit(name=label, command=gate.wait)
            page.goto(f"/jobs/{job.id}")
            badge(page, "PENDING")
            why = page.locator("section").filter(has_text="Why it waits").last
            expect(why).to_contain_text("Provider 'local' is disabled.")
            seen = page.evaluate_handle(
                """() => {
                    const seen = [];
                    const look = () => {
                        const state = document.querySelector("h1 [data-state]")?.dataset.state;
                        if (state && seen.at(-1) !== state) seen.push(state);
                    };
                    new MutationObserver(look).observe(document.body,
                        { subtree: true, childList: true, attributes: true });
                    look();
                    return seen;
                }"""
            )
            page.request.post(f"{switch}:enable")
            badge(page, "RUNNING")
            gate.open()
            badge(page, "SUCCEEDED")
            expect(why).to_have_count(0)
            states = seen.json_value()
            # A warm worker is given the job and starts it within one push to the page.
            assert [state for state in states if state != "ASSIGNED"] == [
                "PENDING",
                "RUNNING",
                "SUCCEEDED",
            ]
            assert "ASSIGNED" not in states or states[1] == "ASSIGNED"


def test_a_failure_says_its_code_and_leads_to_the_first_error(
    visitor: Visitor, client: Client, label: str
) -> None:
    script = "for i in $(seq 300); do echo line $i; done; echo '[ERROR] no disk'; echo bye; exit 3"
    job = client.wait(client.submit(name=label, command=script))
    with visitor.page(f"/jobs/{job.id}") as page:
        card = page.locator("section").filter(has_text="Exit code 3").last
        expect(card).to_contain_text("The process ended with exit code 3.")
        expect(card).to_contain_text("301 [ERROR] no disk")
        card.get_by_role("link", name="Open the log at the first error").click()
        page.wait_for_url(f"**/jobs/{job.id}/logs")
        expect(page.get_by_role("log")).to_contain_text("[ERROR] no disk")
        expect(page.get_by_role("log")).not_to_contain_text("line 1 ")


def test_a_timeout_offers_more_time(visitor: Visitor, client: Client, label: str) -> None:
    job = client.submit(name=label, command="sleep 60", timeout_ms=1_500, grace_ms=200)
    with visitor.page(f"/jobs/{job.id}") as page:
        badge(page, "TIMEOUT")
        expect(page.locator("[data-state=TIMEOUT] svg").first).to_have_class(
            re.compile("timer-off")
        )
        page.get_by_role("button", name="Retry with 3s of time").click()
        page.wait_for_url(lambda url: job.id not in url)
        again = client.get(page.url.rpartition("/")[2])
        assert again.spec["timeout_ms"] == 3_000
        assert again.raw["rerun_of"] == job.id
        client.cancel(again)


def test_cancelled_means_that_the_process_is_gone(
    visitor: Visitor, client: Client, label: str, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    gate = tmp_path / "gate"
    trap = f"trap 'until [ -e {gate} ]; do sleep 0.05; done; exit 0' TERM"
    script = f"{trap}; echo pid $$; while :; do sleep 0.05; done"
    job = client.submit(name=label, command=script, grace_ms=60_000)
    with visitor.page(f"/jobs/{job.id}") as page:
        line = page.locator("[data-latest-logs]").get_by_text(re.compile(r"pid \d+"))
        process = Path("/proc") / line.inner_text().split()[1]
        page.get_by_role("button", name="Cancel Job").click()
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_contain_text("killed after 1m 00s")
        check_axe(page)
        dialog.get_by_label("Reason").fill("no longer needed")
        dialog.get_by_role("button", name="Cancel Job").click()
        badge(page, "CANCELLING")
        expect(page.get_by_role("button", name="Cancelling…")).to_be_visible()
        assert process.exists()
        gate.touch()
        badge(page, "CANCELLED")
        assert not process.exists()
        expect(page.get_by_text("Reason given: no longer needed")).to_be_visible()
        for name in ("Cancel Job", "SSH Access"):
            button = page.get_by_role("button", name=name)
            expect(button).to_have_attribute("aria-disabled", "true")
            button.hover()
            expect(page.get_by_role("tooltip")).to_have_text("The job is over.")
            page.mouse.move(0, 0)
            expect(page.get_by_role("tooltip")).to_have_count(0)


def test_tabs_are_in_the_address_and_under_the_keys(
    visitor: Visitor, client: Client, label: str
) -> None:
    job = client.wait(client.submit(name=label, command="echo one"))
    with visitor.page(f"/jobs/{job.id}?tab=config") as page:
        selected = page.get_by_role("tab", selected=True)
        expect(selected).to_have_text("Config")
        page.reload()
        expect(selected).to_have_text("Config")
        for key, name in zip("1234", TABS, strict=True):
            page.keyboard.press(key)
            expect(selected).to_have_text(name)
        expect(page).to_have_url(re.compile("tab=resources"))
        page.go_back()
        expect(selected).to_have_text("Logs")
        selected.focus()
        page.keyboard.press("ArrowLeft")
        expect(selected).to_have_text("Config")
        expect(page.get_by_role("tabpanel")).to_contain_text("echo one")
        page.keyboard.press("3")
        expect(page.get_by_role("tabpanel").get_by_role("log")).to_contain_text("one")
        page.get_by_role("link", name="Open full log viewer").click()
        page.wait_for_url(f"**/jobs/{job.id}/logs")


def test_brackets_lead_to_the_jobs_before_and_after(
    visitor: Visitor, client: Client, label: str
) -> None:
    jobs = [client.submit(name=f"{label}-{n}", command="true") for n in range(3)]
    with visitor.page(f"/jobs/{jobs[1].id}") as page:
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"{label}-1")
        page.keyboard.press("[")
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"{label}-0")
        page.keyboard.press("]")
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"{label}-1")
        page.keyboard.press("]")
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"{label}-2")


def test_resources_move_while_it_runs_and_stay_when_it_is_over(
    visitor: Visitor, client: Client, label: str
) -> None:
    burner = "import time\nwhile True:\n    sum(range(100_000))\n"
    job = client.submit(name=label, command={"type": "python", "script": burner})
    with visitor.page(f"/jobs/{job.id}") as page:
        live = page.get_by_role("region", name="Live Resources")
        cpu = live.locator("span", has_text="of 1 core")
        expect(cpu).to_be_visible()
        first = cpu.inner_text()
        expect(cpu).not_to_have_text(first)
        expect(live.get_by_role("meter", name="Memory")).to_be_attached()

        page.get_by_role("tab", name="Resources").click()
        figure = page.locator("figure").filter(has_text="CPU")
        expect(figure.locator("canvas")).to_be_visible()
        figure.get_by_role("button").click()
        rows = figure.get_by_role("table").locator("tbody tr")
        before = rows.count()
        expect(rows.nth(before)).to_be_visible()  # one more came, without a reload
        client.cancel(job)
        client.wait(job)
        stats = page.request.get(f"/api/v1/jobs/{job.id}/stats").json()["items"]
        page.reload()
        page.locator("figure").filter(has_text="CPU").get_by_role("button").click()
        expect(rows).to_have_count(len(stats))
        newest, one_before = stats[-1], stats[-2]
        passed = page.evaluate(
            "([a, b]) => Date.parse(a) - Date.parse(b)", [newest["at"], one_before["at"]]
        )
        cores = (newest["cpu_ms"] - one_before["cpu_ms"]) / passed
        shown = float(rows.first.locator("td").inner_text().split()[0])
        assert shown == pytest.approx(cores, abs=0.006)


def test_attempts_have_their_own_times(visitor: Visitor, client: Client, label: str) -> None:
    retry = {"max_attempts": 2, "backoff": {"initial_ms": 10}}
    job = client.wait(client.submit(name=label, command="exit 1", retry=retry))
    with visitor.page(f"/jobs/{job.id}") as page:
        expect(page.get_by_text("Attempt 2 of 2")).to_be_visible()
        second = steps(page)
        page.get_by_role("radio", name="1", exact=True).click()
        expect(page.get_by_role("radio", name="1", exact=True)).to_be_checked()
        first = steps(page)
        assert "Running: failed" in first[2]
        assert "Running: failed" in second[2]
        assert first != second


def test_rerun_keeps_a_link_to_where_it_came_from(
    visitor: Visitor, client: Client, label: str
) -> None:
    job = client.wait(client.submit(name=label, command="true"))
    with visitor.page(f"/jobs/{job.id}") as page:
        page.get_by_role("button", name="Re-run").click()
        page.wait_for_url(lambda url: job.id not in url)
        expect(page.get_by_text(f"{label} is scheduled again")).to_be_visible()
        expect(page.get_by_role("link", name=job.id[:8])).to_be_visible()


def test_an_unknown_job_says_so(visitor: Visitor) -> None:
    visitor.noise.allow("status of 404")
    with visitor.page("/jobs/00000000-0000-4000-8000-000000000000") as page:
        expect(page.get_by_role("alert")).to_contain_text("It does not exist")


SIZES: tuple[Size, ...] = ("phone", "desk")
THEMES: tuple[Theme, ...] = ("dark", "light")


@pytest.mark.parametrize(("size", "theme"), list(itertools.product(SIZES, THEMES)))
def test_every_tab_is_clean(
    visitor: Visitor, client: Client, label: str, size: Size, theme: Theme
) -> None:
    script = "echo start; echo '[WARN] slow'; echo '[ERROR] bad' >&2; sleep 1.2; exit 4"
    spec: dict[str, Any] = {
        "env": {"A": "1", "KEY": {"secret_value": "s3cret"}},
        "labels": {"team": label},
    }
    job = client.wait(client.submit(name=f"{label} {'long ' * 20}", command=script, **spec))
    with visitor.page(f"/jobs/{job.id}", size=size, theme=theme) as page:
        for tab in TABS:
            page.get_by_role("tab", name=tab).click()
            settle(page)
            check_overflow(page)
            check_axe(page)
            if size == "phone":
                check_targets(page)


def test_the_trace_of_a_job_is_a_link_and_can_be_copied(browser: Browser) -> None:
    trace, page_of = "4b" * 16, "https://traces.example.org/trace/"
    with (
        data_directory() as place,
        ServerProcess(place, {"HODEI_TRACE_URL": f"{page_of}{{trace_id}}"}) as server,
        Client(server.url) as client,
    ):
        traced = client.submit(name="t", command="true", traceparent=f"00-{trace}-{'7c' * 8}-01")
        other = client.submit(name="o", command="true")
        visitor = Visitor(browser, server.url)
        with visitor.page(f"/jobs/{traced.id}") as page:
            link = page.get_by_role("link", name=f"{trace[:8]} (opens in a new tab)")
            expect(link).to_have_attribute("href", f"{page_of}{trace}")
            expect(link).to_have_attribute("target", "_blank")
            expect(link).to_have_attribute("rel", "noopener noreferrer")
            page.get_by_role("button", name="Copy trace id").click()
            read = "text => navigator.clipboard.readText().then((copied) => copied === text)"
            page.wait_for_function(read, arg=trace)
        with visitor.page(f"/jobs/{other.id}") as page:
            expect(page.get_by_text("Submitted", exact=True)).to_be_visible()
            expect(page.get_by_text("Trace", exact=True)).to_have_count(0)
        assert visitor.noise.bad == []
