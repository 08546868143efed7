"""The server's own log: one line per event on stderr, configured here and nowhere else."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from hodei.engine.correlation import current_id
from hodei.engine.served import served_trace_id
from hodei.engine.subject import Subject, current_subject

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
IDS = ("job_id", "attempt_id", "worker_id", "correlation_id")
"""Always at the same place, on each line where they are known."""


class LineFormatter(logging.Formatter):
    """Time, level, logger, message, then what the event is about as key=value."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        extra = _extra(record)
        if correlation_id := current_id():
            extra.setdefault("correlation_id", correlation_id)
        return line + "".join(f" {key}={_value(value)}" for key, value in sorted(extra.items()))


class JsonFormatter(logging.Formatter):
    """One object per line, as docs/monitoring.md has it."""

    def __init__(self, *, traced: bool = False) -> None:
        """`traced`: a line about an attempt, or of a request, has the id of its trace."""
        super().__init__()
        self._traced = traced

    def format(self, record: logging.LogRecord) -> str:
        extra = _extra(record)
        subject = current_subject()
        # What the line itself says counts: a loop tells of many jobs.
        known = {
            "job_id": subject.job_id,
            "attempt_id": subject.attempt_id,
            "worker_id": subject.worker_id,
            "correlation_id": current_id() or None,
        }
        own = {name: extra.pop(name) for name in IDS if name in extra}
        if own.keys() - {"correlation_id"}:
            known = {name: known[name] if _same(own, known) else None for name in IDS}
        ids = {name: str(value) for name, value in (known | own).items() if value is not None}
        if self._traced and (trace_id := _trace_id(ids, subject)):
            ids["trace_id"] = trace_id
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **ids,
        }
        if extra:
            line["data"] = extra
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def _trace_id(ids: Mapping[str, str], subject: Subject) -> str:
    """Of the job that a line is about, or of the request that is served; empty: not known.

    The id of a job alone does not say it: whoever submitted it may have been in a trace already.
    """
    if subject.trace_id and ids.get("job_id") == str(subject.job_id):
        return subject.trace_id
    return served_trace_id()


def _same(own: Mapping[str, object], known: Mapping[str, object]) -> bool:
    """Whether the line is about what its task is about."""
    return all(known[name] is None or str(known[name]) == str(own[name]) for name in own)


def configure(level: str, style: str = "text", *, traced: bool = False) -> None:
    """Sets the root logger up; a second call replaces the first. `style`: text or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(traced=traced) if style == "json" else LineFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("asyncio", "uvicorn.access", "uvicorn.error", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(max(root.level, logging.WARNING))


def _extra(record: logging.LogRecord) -> dict[str, object]:
    """What a line says besides its message."""
    return {key: value for key, value in record.__dict__.items() if key not in _STANDARD}


def _value(value: object) -> str:
    text = str(value)
    # Whatever somebody sent stays one value on one line, and no escape sequence of a terminal.
    plain = text.isprintable() and not any(mark in text for mark in ' "=')
    return text if plain else json.dumps(text, ensure_ascii=not text.isprintable())
