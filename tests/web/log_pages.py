"""What tests of the log viewer do: jobs that write on command, and reading the page back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from playwright.sync_api import Locator, Page

from hodei.client import Client

DRAWN = """() => [...document.querySelectorAll('.log-scroll .log-row[data-line]')].map((row) => [
    Number(row.dataset.line),
    row.querySelector('.log-text').textContent,
    row.querySelector('.log-tag')?.textContent ?? '',
])"""
SEEN = """() => {
    const box = document.querySelector('.log-scroll').getBoundingClientRect();
    return [...document.querySelectorAll('.log-scroll .log-row[data-line]')]
        .filter((row) => {
            const own = row.getBoundingClientRect();
            return own.bottom > box.top + 1 && own.top < box.bottom - 1;
        })
        .map((row) => Number(row.dataset.line));
}"""
SCROLL_ON = """() => new Promise((done) => {
    document.querySelector('.log-scroll').scrollTop += 300;
    requestAnimationFrame(() => requestAnimationFrame(done));
})"""
AT_END = """() => {
    const view = document.querySelector('.log-scroll');
    return view.scrollTop + view.clientHeight >= view.scrollHeight - 2;
}"""


class Drawn(NamedTuple):
    """One row of the console."""

    line: int
    text: str
    tag: str


class Puppet:
    """A running job that does what it is told, one shell line at a time."""

    def __init__(self, job_id: str, pipe: IO[str]) -> None:
        self.id = job_id
        self._pipe = pipe

    def say(self, command: str) -> None:
        """Runs a shell line in the job."""
        self._pipe.write(command + "\n")
        self._pipe.flush()


@contextmanager
def puppet(client: Client, folder: Path) -> Iterator[Puppet]:
    """A job that reads its commands from a pipe; it ends with the block."""
    pipe = folder / "commands"
    os.mkfifo(pipe)
    script = f'while IFS= read -r line; do eval "$line"; done < {pipe}'
    job = client.submit(name="puppet", command=script)
    with pipe.open("w") as commands:
        yield Puppet(job.id, commands)
    client.wait(job)


def logs_path(job_id: str, query: str = "") -> str:
    """The address of a job's log viewer."""
    return f"/jobs/{job_id}/logs{query}"


def console(page: Page) -> Locator:
    """The region that scrolls."""
    return page.locator(".log-scroll")


def row(page: Page, line: int) -> Locator:
    """The row of a line."""
    return page.locator(f'.log-scroll .log-row[data-line="{line}"]')


def drawn(page: Page) -> list[Drawn]:
    """The rows in the document, those just outside the view included."""
    return [Drawn(*one) for one in page.evaluate(DRAWN)]


def seen(page: Page) -> list[int]:
    """Numbers of the lines that can be seen."""
    return [int(one) for one in page.evaluate(SEEN)]


def at_end(page: Page) -> bool:
    """Whether the console stands at its end."""
    return bool(page.evaluate(AT_END))


def state(page: Page, name: str) -> Locator:
    """The status line while it says `name`: live, paused, reconnecting, complete, incomplete."""
    return page.locator(f'[data-log-state="{name}"]')


def read_through(page: Page, last: int) -> list[Drawn]:
    """Every row from the first to line `last`, scrolled through from the top."""
    console(page).focus()
    page.keyboard.press("Home")
    row(page, 1).wait_for()
    rows: dict[int, Drawn] = {}
    while True:
        here = drawn(page)
        lines = [one.line for one in here]
        assert lines == sorted(set(lines)), f"rows are doubled or out of order: {lines}"
        rows |= {one.line: one for one in here}
        if last in rows:
            return [rows[line] for line in sorted(rows)]
        page.evaluate(SCROLL_ON)
