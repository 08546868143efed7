"""Topics by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from hodei.api.http.operations import MAX_KEY
from hodei.api.http.websocket.channel import Feed
from hodei.api.http.websocket.feeds import (
    JobsFeed,
    StatsFeed,
    job_feed,
    provider_feed,
    providers_feed,
    queue_feed,
    summary_feed,
    workers_feed,
)
from hodei.api.http.websocket.log_feed import LogFeed
from hodei.domain.errors import InvalidRequest
from hodei.engine.engine import Engine

_PLAIN: Mapping[str, Callable[[Engine], Feed]] = {
    "jobs": JobsFeed,
    "summary": summary_feed,
    "providers": providers_feed,
    "workers": workers_feed,
    "queue": queue_feed,
}
_KEYED: Mapping[str, Callable[[Engine, str], Feed]] = {
    "job": job_feed,
    "stats": StatsFeed,
    "provider": provider_feed,
}
_LOG = re.compile(r"([^:\x00]+)(?::([0-9]{1,7}))?\Z")
KNOWN = "jobs, summary, job:ID, stats:ID, logs:ID, providers, provider:KEY, workers, queue"


def feed_of(engine: Engine, topic: str, since: int | None) -> Feed:
    """What a topic sends. Raises InvalidRequest for a topic that there is not."""
    kind, colon, rest = topic.partition(":")
    if not colon and kind in _PLAIN:
        return _PLAIN[kind](engine)
    if kind in _KEYED and 0 < len(rest) <= MAX_KEY and "\0" not in rest:
        return _KEYED[kind](engine, rest)
    log = _LOG.match(rest) if kind == "logs" else None
    if log and len(log[1]) <= MAX_KEY:
        return LogFeed(engine, log[1], int(log[2] or 0), since)
    raise InvalidRequest.of("topic", f"must be one of {KNOWN}", topic)
