"""The level grammar, as a table, and the whole-segment search against the single line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hodei.domain.logs import Level, find_levels, level_of

D, I, W, E, N = Level.DEBUG, Level.INFO, Level.WARN, Level.ERROR, Level.NONE  # noqa: E741

LEVELLED = [
    ("[INFO] up", I),
    ("[WARN] low disk", W),
    ("[WARNING] low disk", W),
    ("[ ERROR ] x", E),
    ("<ERROR> x", E),
    ("*** WARNING *** x", W),
    ("ERROR x", E),
    ("ERROR", E),
    ("  ERROR: x", E),
    ("WARNING: x", W),
    ("INFO:root:x", I),
    ("DEBUG - x", D),
    ("TRACE x", D),
    ("NOTICE: x", I),
    ("FATAL x", E),
    ("CRITICAL x", E),
    ("PANIC: x", E),
    ("level=warn msg=x", W),
    ("ts=1 level=error msg=x", E),
    ('time="2026" level="info" msg=x', I),
    ("log_level=debug x", D),
    ("severity=ERROR x", E),
    ("level=err", E),
    ("severity=warning x", W),
    ('{"levelname": "debug"}', D),
    ('{"levelname": "err"}', E),
    ('{"level":"error","msg":"x"}', E),
    ('{"msg":"all fine","level": "info"}', I),
    ('{"msg":"[ERROR] quoted","level":"info"}', I),
    ('{"severity":"WARNING"}', W),
    ('{"Severity" : "CRITICAL"}', E),
    ('{"levelname": "DEBUG"}', D),
    ('{"log.level":"warn"}', W),
    ('{"Level":"Information"}', I),
    ('{"level":30,"msg":"x"}', I),
    ('{"level":50}', E),
    ("2026-01-01T00:00:00Z ERROR x", E),
    ("2026-01-01T00:00:00.123456+01:00 WARN x", W),
    ("2026-01-01 00:00:00,123 - name - WARNING - x", W),
    ("2026-01-01 00:00:00,123 name WARNING x", W),
    ("2026-01-01 00:00:00,123 4711 MainThread INFO x", I),
    ("[2026-01-01 00:00:00,123] {task.py:1} ERROR - x", E),
    ("2026/01/01 00:00:00 INFO x", I),
    ("2026/01/01 00:00:00 [error] 1#1: x", E),
    ("12:00:00.123 [main] INFO  com.example.Main - x", I),
    ("Jan  1 00:00:00 host app[12]: ERROR: x", E),
    ("1700000000.123 ERROR x", E),
    ("[main] [ERROR] x", E),
    ("web |WARN | x", W),
    ("app: INFO x", I),
    ("[error] x", E),
    ("[Warning] x", W),
    ("[core:error] [pid 1] x", E),
    ("error: could not compile", E),
    ("error[E0308]: mismatched types", E),
    ("Error: Cannot find module", E),
    ("PHP Fatal error:  x", E),
    ("fatal: not a git repository", E),
    ("warning: unused", W),
    ("a.c:1:2: warning: unused", W),
    ("prog: error: unknown argument", E),
    ("prog.c:1: fatal error: no such file", E),
    ("panic: runtime error", E),
    ("E0101 12:00:00.000000 1 f.go:1] x", E),
    ("W0101 12:00:00.000000 1 f.go:1] x", W),
    ("I0101 12:00:00.000000 1 f.go:1] x", I),
    ("\x1b[33mWARN\x1b[0m x", W),
    ("\x1b[1m\x1b[31merror\x1b[0m\x1b[1m: x", E),
    ("\x1b[2K[INFO] x", I),
]
SILENT = [
    "",
    "no errors found",
    "error handling",
    "0 errors, 0 warnings",
    "an error: occurred",
    "ERRORS: 0",
    "ERROR_CODE is 3",
    "ERROR.log was written",
    "WARN-ONLY mode",
    "DEBUG=1",
    "SOME_ERROR x",
    "got ERROR from upstream",
    "without WARNING it stopped",
    "information for you",
    "info about it",
    "std::error::Error",
    "error::Error is a trait",
    "sublevel=error",
    "levels=error",
    '{"level":{"a":1}}',
    '{"levels":"error"}',
    "ValueError: x",
    "A0101 12:00:00.000000 x",
    "E0101 is a code",
    "https://example.org/error/info",
    "x" * 256 + " [ERROR] too far",
    "x" * 250 + " - ERROR",
]


@pytest.mark.parametrize(("line", "level"), LEVELLED)
def test_level(line: str, level: Level) -> None:
    assert level_of(line.encode()) is level


@pytest.mark.parametrize("line", SILENT)
def test_no_level(line: str) -> None:
    assert level_of(line.encode()) is N


def test_every_line_of_the_table_is_found_alone() -> None:
    for line, level in LEVELLED:
        for before in (0, 1, 40):
            text = b"plain\n" * before + line.encode() + b"\nplain\n"
            assert find_levels(text) == bytes(before) + bytes([level, 0])


def test_every_line_of_the_table_is_found_in_one_segment() -> None:
    lines = [line for line, _ in LEVELLED] + SILENT
    text = "".join(line + "\n" for line in lines).encode()
    assert find_levels(text) == bytes([level for _, level in LEVELLED] + [0] * len(SILENT))


def test_nothing_found_is_empty() -> None:
    assert find_levels(b"") == b""
    assert find_levels(b"HTTP DATABASE TOTAL: 1\nconnection: closed\n" * 100) == b""


PARTS = st.sampled_from(
    [
        *(word for line, _ in LEVELLED for word in line.split(" ")),
        *("total:", "HTTP", "[", "]", "- ", ": ", "\x1b[31m", "ER", "ROR", "wa", "rn", "=", '"'),
    ]
)
LINES = st.lists(PARTS, max_size=6).flatmap(
    lambda parts: st.sampled_from([" ".join(parts), "".join(parts)])
)


@given(st.lists(LINES, max_size=12), st.integers(0, 60))
def test_segment_search_equals_single_lines(lines: list[str], plain: int) -> None:
    raw = [line.encode() for line in lines] + [b"plain text"] * plain
    expected = bytes([level_of(line) for line in raw])
    found = find_levels(b"".join(line + b"\n" for line in raw))
    assert (found or bytes(len(raw))) == expected
