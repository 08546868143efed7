r"""Finds lines in one segment by text or regular expression, level and stream.

Plain text is searched over the whole segment at once, never line by line. A regular expression
is Python's `re` on the decoded text of each line. A pattern is refused when it is longer than
512 bytes or repeats a group that itself repeats or branches without bound (`(a+)+`, `(a|b)*`),
the usual way to exponential time. Polynomial patterns (`.*.*.*x` on very long lines) remain
possible: the caller runs a regular expression where it can be stopped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hodei.domain.errors import InvalidRequest
from hodei.domain.logs.line import Level, Stream
from hodei.domain.logs.segment import Segment

MAX_PATTERN = 512
"""Bytes of a search text or pattern (UTF-8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """What to look for; all given conditions must hold. Raises InvalidRequest when built."""

    text: str = ""
    """Empty: every line fits."""
    regex: bool = False
    case_sensitive: bool = False
    levels: frozenset[Level] = frozenset()
    """Empty: every level; may contain NONE."""
    stream: Stream | None = None
    pattern: re.Pattern[str] | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        if len(self.text.encode("utf-8", "replace")) > MAX_PATTERN:
            raise InvalidRequest.of("text", f"at most {MAX_PATTERN} bytes", self.text)
        if self.regex and self.text:
            object.__setattr__(self, "pattern", _compile(self.text, self.case_sensitive))

    @property
    def plain(self) -> bool:
        """Whether the search needs no regular expression and so cannot run away."""
        return self.pattern is None


def matches(segment: Segment, query: LogQuery, from_n: int = 1) -> list[int]:
    """Numbers of the lines in `segment`, from `from_n` on, that fit the query, in order."""
    wanted = _wanted(segment, query)
    if wanted is not None and not any(wanted):
        return []
    if not query.text:
        offsets = list(range(segment.line_count))
    elif query.pattern is not None:
        offsets = _by_regex(segment.text, query.pattern)
    else:
        offsets = _by_text(segment.text, query.text, query.case_sensitive)
    first = segment.first_line
    return [
        first + offset
        for offset in offsets
        if (wanted is None or wanted[offset]) and first + offset >= from_n
    ]


def _wanted(segment: Segment, query: LogQuery) -> bytes | None:
    """One byte per line, non-zero when level and stream fit; None when all do."""
    wanted: bytes | None = None
    if query.levels:
        levels = segment.levels or bytes(segment.line_count)
        wanted = levels.translate(bytes(byte in query.levels for byte in range(256)))
    if query.stream is not None:
        streams = b"".join(
            (b"\1" if stream is query.stream else b"\0") * (end - begin)
            for begin, end, stream in segment.stream_spans()
        )
        wanted = streams if wanted is None else bytes(map(int.__and__, wanted, streams))
    return wanted


def _by_regex(text: bytes, pattern: re.Pattern[str]) -> list[int]:
    lines = text.decode("utf-8", "replace").split("\n")
    lines.pop()
    search = pattern.search
    return [offset for offset, line in enumerate(lines) if search(line)]


def _by_text(text: bytes, needle: str, case_sensitive: bool) -> list[int]:
    if "\n" in needle:
        return []
    if case_sensitive or needle.isascii():
        sought = needle.encode("utf-8", "replace")
        if case_sensitive:
            return _offsets(text, sought)
        return _offsets(text.lower(), sought.lower())
    # Beyond ASCII only decoded text knows what lower case is; newlines stay where they are.
    folded = text.decode("utf-8", "replace").lower().encode("utf-8", "replace")
    return _offsets(folded, needle.lower().encode("utf-8", "replace"))


def _offsets(text: bytes, needle: bytes) -> list[int]:
    """Offsets of the lines that contain `needle`, each once."""
    found: list[int] = []
    line = position = 0
    at = text.find(needle)
    while at >= 0:
        line += text.count(b"\n", position, at)
        found.append(line)
        position = text.find(b"\n", at)
        at = text.find(needle, position)
    return found


def _compile(source: str, case_sensitive: bool) -> re.Pattern[str]:
    reason = runaway(source)
    if reason:
        raise InvalidRequest.of("text", reason, source)
    try:
        return re.compile(source, 0 if case_sensitive else re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        message = f"no valid regular expression: {error}"
        raise InvalidRequest.of("text", message, source) from error


_TOKEN = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\((?:\?(?:P?<\w+>|[^)]))?)"
    r"|(?P<close>\))|(?P<branch>\|)|(?P<repeat>[*+]|\{\d*,\d*\}|\{\d+\})",
    re.DOTALL,
)
_FEW = 10
"""A repeat of at most so many counts as bounded."""


def runaway(source: str) -> str:
    """Why `source` may take exponential time; empty when no such shape is found."""
    loops = [False]  # for each open group: does it repeat or branch inside?
    closed: bool | None = None  # the group that ended just before this token
    ended = -1
    for token in _TOKEN.finditer(source):
        after_group = closed if token.start() == ended else None
        closed = None
        match token.lastgroup:
            case "open":
                loops.append(False)
            case "close" if len(loops) > 1:
                closed, ended = loops.pop(), token.end()
                loops[-1] = loops[-1] or closed
            case "branch":
                loops[-1] = len(loops) > 1 or loops[-1]
            case "repeat" if _unbounded(token[0]):
                if after_group:
                    return "a repeated group must not repeat or branch inside"
                loops[-1] = True
            case _:
                pass
    return ""


def _unbounded(repeat: str) -> bool:
    high = repeat.strip("{}").rpartition(",")[2]
    return not high.isdigit() or int(high) > _FEW
