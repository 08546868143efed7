"""The pictures of the user guide and the README: a server with content of its own, its pages.

Usage: python -m tests.support.guide_pictures [FOLDER]; FOLDER is docs unless given.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize

from hodei.client import Client
from tests.e2e.docker.yard import new_yard
from tests.support.browser import LOCALES, Size, Theme, Visitor, chromium, settle, still
from tests.support.docker import private_engine
from tests.support.docker_images import load_basic, python_image
from tests.support.documents import ROOT

VIEW: ViewportSize = {"width": 1080, "height": 680}
BATCHES = """
for i in $(seq 1 600); do
  case $((i % 9)) in
    4) echo "[WARN] batch $i/600 took longer than usual" ;;
    7) echo "[ERROR] batch $i/600 is read again" ;;
    *) echo "[INFO] batch $i/600 done" ;;
  esac
  i=$((i + 1)); n=0; while [ $n -lt 9000 ]; do n=$((n + 1)); done; sleep 0.2
done
"""
ENDED = (
    ("Hello World", 'echo "Hello from Hodei!" && date'),
    ("Nightly export", "echo 'exported 1204 rows'; sleep 2"),
    ("Invoice check", "echo '[ERROR] invoice 881 has no total' >&2; exit 3"),
    ("Thumbnail batch", "seq 1 400; sleep 1"),
    ("Contract tests", "echo '214 passed'; sleep 3"),
    ("Report for Málaga", "echo 'report written'"),
)
REPORT: Mapping[str, object] = {
    "name": "report",
    "description": "How a city did over some days.",
    "tags": ["finance"],
    "parameters": [
        {"name": "city", "type": "string", "default": "Málaga", "max_length": 40},
        {"name": "days", "type": "integer", "minimum": 1, "maximum": 31, "default": 7},
    ],
    "spec": {"command": "echo {{ city }} over {{ days }} days", "image": "alpine:latest"},
}
PAGES = {
    "dashboard": "/",
    "new-job": "/jobs/new",
    "job": "/jobs/{job}",
    "logs": "/jobs/{job}/logs",
    "jobs": "/jobs",
    "templates": "/templates",
    "schedules": "/schedules",
    "providers": "/providers",
    "metrics": "/metrics?range=1h",
    "settings": "/settings/profile",
}
SCREENSHOTS: Mapping[str, tuple[str, Size, Theme]] = {
    "job-desk-dark": ("/jobs/{job}", "desk", "dark"),
    "logs-desk-dark": ("/jobs/{job}/logs", "desk", "dark"),
    "new-job-desk-light": ("/jobs/new?template=hello", "desk", "light"),
    "metrics-desk-light": ("/metrics?range=1h", "desk", "light"),
    "job-failed-phone-dark": ("/jobs/{failed}", "phone", "dark"),
}
"""Those of the README."""


def fill(client: Client) -> str:
    """Gives the pages something to show; returns the id of a job that runs on."""
    common: dict[str, Any] = {"image": "alpine:latest", "resources": {"cpu": 0.5, "memory_mb": 128}}
    for _ in range(3):
        jobs = [client.submit(name=name, command=text, **common) for name, text in ENDED]
        for job in jobs:
            client.wait(job.id)
    client.put_template(REPORT)
    target = {"template": "report", "parameters": {"days": 7}}
    for name, rule in (
        ("nightly", {"kind": "cron", "expression": "30 2 * * *"}),
        ("every-hour", {"kind": "interval", "every_ms": 3_600_000}),
    ):
        config = {"name": name, "rule": rule, "zone": "Europe/Madrid", "target": target}
        client.create_schedule(config)
        client.run_schedule(name)
    running = client.submit(name="Long Running Task", command=BATCHES, **common)
    lines = client.logs(running.id)
    for _ in range(40):
        next(lines)
    return str(running.id)


def take(page: Page, job: str, folder: Path) -> None:
    """All pictures in the page's language."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in PAGES.items():
        page.goto(path.format(job=job))
        settle(page)
        page.wait_for_load_state("networkidle")
        still(page)
        page.screenshot(path=folder / f"{name}.png")


def take_screenshots(visitor: Visitor, ids: Mapping[str, str], folder: Path) -> None:
    """Those of the README, each in its size and theme."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (path, size, theme) in SCREENSHOTS.items():
        with visitor.page(path.format(**ids), size=size, theme=theme) as page:
            settle(page)
            page.wait_for_load_state("networkidle")
            still(page)
            page.screenshot(path=folder / f"{name}.png")


def main() -> None:
    """Takes the pictures."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    with private_engine() as engine:
        load_basic(engine)
        engine.load(python_image())
        with new_yard(engine, {"HODEI_PROCESS_ENABLED": "0"}) as yard:
            url = yard.site.server.url
            with Client(url) as client, chromium() as browser:
                job = fill(client)
                for language, locale in LOCALES.items():
                    context = browser.new_context(
                        viewport=VIEW, color_scheme="light", locale=locale, base_url=url
                    )
                    take(context.new_page(), job, target / "pictures" / language)
                    context.close()
                failed = next(iter(client.list(status=["FAILED"]))).id
                ids = {"job": job, "failed": failed}
                take_screenshots(Visitor(browser, url), ids, target / "screenshots")


if __name__ == "__main__":
    main()
