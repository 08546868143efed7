"""All pods of one provider, followed by one list and one watch however many are waited for.

The watch goes on from the version of the last event. It ends often and harmlessly: the server ends
it after minutes, is restarted, or has forgotten the version, and then everything is listed anew.
Whoever waits is woken by news and looks again by itself when none come, so that a watch that hangs
delays and loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, suppress
from time import monotonic

from hodei.adapters.kubernetes.api import Api, refusal_of
from hodei.adapters.kubernetes.errors import EXPIRED, ApiRefusal, translated
from hodei.adapters.kubernetes.pods import uid
from hodei.domain.errors import ProviderError
from hodei.domain.parsing.answers import Answer, inner, text

logger = logging.getLogger(__name__)

WATCH_S = 280
SILENCE_S = 150.0
"""Servers send a bookmark every minute."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
LOOK_AGAIN_S = 10.0
MOST_REMEMBERED = 2000


class PodWatch:
    """The pods that carry a selector, as last heard. Starts when somebody first waits."""

    def __init__(self, api: Api, path: str, selector: str) -> None:
        self._api = api
        self._path = path
        self._params = {"labelSelector": selector}
        self._pods: dict[str, Answer] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._task: asyncio.Task[None] | None = None
        self._listing: asyncio.Task[str] | None = None
        self.heard_at = -LOOK_AGAIN_S
        """When the server last told of anything, by the monotonic clock."""
        self.fault = ""
        """Why nothing can be heard at the moment."""

    async def close(self) -> None:
        """Ends the watch."""
        tasks = [task for task in (self._task, self._listing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def pod(self, pod_uid: str) -> Answer | None:
        """As last heard; None: not heard of, or gone."""
        return self._pods.get(pod_uid)

    def is_gone(self, pod_uid: str) -> bool:
        """Whether it was heard that the pod is no more."""
        return pod_uid in self._gone

    @contextmanager
    def following(self, pod_uid: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever there is news of the pod."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        news = asyncio.Event()
        self._waiting.setdefault(pod_uid, set()).add(news)
        try:
            yield news
        finally:
            self._waiting[pod_uid].discard(news)
            if not self._waiting[pod_uid]:
                del self._waiting[pod_uid]

    async def news(self, pod_uid: str, event: asyncio.Event, limit_s: float) -> None:
        """Returns when there is news, or after `limit_s`; looks by itself when none come.

        While the watch tells of other pods, it would have told of this one.
        """
        try:
            async with asyncio.timeout(min(limit_s, LOOK_AGAIN_S)):
                await event.wait()
        except TimeoutError:
            told = pod_uid in self._pods and monotonic() - self.heard_at < LOOK_AGAIN_S
            if limit_s > LOOK_AGAIN_S and not told:
                with suppress(ProviderError):
                    await self.look()
                    if pod_uid not in self._pods:
                        self._remember(pod_uid)
        event.clear()

    async def look(self) -> None:
        """Lists everything now; callers at the same time share one list. Raises ProviderError."""
        if self._listing is None or self._listing.done():
            self._listing = asyncio.create_task(self._list())
        with translated("list the pods"):
            await asyncio.shield(self._listing)

    async def _run(self) -> None:
        version, pause = "", FIRST_PAUSE_S
        while True:
            try:
                version = version or await self._list()
                async for newer in self._events(version):
                    version, pause, self.fault = newer, FIRST_PAUSE_S, ""
            except ApiRefusal as refusal:
                if refusal.status == EXPIRED:
                    version = ""
                    continue
                self.fault = str(refusal)
                pause = max(pause, refusal.retry_after_s)
            except ProviderError as error:
                self.fault = str(error)
            if self.fault:
                logger.debug("watch interrupted", extra={"reason": self.fault})
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _list(self) -> str:
        items, version = await self._api.list(self._path, self._params)
        self.heard_at = monotonic()
        found = {uid(each): each for each in items}
        for pod_uid in self._pods.keys() - found.keys():
            # The watch may have told of one that is younger than the list.
            if _version(self._pods[pod_uid]) <= int(version or 0):
                self._forget(pod_uid)
        for pod_uid, pod in found.items():
            if pod_uid not in self._gone:
                self._note(pod_uid, pod)
        return version

    async def _events(self, version: str) -> AsyncGenerator[str, None]:
        params = {
            **self._params,
            "resourceVersion": version,
            "timeoutSeconds": str(WATCH_S),
        }
        async with aclosing(self._api.watch(self._path, params, SILENCE_S)) as events:
            async for event in events:
                self.heard_at = monotonic()
                kind, item = text(event, "type"), inner(event, "object")
                if kind == "ERROR":
                    raise refusal_of(item)
                if kind == "DELETED":
                    self._forget(uid(item))
                elif kind in ("ADDED", "MODIFIED"):
                    self._note(uid(item), item)
                newer = text(inner(item, "metadata"), "resourceVersion")
                if newer:
                    yield newer

    def _note(self, pod_uid: str, pod: Answer) -> None:
        if _version(pod) >= _version(self._pods.get(pod_uid, {})):
            self._pods[pod_uid] = pod
            self._wake(pod_uid)

    def _forget(self, pod_uid: str) -> None:
        self._pods.pop(pod_uid, None)
        self._remember(pod_uid)

    def _remember(self, pod_uid: str) -> None:
        self._gone[pod_uid] = None
        while len(self._gone) > MOST_REMEMBERED:
            self._gone.popitem(last=False)
        self._wake(pod_uid)

    def _wake(self, pod_uid: str) -> None:
        for news in self._waiting.get(pod_uid, ()):
            news.set()


def _version(pod: Answer) -> int:
    """A list that was under way must not take back what the watch told."""
    value = text(inner(pod, "metadata"), "resourceVersion")
    return int(value) if value.isdecimal() else 0
