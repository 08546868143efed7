"""The server's own log: one line per event on stderr, configured here and nowhere else."""

from __future__ import annotations

import logging
import sys

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class LineFormatter(logging.Formatter):
    """Time, level, logger, message, then what the event is about as key=value."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        extra = {k: v for k, v in record.__dict__.items() if k not in _STANDARD}
        return line + "".join(f" {key}={_value(value)}" for key, value in sorted(extra.items()))


def configure(level: str) -> None:
    """Sets the root logger up; a second call replaces the first."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("asyncio", "uvicorn.access", "uvicorn.error", "httpx"):
        logging.getLogger(noisy).setLevel(max(root.level, logging.WARNING))


def _value(value: object) -> str:
    text = str(value).replace("\n", "\\n")
    return f'"{text}"' if " " in text else text
