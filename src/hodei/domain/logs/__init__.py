"""The log of an attempt: numbering, levels, segments, resumption and search as pure code."""

from __future__ import annotations

from hodei.domain.logs.assembler import DEFAULT_LIMITS, LogAssembler, LogLimits
from hodei.domain.logs.head import CHAIN_START, Carried, HeadJson, LogHead, extend_chain
from hodei.domain.logs.index import MAX_CONTEXT, LogIndex
from hodei.domain.logs.levels import find_levels, level_of
from hodei.domain.logs.line import (
    ChunkGap,
    EndMark,
    Flag,
    Level,
    LogClosed,
    LogLine,
    RawChunk,
    Stream,
)
from hodei.domain.logs.marks import BUCKETS, Bucket, LogMarks, MarksCounter, marks
from hodei.domain.logs.search import LogQuery, matches
from hodei.domain.logs.segment import Flagged, Run, Segment, decode_meta

__all__ = [
    "BUCKETS",
    "CHAIN_START",
    "DEFAULT_LIMITS",
    "MAX_CONTEXT",
    "Bucket",
    "Carried",
    "ChunkGap",
    "EndMark",
    "Flag",
    "Flagged",
    "HeadJson",
    "Level",
    "LogAssembler",
    "LogClosed",
    "LogHead",
    "LogIndex",
    "LogLimits",
    "LogLine",
    "LogMarks",
    "LogQuery",
    "MarksCounter",
    "RawChunk",
    "Run",
    "Segment",
    "Stream",
    "decode_meta",
    "extend_chain",
    "find_levels",
    "level_of",
    "marks",
    "matches",
]
