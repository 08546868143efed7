"""Pictures of every page of a running server, in every size, theme and language, to be looked at.

Usage: python -m tests.support.shots URL FOLDER [WORD]; WORD takes only pages whose address has it.
Each size, theme and language becomes a sheet of thumbnails beside the single pictures.
"""

from __future__ import annotations

import itertools
import re
import sys
from pathlib import Path

import httpx
from playwright.sync_api import Page

from hodei.client import Client
from tests.support.browser import (
    SIZES,
    Language,
    Size,
    Theme,
    Visitor,
    check_overflow,
    chromium,
    settle,
)

THEMES: tuple[Theme, ...] = ("dark", "light")
LANGUAGES: tuple[Language, ...] = ("en", "es")
PAGES = ["/", "/jobs", "/jobs?q=nothing-like-it", "/jobs/new", "/queue", "/workers", "/providers"]
PAGES += ["/providers/new?type=docker", "/metrics?range=1h", "/sign-in", "/setup", "/nowhere"]
PAGES += ["/templates", "/templates/new", "/schedules", "/schedules/new", "/audit"]
PAGES += [f"/providers/local?tab={tab}" for tab in ("overview", "config", "workers", "health")]
SECTIONS = ("profile", "tokens", "users", "projects", "secrets", "notifications", "system")
PAGES += [f"/settings/{section}" for section in SECTIONS]
OF_A_JOB = ("", "?tab=config", "?tab=resources", "/logs", "/terminal")
OF_OTHERS = {
    "templates": ("", "?tab=runs", "?tab=versions", "?tab=triggers", "/edit", "/run"),
    "schedules": ("", "/edit"),
    "workers": ("",),
    "providers": ("",),
}
STATES = ("RUNNING", "FAILED", "PENDING", "TIMEOUT", "CANCELLED")
COLUMNS = {"phone": 6, "desk": 3}


def pages(url: str) -> list[str]:
    """Addresses of every page, with a job of each state and one of all else that the server has."""
    found = list(PAGES)
    with Client(url) as client:
        for state in STATES:
            job = next(iter(client.list(status=[state])), None)
            if job is not None:
                found += [f"/jobs/{job.id}{rest}" for rest in OF_A_JOB]
    for kind, rests in OF_OTHERS.items():
        listed = httpx.get(f"{url}/api/v1/{kind}").json()["items"]
        found += [f"/{kind}/{listed[0]['id']}{rest}" for rest in rests if listed]
    return found


def name_of(path: str) -> str:
    """A file's name for an address; ids are cut short."""
    short = re.sub(r"([0-9a-f]{8})-[0-9a-f-]{27}", r"\1", path)
    return re.sub(r"\W+", "-", short).strip("-") or "home"


def sheet(page: Page, folder: Path, size: Size, files: list[Path]) -> None:
    """All pictures of a folder as one."""
    width = {"phone": 260, "desk": 620}[size]
    cells = "".join(
        f"<div><img src='{file.name}' width={width}><br>{file.stem}</div>" for file in files
    )
    style = f"display:grid;grid-template-columns:repeat({COLUMNS[size]},{width}px);gap:8px"
    html = f"<body style='margin:8px;font:12px sans-serif'><div style='{style}'>{cells}</div>"
    index = folder / "sheet.html"
    index.write_text(html, encoding="utf-8")
    page.goto(index.as_uri())
    page.screenshot(path=folder / "sheet.png", full_page=True)


def main() -> None:
    """Takes the pictures; says which pages are too wide or noisy."""
    url, target, *words = sys.argv[1:]
    paths = [path for path in pages(url) if not words or words[0] in path]
    with chromium() as browser:
        visitor = Visitor(browser, url)
        for size, theme, language in itertools.product(SIZES, THEMES, LANGUAGES):
            folder = Path(target).resolve() / f"{size}-{theme}-{language}"
            folder.mkdir(parents=True, exist_ok=True)
            files = []
            with visitor.page("/", size=size, theme=theme, language=language) as page:
                for path in paths:
                    page.goto(path)
                    settle(page)
                    page.wait_for_load_state("networkidle")
                    files.append(folder / f"{name_of(path)}.png")
                    page.screenshot(path=files[-1])
                    try:
                        check_overflow(page)
                    except AssertionError as error:
                        print(error)
            context = browser.new_context(viewport={"width": 1900, "height": 1000})
            sheet(context.new_page(), folder, size, files)
            context.close()
            print(folder / "sheet.png")
        print(*visitor.noise.bad, sep="\n")


if __name__ == "__main__":
    main()
