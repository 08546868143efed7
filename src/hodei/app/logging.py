"""The server's own log: one line per event on stderr, configured here and nowhere else."""

from __future__ import annotations

import json
import logging
import sys

from hodei.engine.correlation import current_id

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class LineFormatter(logging.Formatter):
    """Time, level, logger, message, then what the event is about as key=value."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        extra = {k: v for k, v in record.__dict__.items() if k not in _STANDARD}
        if correlation_id := current_id():
            extra.setdefault("correlation_id", correlation_id)
        return line + "".join(f" {key}={_value(value)}" for key, value in sorted(extra.items()))


def configure(level: str) -> None:
    """Sets the root logger up; a second call replaces the first."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("asyncio", "uvicorn.access", "uvicorn.error", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(max(root.level, logging.WARNING))


def _value(value: object) -> str:
    text = str(value)
    # Whatever somebody sent stays one value on one line, and no escape sequence of a terminal.
    plain = text.isprintable() and not any(mark in text for mark in ' "=')
    return text if plain else json.dumps(text, ensure_ascii=not text.isprintable())
