r"""Finds the level of log lines: whole segments at the speed of `bytes.find`, exact per line.

The grammar looks at the first 256 bytes of a line, terminal sequences (colours) taken out. The
rules are tried in this order and the first that fits decides:

1. *Head*: an upper-case level word at the start of the line, after blanks and opening
   punctuation: `ERROR x`, `WARNING: x`, `[WARN] x`, `INFO:root:x`, `<ERROR> x`.
2. *Field*: `level=warn`, `severity="error"`, `"level":"error"`, `"severity": "WARN"`,
   `"log.level":"info"`, `"levelname":"ERROR"`, and the numbers of pino (`"level":50`).
   The value is read in any case.
3. *Time*: a leading date or time, at most two more words, then an upper-case level word:
   `2026-01-01T00:00:00Z ERROR x`, `12:00:00,123 app WARNING x`.
4. *Inside*: an upper-case level word after opening punctuation (`[main] [ERROR]`, `|WARN |`)
   or after closing punctuation and blanks (`name - WARNING - x`, `app[1]: ERROR x`,
   `[main] INFO x`, `{f.py:1} ERROR`).
5. *Bracket*: a level word alone in square brackets: `[error]`, `[Warning]`, `[core:error]`.
6. *Colon*: a lower-case or capitalised level word before a single colon, at the start of the
   line or after `: `: `error: x`, `Error: x`, `a.c:1:2: warning: x`, `error[E0308]: x`.
   Four-letter words (`info`, `warn`) in rules 5 and 6 are lower-case only.
7. *klog*: `E0101 12:00:00.000000 ...` with I, W, E or F.

Words: DEBUG TRACE -> DEBUG; INFO NOTICE -> INFO; WARN WARNING -> WARN;
ERROR FATAL CRITICAL PANIC -> ERROR. A word must stand alone: `ERRORS`, `ERROR_CODE`,
`WARN-ONLY`, `DEBUG=1` and `ERROR.log` are no level words. Lower-case prose never counts
("no errors found", "error handling"), nor does an upper-case word in the middle of prose
("got ERROR from upstream"). Standard error without a level stays without one.

Why it is fast: `bytes.translate` maps a whole segment to character classes, in which every
line that any rule could accept contains `AAAA` (four capitals), `aaaa:` (four small letters
and a delimiter) or the shape of a klog header. A segment without one is done after at most
three searches; with a few, only their lines are looked at; with many, the words themselves are
searched for first, so that plain text full of capitals or colons stays cheap.
"""

from __future__ import annotations

import re

from hodei.domain.logs.line import Level

LOOK = 256
"""Bytes of a line that are looked at."""

_UPPER = rb"(?:(DEBUG|TRACE)|(INFO|NOTICE)|(WARN(?:ING)?)|(ERROR|FATAL|CRITICAL|PANIC))"
_SMALL = (
    rb"(?:([Dd]ebug|[Tt]race)|(info|[Nn]otice)|(warn|[Ww]arning)"
    rb"|([Ee]rror|[Ff]atal|[Cc]ritical|[Pp]anic))"
)
_VALUE = (
    rb"(?i:(debug|trace|verbose|10|20)|(info(?:rmation(?:al)?)?|notice|30)|(warn(?:ing)?|40)"
    rb"|(err(?:or)?|fatal|crit(?:ical)?|d?panic|alert|emerg(?:ency)?|severe|50|60))"
)
_ALONE = rb"(?![\w=-]|\.\w)"
_DATE = rb"(?:\d{4}[-/.]\d\d[-/.]\d\d[T ]|[A-Z][a-z]{2} [ \d]\d )"
_ZONE = rb"(?:Z|[ ]?[+-]\d\d:?\d\d)"

# In every pattern group n holds the words of Level(n), so `lastindex` is the level.
_HEAD = re.compile(rb"[ \t]*+[\[(<|*]*+[ \t]*+" + _UPPER + _ALONE)
_FIELD = re.compile(
    rb"[LlSs](?:(?<![\w.-].)|(?<=log[._].)|(?<=log.))(?:evel(?:name)?|everity)"
    rb"(?:\"\s*:\s*\"?|=[\"']?)" + _VALUE + rb"(?![\w.-])"
)
_TIME = re.compile(
    rb"[\[(]?(?:" + _DATE + rb"?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?" + _ZONE + rb"?|\d{10}(?:\.\d+)?)"
    rb"[\]),;]*(?:[ \t]+\S{1,80}){0,2}?[ \t]+[\[(<|]?" + _UPPER + _ALONE
)
_INSIDE = re.compile(
    rb"[\])}>|:\[<-](?:(?<=[\[<|])[ \t]?|(?<=[\])}>|:-])[ \t]+[\[(<|]?)" + _UPPER + _ALONE
)
_BRACKET = re.compile(rb"\[(?:\w{1,32}:)?" + _SMALL + rb"\]")
_COLON_HEAD = re.compile(rb"[ \t]*(?:PHP )?(?:[Ff]atal )?" + _SMALL + rb"(?:\[\w+\])?:(?!:)")
_COLON = re.compile(rb": (?:fatal )?" + _SMALL + rb"(?:\[\w+\])?:(?!:)")
_KLOG = re.compile(rb"(?:([^\s\S])|(I)|(W)|([EF]))\d{4} \d\d:\d\d:\d\d\.\d")
_ESCAPE = re.compile(rb"\x1b\[[0-9;:?]*[A-Za-z]")


def _classes() -> bytes:
    table = bytearray(b"." * 256)
    for byte in b"ABCDEFGILNOPRTUW":  # the letters of the level words
        table[byte] = ord("A")
    for byte in b"abcdefgilnoprtuwvym":  # the same, and those of level, severity, levelname
        table[byte] = ord("a")
    for byte in b"0123456789":
        table[byte] = ord("0")
    for byte in b':]["=':
        table[byte] = ord(":")
    table[ord(" ")] = ord(" ")
    return bytes(table)


_CLASS = _classes()
_CAPITALS, _SMALLS, _KLOG_SHAPE = b"AAAA", b"aaaa:", b"A0000 00:00:00."
_CAPITAL_WORDS = (
    *(b"DEBUG", b"TRACE", b"INFO", b"NOTICE", b"WARN"),
    *(b"ERROR", b"FATAL", b"CRITICAL", b"PANIC"),
)
_SMALL_WORDS = (  # without the letter that may be a capital
    *(b"evel", b"everity", b"ebug", b"race", b"info", b"otice", b"warn", b"arning"),
    *(b"rror", b"atal", b"ritical", b"anic"),
)
_DENSE = 8
"""With more than one hit per this many lines, looking at every line is cheaper."""
_SAMPLE = 8
"""First lines of a segment that tell whether it is worth while to count words."""


def level_of(line: bytes) -> Level:
    """The level of one line (without its newline)."""
    return Level(_rank(_ESCAPE.sub(b"", line)))


def find_levels(text: bytes) -> bytes:
    """One byte per line of `text` (each line ends with a newline), the value of its Level.

    Empty when no line has a level, which is also the quick case.
    """
    if b"\x1b" in text:
        text = _ESCAPE.sub(b"", text)
    classed = text.translate(_CLASS)
    capitals = classed.count(_CAPITALS)
    smalls = klogs = 0
    if b":" in text or b"]" in text or b"=" in text or b"[" in text or b'"' in text:
        smalls, klogs = classed.count(_SMALLS), classed.count(_KLOG_SHAPE)
    hits = capitals + smalls + klogs
    if not hits:
        return b""
    lines = text.count(b"\n")
    if hits * _DENSE <= lines:
        levels = _sparse(text, classed, (_CAPITALS, _SMALLS, _KLOG_SHAPE), lines)
    elif klogs or _mostly_levelled(text):
        levels = _dense(text)
    else:
        words = (_CAPITAL_WORDS if capitals else ()) + (_SMALL_WORDS if smalls else ())
        counts = {word: count for word in words if (count := text.count(word))}
        if sum(counts.values()) * _DENSE <= lines:
            levels = _sparse(text, text, tuple(counts), lines)
        else:
            levels = _dense(text)
    return levels if levels.strip(b"\0") else b""


def _rank(line: bytes) -> int:
    found = _HEAD.match(line, 0, LOOK)
    if found is None:
        key = line.find(b"eve", 0, LOOK)
        if key > 0:
            found = _FIELD.search(line, key - 1, LOOK)
    if found is None:
        found = _TIME.match(line, 0, LOOK) or _INSIDE.search(line, 0, LOOK)
    if found is None and b"[" in line:
        found = _BRACKET.search(line, 0, LOOK)
    if found is None and b":" in line:
        found = (
            _COLON_HEAD.match(line, 0, LOOK)
            or _COLON.search(line, 0, LOOK)
            or _KLOG.match(line, 0, LOOK)
        )
    return (found.lastindex or 0) if found else 0


def _mostly_levelled(text: bytes) -> bool:
    sample = text.split(b"\n", _SAMPLE)[:_SAMPLE]
    return sum(_rank(line) > 0 for line in sample) * 2 >= len(sample)


def _dense(text: bytes) -> bytes:
    return bytes([_rank(line) for line in text.split(b"\n")[:-1]])


def _sparse(text: bytes, searched: bytes, shapes: tuple[bytes, ...], lines: int) -> bytes:
    """Looks only at lines in which `searched`, aligned with `text`, contains a shape."""
    levels = bytearray(lines)
    ahead = {shape: hit for shape in shapes if (hit := searched.find(shape)) >= 0}
    position = line = 0
    while ahead:
        hit = min(ahead.values())
        start = text.rfind(b"\n", position, hit) + 1 or position
        end = text.find(b"\n", hit)
        line += text.count(b"\n", position, start)
        levels[line] = _rank(text[start : min(end, start + LOOK)])
        position, line = end + 1, line + 1
        for shape, at in tuple(ahead.items()):
            if at < position:
                ahead[shape] = searched.find(shape, position)
                if ahead[shape] < 0:
                    del ahead[shape]
    return bytes(levels)
