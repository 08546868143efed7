"""Follows a job to its end: log, phases, and what Ctrl-C means meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from hodei.app.cli import exits
from hodei.app.cli.views import View, describe, short
from hodei.domain.job import JobState

if TYPE_CHECKING:
    from hodei.client import AsyncClient, Job

REASON_FIRST_S = 0.7
REASON_EVERY_S = 3.0
QUESTION = "\nInterrupted. [c]ancel the job, [d]etach from it, or Enter to go on: "


class Follower:
    """One job that is being followed."""

    def __init__(self, client: AsyncClient, job: Job, view: View) -> None:
        self._client = client
        self._job = job
        self._view = view
        self._left: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """Set, with the exit code, when the person leaves before the end."""
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._cancelling = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, *, signals: bool = True) -> int:
        """The exit code that the job's end, or the person's leaving, stands for.

        Without `signals` Ctrl-C is somebody else's business.
        """
        from hodei.client import Unavailable

        following = asyncio.ensure_future(self._follow())
        with self._signals() if signals else contextlib.nullcontext():
            try:
                both: set[asyncio.Future[Any]] = {following, self._left}
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                if following.done():
                    following.result()
                    return self._end()
                return self._left.result()
            except Unavailable as error:
                self._view.pause()
                self._view.note(f"{error.detail}; job {self._job.id} goes on without us")
                return exits.INFRASTRUCTURE
            finally:
                self._view.pause()
                await _stop(following, *self._tasks)

    def _end(self) -> int:
        self._view.finished(self._job)
        return exits.of_job(self._job.state, self._job.outcome)

    async def _follow(self) -> None:
        reasons = self._start(self._reasons())
        await asyncio.gather(self._start(self._phases()), self._start(self._log()))
        reasons.cancel()

    async def _phases(self) -> None:
        async with aclosing(self._client.watch(self._job)) as changes:
            async for job in changes:
                self._job = job
                await self._may_write.wait()
                if not job.finished:
                    self._view.phase(job, describe(job))

    async def _reasons(self) -> None:
        """Why the job waits: asked for only when it has waited for a moment."""
        from hodei.client import ApiError

        await asyncio.sleep(REASON_FIRST_S)
        while True:
            if self._job.state is JobState.PENDING and self._job.cancel_requested_at is None:
                with contextlib.suppress(ApiError):
                    found = await self._client.explain(self._job)
                    await self._may_write.wait()
                    if self._job.state is JobState.PENDING:
                        self._view.phase(self._job, describe(self._job, found.reason))
            await asyncio.sleep(REASON_EVERY_S)

    async def _log(self) -> None:
        async with aclosing(self._client.log_batches(self._job)) as batches:
            async for batch in batches:
                await self._may_write.wait()
                self._view.lines(batch)

    # ---- interruptions

    def _signals(self) -> contextlib.ExitStack:
        loop = asyncio.get_running_loop()
        stack = contextlib.ExitStack()
        for number, act in ((signal.SIGINT, self._interrupted), (signal.SIGTERM, self._cancel)):
            loop.add_signal_handler(number, act)
            stack.callback(loop.remove_signal_handler, number)
        return stack

    def _interrupted(self) -> None:
        """Ctrl-C: a question first, where somebody can answer it."""
        if self._cancelling:
            self._view.pause()
            self._view.note(f"left; job {short(self._job.id)} is still being cancelled")
            self._leave(exits.CANCELLED)
        elif self._may_write.is_set() and sys.stdin.isatty() and sys.stderr.isatty():
            self._ask()
        else:
            self._answered()
            self._cancel()

    def _ask(self) -> None:
        self._may_write.clear()
        self._view.pause()
        sys.stderr.write(QUESTION)
        sys.stderr.flush()
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._answer)

    def _answer(self) -> None:
        said = os.read(sys.stdin.fileno(), 1024).decode("utf-8", "replace").strip().lower()
        self._answered()
        if said.startswith("c"):
            self._cancel()
        elif said.startswith("d"):
            self._view.note(f"left; job {self._job.id} goes on")
            self._leave(exits.OK)

    def _answered(self) -> None:
        if not self._may_write.is_set():
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._may_write.set()

    def _cancel(self) -> None:
        if self._cancelling:
            return
        self._cancelling = True
        self._view.note("cancelling the job; Ctrl-C again to leave without waiting")
        self._start(self._ask_to_cancel())

    async def _ask_to_cancel(self) -> None:
        from hodei.client import ApiError, Conflict

        try:
            await self._client.cancel(self._job, "interrupted")
        except Conflict:
            return  # it has just ended by itself
        except ApiError as error:
            self._view.note(f"cancelling failed: {error.detail}; Ctrl-C to try again")
            self._cancelling = False

    def _leave(self, code: int) -> None:
        if not self._left.done():
            self._left.set_result(code)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def show(client: AsyncClient, job: Job, view: View) -> int:
    """Follows a job inside a program that handles signals itself."""
    return await Follower(client, job, view).run(signals=False)


async def _stop(*tasks: asyncio.Future[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
