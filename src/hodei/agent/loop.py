"""The one loop of the agent: descriptors and deadlines, in one thread."""

from __future__ import annotations

import select
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

READABLE = select.POLLIN
WRITABLE = select.POLLOUT


class Timer:
    """A call that is due at `when` (seconds of the monotonic clock) unless cancelled."""

    __slots__ = ("action", "when")

    def __init__(self, when: float, action: Callable[[], None]) -> None:
        self.when = when
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """It will not be called; idempotent."""
        self.action = None


class Loop:
    """Waits for descriptors and timers, and calls `after_turn` before it waits again."""

    __slots__ = ("_handlers", "_poll", "_timers", "after_turn", "exit_code")

    def __init__(self) -> None:
        self._poll = select.poll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._timers: list[Timer] = []
        self.after_turn: Callable[[], None] = _nothing
        self.exit_code: int | None = None
        """Set by `stop`; the loop ends with it."""

    def watch(self, descriptor: int, events: int, handler: Callable[[int], None]) -> None:
        """Calls `handler` with the poll events of `descriptor`; replaces an earlier watch."""
        self._handlers[descriptor] = handler
        self._poll.register(descriptor, events)

    def unwatch(self, descriptor: int) -> None:
        """Ends a watch; to be called before the descriptor is closed. Idempotent."""
        if self._handlers.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)

    def call_at(self, when: float, action: Callable[[], None]) -> Timer:
        """Calls `action` once at `when`."""
        timer = Timer(when, action)
        self._timers.append(timer)
        return timer

    def call_in(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Calls `action` once after `seconds`."""
        return self.call_at(monotonic() + seconds, action)

    def stop(self, exit_code: int) -> None:
        """Ends the loop after this turn; the first code counts."""
        if self.exit_code is None:
            self.exit_code = exit_code

    def next_deadline(self) -> float:
        """When the next timer is due; infinity without timers."""
        return min((timer.when for timer in self._timers if timer.action), default=float("inf"))

    def run(self) -> int:
        """Turns until `stop`; its exit code."""
        while self.exit_code is None:
            self.turn()
        return self.exit_code

    def turn(self) -> None:
        """Waits once, serves what is ready and due, then lets `after_turn` send."""
        for descriptor, events in self._poll.poll(self._timeout_ms()):
            # A handler before this one may have ended the watch.
            handler = self._handlers.get(descriptor)
            if handler:
                handler(events)
        self._call_due()
        self.after_turn()

    def _timeout_ms(self) -> float | None:
        deadline = self.next_deadline()
        if deadline == float("inf"):
            return None
        # Rounded up: waking a little early would only turn the loop once more.
        return max(0, int((deadline - monotonic()) * 1000) + 1)

    def _call_due(self) -> None:
        now = monotonic()
        due = [timer for timer in self._timers if timer.action is None or timer.when <= now]
        if not due:
            return
        self._timers = [timer for timer in self._timers if timer not in due]
        due.sort(key=lambda timer: timer.when)
        for timer in due:
            action, timer.action = timer.action, None
            if action:
                action()


def _nothing() -> None:
    """What happens after a turn until somebody sets it."""
