"""The dashboard: the server's numbers and no others, the first job, and where it leads."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import expect

from hodei.client import Client
from tests.support.browser import SIZES, Size, Visitor, check_axe, settle
from tests.support.server import ServerProcess

COVERED = """(button) => {
    const own = button.getBoundingClientRect();
    return [...document.querySelectorAll('main li, main dl, main figure')].filter((one) => {
        const box = one.getBoundingClientRect();
        return box.right > own.left && box.left < own.right
            && box.bottom > own.top && box.top < own.bottom;
    }).map((one) => one.textContent);
}"""
HEALTH = """async () => {
    const { host, queue, workers } = await (await fetch('/api/v1/summary')).json();
    const size = (bytes) => (bytes / 2 ** 30).toLocaleString('en', { maximumFractionDigits: 1 });
    const said = [
        host.cpu === null ? '' : `${Math.round(host.cpu * 100)}% of ${host.cpus} CPUs`,
        `of ${size(host.memory_total_bytes)} GiB`,
        `Queue depth${queue.pending}Paused`,
        `Workers${workers.live}${workers.counts.BUSY} busy`,
    ];
    const text = document.querySelector('#health').textContent;
    return said.every((one) => text.includes(one));
}"""
"""Whether System Health says what the server does, which may have moved on meanwhile."""
BLUE = "rgb(43, 108, 238)"


def test_an_empty_server_leads_to_a_first_job(own_visitor: Visitor, server: ServerProcess) -> None:
    with own_visitor.page("/") as page:
        settle(page)
        for label in ("Total Jobs", "Running", "Failed", "Success"):
            expect(page.get_by_role("link", name=re.compile(f"^{label}"))).to_have_text(f"{label}0")
        expect(page.get_by_role("region", name="Run your first job")).to_contain_text(
            "local is ready"
        )
        check_axe(page)
        drawn = page.get_by_role("figure").count()
        samples = httpx.get(f"{server.url}/api/v1/metrics/hosts?range=24h").json()["hosts"]
        assert drawn == 0 or any(len(host["points"]) > 1 for host in samples)
        page.get_by_role("button", name="Run Hello World").click()
        expect(page).to_have_url(re.compile("/jobs/[0-9a-f-]{36}"))
        expect(page.locator("[data-state=SUCCEEDED]").first).to_be_visible()


def test_the_numbers_are_those_of_the_server(own_visitor: Visitor, server: ServerProcess) -> None:
    with Client(server.url) as client:
        jobs = [
            client.wait(client.submit(name="one", command=command))
            for command in ("true", "true", "exit 3")
        ]
    summary = httpx.get(f"{server.url}/api/v1/summary").json()
    counts = summary["jobs"]["counts"]
    assert (summary["jobs"]["total"], counts["SUCCEEDED"], counts["FAILED"]) == (3, 2, 1)
    for size in SIZES:
        with own_visitor.page("/", size=size) as page:
            tiles = {"Total Jobs": 3, "Running": 0, "Failed": 1, "Success": 2}
            for label, count in tiles.items():
                tile = page.get_by_role("link", name=re.compile(f"^{label}"))
                expect(tile).to_have_text(f"{label}{count}")
            health = page.get_by_role("region", name="System Health")
            expect(health).to_contain_text(
                re.compile(rf"{summary['nodes']['online']}\s*online", re.I)
            )
            recent = page.get_by_role("region", name="Recent Executions")
            expect(recent.get_by_role("listitem")).to_have_count(3)
            for row, job in zip(recent.get_by_role("listitem").all(), jobs[::-1], strict=True):
                expect(row.locator(f"[data-state={job.state}]")).to_be_visible()
                expect(row.locator("code")).to_have_text(job.id[:8])
                expect(row).to_contain_text(re.compile(r"·(\d+ms|[\d.]+s|\d+m \d\ds)·"))
                expect(row.locator("time")).to_have_attribute("datetime", job.raw["submitted_at"])
    check_health(own_visitor, server)
    with own_visitor.page("/") as page:
        page.get_by_role("link", name=re.compile("^Failed")).click()
        expect(page).to_have_url(re.compile(r"/jobs\?status=FAILED"))
        page.go_back()
        page.get_by_role("link", name="See All").click()
        expect(page).to_have_url(re.compile("/jobs$"))
        page.go_back()
        recent = page.get_by_role("region", name="Recent Executions")
        recent.get_by_role("link", name=re.compile("^one")).first.click()
        expect(page).to_have_url(re.compile(f"/jobs/{jobs[-1].id}"))


def check_health(visitor: Visitor, server: ServerProcess) -> None:
    """Load, queue and workers, with a job that runs and two that wait."""
    with Client(server.url) as client:
        running = client.submit(name="runs", command="sleep 600")
        next(event for event in client.watch(running) if event.state == "RUNNING")
        queue = f"{server.url}/api/v1/queue/settings"
        httpx.patch(queue, json={"paused": True}).raise_for_status()
        waiting = [client.submit(name="waits", command="true") for _ in range(2)]
        with visitor.page("/") as page:
            settle(page)
            page.wait_for_function(HEALTH, polling=500)
        for job in (running, *waiting):
            client.cancel(job)


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_the_round_button_is_at_hand_and_covers_nothing(
    visitor: Visitor, client: Client, size: Size
) -> None:
    client.wait(client.submit(name="row", command="true"))
    with visitor.page("/", size=size) as page:
        settle(page)
        button = page.get_by_role("link", name="New job").and_(page.locator(".rounded-full"))
        view, box = page.viewport_size, button.bounding_box()
        assert view is not None
        assert box is not None
        assert min(box["width"], box["height"]) >= 56
        assert button.evaluate("(one) => getComputedStyle(one).backgroundColor") == BLUE
        assert view["width"] - box["x"] - box["width"] <= 24
        assert view["height"] - box["y"] - box["height"] <= 24 + 56
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        assert button.evaluate(COVERED) == []
        button.click()
        expect(page).to_have_url(re.compile("/jobs/new$"))
