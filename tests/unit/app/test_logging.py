"""Lines of the server's own log."""

from __future__ import annotations

import asyncio
import logging

from hodei.app.logging import LineFormatter
from hodei.engine.correlation import current_id, serve_under


def _line(**extra: object) -> str:
    record = logging.makeLogRecord({"name": "hodei", "msg": "refused", **extra})
    return LineFormatter().format(record).partition(" refused")[2]


def test_what_somebody_sent_stays_one_value_on_one_line() -> None:
    assert _line(name_given="ana") == " name_given=ana"
    assert _line(reason="a b") == ' reason="a b"'
    forged = 'x" user=root\n12:00:00 INFO hodei signed in\r\x1b[2J\u2028'
    line = _line(reason=forged)
    assert line == (r' reason="x\" user=root\n12:00:00 INFO hodei signed in\r\u001b[2J\u2028"')


async def test_a_line_carries_the_id_of_the_request_that_it_is_about() -> None:
    async def served(given: str | None) -> tuple[str, str]:
        chosen = serve_under(given)
        await asyncio.sleep(0)
        return chosen, _line()

    one, other = await asyncio.gather(
        asyncio.create_task(served("req-1")), asyncio.create_task(served("not an id"))
    )
    assert one == ("req-1", " correlation_id=req-1")
    assert other[1] == f" correlation_id={other[0]}"
    assert other[0] != "not an id"
    assert current_id() == ""
    assert _line() == ""
