"""What to look for in a log, as query parameters."""

from __future__ import annotations

from hodei.api.http.body import violations_of
from hodei.api.http.operations import Call
from hodei.api.http.query import choice, choices, flag, text, whole
from hodei.domain.errors import InvalidRequest
from hodei.domain.logs import Level, LogQuery, Stream

ATTEMPT = whole(
    "attempt", "Number of the attempt; 0: the newest.", least=0, most=1_000_000, default=0
)
Q = text("q", "Text, or a regular expression with re=1; at most 512 bytes.", most=512, default="")
RE = flag("re", "Whether q is a regular expression.")
CASE = flag("case", "Whether capitals matter.")
LEVEL = choices(
    "level",
    "Levels, separated by commas; NONE: lines that do not say.",
    {level.name: level for level in Level},
)
STREAM_NAME = choice(
    "stream", "Which stream; both when not given.", {s.label: s for s in Stream}, default=None
)


def query_of(call: Call) -> LogQuery:
    """The query. Raises InvalidRequest that names the parameter."""
    try:
        return LogQuery(
            text=call.get(Q),
            regex=call.get(RE),
            case_sensitive=call.get(CASE),
            levels=call.get(LEVEL),
            stream=call.get(STREAM_NAME),
        )
    except InvalidRequest as error:
        raise violations_of(error, "text", "q") from None
