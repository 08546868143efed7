"""Lines of the server's own log."""

from __future__ import annotations

import asyncio
import json
import logging
from contextvars import copy_context
from uuid import uuid4

from hodei.app.logging import JsonFormatter, LineFormatter
from hodei.domain.trace_context import TraceContext
from hodei.engine.correlation import current_id, serve_under
from hodei.engine.served import Served, serve_in
from hodei.engine.subject import about_job


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


def test_a_trace_is_named_only_where_it_is_known() -> None:
    place = TraceContext(trace_id="7" * 32, span_id="3" * 16)

    def told(served: Served | None) -> tuple[str | None, str | None]:
        serve_in(served)
        about_job(str(uuid4()))
        record = logging.makeLogRecord({"name": "hodei", "msg": "seen"})
        line = json.loads(JsonFormatter(traced=True).format(record))
        return line.get("job_id"), line.get("trace_id")

    job_id, trace_id = copy_context().run(told, None)
    # It may have come in a trace of its caller, of which its id says nothing.
    assert job_id and trace_id is None
    assert copy_context().run(told, Served(place=place, joined=True))[1] == place.trace_id
