"""A collector of spans, in a thread of the test: OTLP over HTTP, in JSON."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Spans = list[dict[str, Any]]
LOOK_EVERY_S = 0.1


@dataclass(slots=True)
class Collector:
    """What came."""

    port: int = 0
    resources: Spans = field(default_factory=list)
    spans: Spans = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    """Of every request."""
    answer: bytes = b"{}"
    refuses: bool = True
    """Until the first request was refused: what could not be sent is sent again."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def until(self, holds: Callable[[Spans], bool]) -> Spans:
        """All spans once something holds; pytest's own timeout bounds the wait."""
        while not holds(list(self.spans)):
            time.sleep(LOOK_EVERY_S)
        return list(self.spans)

    def take(self, path: str, kind: str, body: bytes) -> int:
        """One request; gives the status of the answer."""
        if self.refuses:
            self.refuses = False
            return 503
        if path != "/v1/traces" or kind != "application/json":
            return 400
        for each in json.loads(body)["resourceSpans"]:
            self.resources.append(each["resource"])
            for scope in each["scopeSpans"]:
                self.spans += scope["spans"]
        return 200


@contextmanager
def running_collector() -> Iterator[Collector]:
    """One that listens on a port of its own."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        """Answers for the collector."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.headers.append(dict(self.headers.items()))
            status = collector.take(self.path, self.headers["Content-Type"], body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(collector.answer)))
            self.end_headers()
            self.wfile.write(collector.answer)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
