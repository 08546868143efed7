"""A log of a million lines: to its end, to its middle, searched, in little memory."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, expect

from hodei.client import Client
from tests.support.browser import Size, Visitor
from tests.support.server import ServerProcess
from tests.web.log_pages import SEEN, console, drawn, logs_path, row, seen

LINES = 1_000_000
SCRIPT = f"""
import sys
for first in range(1, {LINES}, 10000):
    sys.stdout.write("".join(
        f"2026-11-26T10:00:00Z {{'ERROR' if n % 100003 == 0 else 'INFO'}} step {{n}} of the work\\n"
        for n in range(first, first + 10000)))
"""
MOST_BYTES = 1 << 20
"""What may be fetched to show an end; the time that it takes is the machine's."""
MOST_NODES = 400
FETCHED = """() => performance.getEntriesByType('resource')
    .filter((one) => one.name.includes('/api/'))
    .reduce((sum, one) => sum + one.encodedBodySize, 0)"""
MOST_HEAP = 60 << 20
STEP_999 = 1111
"""Lines with "step 999": 999, 9990..9999, 99900..99999, 999000..999999."""


@pytest.fixture(scope="module")
def million(shared_server: ServerProcess) -> Iterator[str]:
    """A finished job with a million lines."""
    with Client(shared_server.url) as client:
        job = client.submit(name="million", command={"type": "python", "script": SCRIPT})
        assert client.wait(job).state == "SUCCEEDED"
        yield job.id


def nodes(page: Page) -> int:
    """Elements within the console."""
    return int(page.evaluate("document.querySelectorAll('.log-scroll *').length"))


def heap(session: CDPSession) -> float:
    """Bytes of JavaScript after a collection."""
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_end_is_there_at_once(visitor: Visitor, million: str, size: Size) -> None:
    with visitor.page("/nowhere", size=size) as page:
        if size == "phone":
            session = page.context.new_cdp_session(page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        frames: list[str | bytes] = []

        def keep(frame: str | bytes) -> None:
            frames.append(frame)

        page.on("websocket", lambda it: it.on("framereceived", keep))
        begun = time.monotonic()
        page.goto(logs_path(million, f"#L{LINES}"), wait_until="commit")
        row(page, LINES).wait_for()
        took = time.monotonic() - begun
        assert LINES in seen(page)
        assert nodes(page) <= MOST_NODES
        print(f"{size}: the last line after {took:.2f} s")
        assert page.evaluate(FETCHED) + sum(map(len, frames)) <= MOST_BYTES


def test_any_line_can_be_gone_to_and_the_memory_stays_small(visitor: Visitor, million: str) -> None:
    with visitor.page(logs_path(million, "#L500000")) as page:
        expect(row(page, 500_000)).to_have_attribute("data-picked", "")
        for line in (1, 999_999, 250_000, 123_456, 777_777):
            page.keyboard.press(":")
            page.get_by_role("textbox", name="Go to line").fill(str(line))
            page.keyboard.press("Enter")
            row(page, line).wait_for()
            assert line in seen(page)
            assert nodes(page) <= MOST_NODES
        # The wheel moves line by line, also where the scrollbar stands for many.
        console(page).hover()
        before = seen(page)[0]
        page.mouse.wheel(0, 200)
        page.wait_for_function(f"(line) => ({SEEN})()[0] >= line", arg=before + 10)
        assert seen(page)[0] - before in (10, 11)
        page.keyboard.press("End")
        row(page, LINES).wait_for()
        page.keyboard.press("Home")
        row(page, 1).wait_for()
        for number in range(120):
            console(page).evaluate(
                "(view, part) => { view.scrollTop = view.scrollHeight * part; }", number / 120
            )
        assert heap(page.context.new_cdp_session(page)) <= MOST_HEAP
        texts = [(one.line, re.search(r"step (\d+)", one.text)) for one in drawn(page)]
        assert all(found and int(found[1]) == line for line, found in texts)


def test_the_search_is_over_all_lines(visitor: Visitor, million: str) -> None:
    with visitor.page(logs_path(million)) as page:
        row(page, 1).wait_for()
        page.keyboard.press("Control+f")
        page.keyboard.type("step 999")
        count = page.locator("[data-search-count]")
        expect(count).to_have_text(f"1 of {STEP_999:,}")
        row(page, 999).wait_for()
        page.keyboard.press("Shift+Enter")
        expect(count).to_have_text(f"{STEP_999:,} of {STEP_999:,}")
        row(page, 999_999).wait_for()
        page.locator('[data-level-chip="ERROR"]').click()
        expect(count).to_have_text("No match")
        expect(page.locator(".log-row[data-line]").first).to_have_attribute("data-line", "100003")


def test_firefox_reads_to_the_last_line(shared_server: ServerProcess, million: str) -> None:
    script = Path(__file__).with_name("firefox.mjs")
    address = shared_server.url + logs_path(million)
    done = subprocess.run(
        ["node", str(script), address, str(LINES)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert LINES in found["end"]
    assert LINES // 2 in found["middle"]
    assert found["begin"][0] == 1
