"""Topics by name."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from hodei.api.http.operations import MAX_KEY
from hodei.api.http.websocket.channel import Feed
from hodei.api.http.websocket.feeds import SharedFeeds, StatsFeed, job_feed, provider_feed
from hodei.api.http.websocket.log_feed import LogFeed
from hodei.api.http.websocket.visitor import Visitor
from hodei.domain.errors import InvalidRequest
from hodei.engine.engine import Engine
from hodei.engine.live import Batch

Projects = frozenset[str] | None
_PLAIN: Mapping[str, Callable[[SharedFeeds, Projects], Feed]] = {
    "jobs": SharedFeeds.jobs,
    "summary": SharedFeeds.summary,
    "providers": SharedFeeds.providers,
    "workers": SharedFeeds.workers,
    "queue": SharedFeeds.queue,
    "schedules": SharedFeeds.schedules,
}
_KEYED: Mapping[str, Callable[[Engine, str], Feed]] = {
    "job": job_feed,
    "stats": StatsFeed,
    "provider": provider_feed,
}
_LOG = re.compile(r"([^:\x00]+)(?::([0-9]{1,7}))?\Z")
KINDS = frozenset({*_PLAIN, *_KEYED, "logs"})
KNOWN = (
    "jobs, summary, job:ID, stats:ID, logs:ID, providers, provider:KEY, workers, queue, schedules"
)


class Topics:
    """All topics of one server."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._shared = SharedFeeds(engine)

    def watch(self) -> AbstractAsyncContextManager[AsyncIterator[Batch]]:
        """What happens from now on, for `Feed.notice`."""
        return self._engine.live.watch()

    async def feed(self, topic: str, since: int | None, visitor: Visitor) -> Feed:
        """What a topic sends to this visitor.

        Raises InvalidRequest for a topic that there is not, NotFound, Forbidden, Conflict.
        """
        kind, key, attempt = _parts(topic)
        key = await visitor.admit(kind, key)
        if kind in _PLAIN:
            return _PLAIN[kind](self._shared, visitor.visible)
        if kind in _KEYED:
            return _KEYED[kind](self._engine, key)
        return LogFeed(self._engine, key, attempt, since)


def depends_on_projects(topic: str) -> bool:
    """Whether a topic shows what its visitor may know of, and not one thing."""
    return topic in _PLAIN


async def check(topic: str, visitor: Visitor) -> None:
    """Raises NotFound or Forbidden where the visitor may not have a topic (any more)."""
    kind, key, _ = _parts(topic)
    await visitor.admit(kind, key)


def _parts(topic: str) -> tuple[str, str, int]:
    """Kind, key and attempt. Raises InvalidRequest."""
    kind, colon, rest = topic.partition(":")
    if not colon and kind in _PLAIN:
        return kind, "", 0
    if kind in _KEYED and 0 < len(rest) <= MAX_KEY and "\0" not in rest:
        return kind, rest, 0
    log = _LOG.match(rest) if kind == "logs" else None
    if log and len(log[1]) <= MAX_KEY:
        return kind, log[1], int(log[2] or 0)
    raise InvalidRequest.of("topic", f"must be one of {KNOWN}", topic)
