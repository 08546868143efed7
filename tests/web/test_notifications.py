"""Notifications in the browser: a webhook is made, proves itself, and its log can send again."""

from __future__ import annotations

import hmac
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Visitor, check_axe, check_overflow, check_targets, settle
from tests.support.server import ServerProcess, data_directory

WAIT_S = 60.0


@dataclass
class Receiver:
    """What arrived, in its order."""

    url: str = ""
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def next(self) -> tuple[dict[str, str], bytes]:
        """The newest message once another one has come."""
        assert self.came.acquire(timeout=WAIT_S), "nothing came"
        return self.received[-1]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(202)
            self.end_headers()
            self.wfile.write(b"thanks")
            receiver.came.release()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def proven(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether the signature is that of the secret."""
    parts = dict(part.split("=", 1) for part in headers["hodei-signature"].split(","))
    wanted = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, sha256).hexdigest()
    return hmac.compare_digest(parts["v1"], wanted)


def fill(page: Page, name: str, url: str) -> None:
    page.get_by_role("button", name="New webhook").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Name", exact=True).fill(name)
    sheet.get_by_label("Address").fill(url)
    check_axe(page)
    sheet.get_by_role("button", name="Create").click()


def test_a_webhook_is_made_tested_and_its_delivery_sent_again(browser: Browser) -> None:
    allowed = {"HODEI_WEBHOOK_ALLOW": "127.0.0.1/32"}
    with (
        receiving() as receiver,
        data_directory() as directory,
        ServerProcess(directory, allowed) as server,
    ):
        visitor = Visitor(browser, server.url)
        with visitor.page("/settings/notifications") as page:
            expect(page.get_by_text("Nobody is told yet")).to_be_visible()
            fill(page, "chat", receiver.url)
            sheet = page.get_by_role("dialog")
            expect(sheet).to_contain_text("it is not shown again")
            secret = sheet.locator("code").first.inner_text()
            sheet.get_by_role("button", name="Done").click()
            assert secret not in page.content()

            page.get_by_role("link", name="chat").click()
            page.get_by_role("button", name="Send a test").click()
            headers, body = receiver.next()
            assert proven(secret, headers, body)
            assert headers["hodei-event"] == "webhook.test"
            log = page.get_by_role("list", name="Delivery log").get_by_role("listitem")
            expect(log).to_have_count(1)
            expect(log).to_contain_text("Delivered")
            expect(log).to_contain_text("HTTP 202")
            check_axe(page)

            log.get_by_role("button", name=re.compile("^Details")).click()
            expect(sheet.get_by_text("HTTP 202")).to_have_count(1)
            expect(sheet.locator("pre").last).to_contain_text(json.loads(body)["event"])
            check_axe(page)
            sheet.get_by_role("button", name="Deliver again").click()
            again, same = receiver.next()
            assert again["hodei-delivery"] == headers["hodei-delivery"]
            assert same == body and proven(secret, again, same)
            expect(sheet.get_by_text("HTTP 202")).to_have_count(2)
            sheet.get_by_role("button", name="Close").click()

            page.get_by_role("button", name="Delete").click()
            page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
            expect(page.get_by_text("Nobody is told yet")).to_be_visible()
        assert visitor.noise.bad == []


def test_an_address_that_is_not_allowed_is_refused_beside_its_field(
    visitor: Visitor, label: str
) -> None:
    visitor.noise.allow("status of 400")
    with visitor.page("/settings/notifications", size="phone") as page:
        fill(page, label, "http://169.254.169.254/latest")
        address = page.get_by_role("dialog").get_by_label("Address")
        expect(address).to_have_attribute("aria-invalid", "true")
        expect(address).to_have_accessible_description(re.compile("HODEI_WEBHOOK_ALLOW"))
        settle(page)
        check_overflow(page)
        check_targets(page)
