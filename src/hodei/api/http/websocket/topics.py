"""Topics by name."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from hodei.api.http.operations import MAX_KEY
from hodei.api.http.websocket.channel import Feed
from hodei.api.http.websocket.feeds import SharedFeeds, StatsFeed, job_feed, provider_feed
from hodei.api.http.websocket.log_feed import LogFeed
from hodei.domain.errors import InvalidRequest
from hodei.engine.engine import Engine
from hodei.engine.live import Batch

_PLAIN: Mapping[str, Callable[[SharedFeeds], Feed]] = {
    "jobs": SharedFeeds.jobs,
    "summary": SharedFeeds.summary,
    "providers": SharedFeeds.providers,
    "workers": SharedFeeds.workers,
    "queue": SharedFeeds.queue,
}
_KEYED: Mapping[str, Callable[[Engine, str], Feed]] = {
    "job": job_feed,
    "stats": StatsFeed,
    "provider": provider_feed,
}
_LOG = re.compile(r"([^:\x00]+)(?::([0-9]{1,7}))?\Z")
KNOWN = "jobs, summary, job:ID, stats:ID, logs:ID, providers, provider:KEY, workers, queue"


class Topics:
    """All topics of one server."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._shared = SharedFeeds(engine)

    def watch(self) -> AbstractAsyncContextManager[AsyncIterator[Batch]]:
        """What happens from now on, for `Feed.notice`."""
        return self._engine.live.watch()

    def feed(self, topic: str, since: int | None) -> Feed:
        """What a topic sends. Raises InvalidRequest for a topic that there is not."""
        kind, colon, rest = topic.partition(":")
        if not colon and kind in _PLAIN:
            return _PLAIN[kind](self._shared)
        if kind in _KEYED and 0 < len(rest) <= MAX_KEY and "\0" not in rest:
            return _KEYED[kind](self._engine, rest)
        log = _LOG.match(rest) if kind == "logs" else None
        if log and len(log[1]) <= MAX_KEY:
            return LogFeed(self._engine, log[1], int(log[2] or 0), since)
        raise InvalidRequest.of("topic", f"must be one of {KNOWN}", topic)
