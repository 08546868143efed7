"""Log heads, log segments and samples as rows and back."""

from __future__ import annotations

from dataclasses import fields, replace

import zstandard

from hodei.adapters.postgres.columns import Columns
from hodei.adapters.postgres.database import Row
from hodei.adapters.postgres.text import dumps, loads
from hodei.domain.errors import HodeiError
from hodei.domain.logs import LogHead, Segment, decode_meta
from hodei.ports.store import LogAppend, Sample

HEAD = Columns("head", "unit int4, attempt_id uuid, after_seq int8, acked_seq int8, head jsonb")
SEGMENT = Columns(
    "segment",
    "unit int4, attempt_id uuid, first_line int8, line_count int4, text_bytes int4,"
    " text bytea, meta bytea",
)
SAMPLE = Columns(
    "sample",
    "unit int4, attempt_id uuid, at timestamptz, cpu_ms int8, memory_bytes int8,"
    " memory_peak_bytes int8, disk_read_bytes int8, disk_write_bytes int8, net_rx_bytes int8,"
    " net_tx_bytes int8, processes int4",
)
_SAMPLE_FIELDS = tuple(field.name for field in fields(Sample))

_LEVEL = 1
_WORTH_COMPRESSING = 128
"""Bytes below which a zstd frame is no smaller than the text."""


class Packer:
    """Compresses and restores the text of segments.

    Short texts are stored as they are; a zstd frame is told by its size, which then differs
    from that of the text.
    """

    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self._decompressor = zstandard.ZstdDecompressor()

    def pack(self, text: bytes) -> bytes:
        """What is stored for `text`."""
        if len(text) < _WORTH_COMPRESSING:
            return text
        packed = self._compressor.compress(text)
        return packed if len(packed) < len(text) else text

    def unpack(self, stored: bytes, size: int) -> bytes:
        """The text of `size` bytes. Raises HodeiError when the stored bytes are damaged."""
        if len(stored) == size:
            return stored
        try:
            if zstandard.get_frame_parameters(stored).content_size == size:
                return self._decompressor.decompress(stored, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise HodeiError("a stored log segment is damaged") from error
        raise HodeiError("a stored log segment and its size do not belong together")


def head_row(unit: int, log: LogAppend) -> tuple[object, ...]:
    """Values of HEAD."""
    return unit, log.attempt_id, log.after_seq, log.head.acked_seq, dumps(log.head.to_json())


def head_of(text: str) -> LogHead:
    """The head in a JSON column."""
    return LogHead.from_json(loads(text))


def segment_row(unit: int, log: LogAppend, segment: Segment, packer: Packer) -> tuple[object, ...]:
    """Values of SEGMENT."""
    return (
        unit,
        log.attempt_id,
        segment.first_line,
        segment.line_count,
        len(segment.text),
        packer.pack(segment.text),
        segment.encode_meta(),
    )


def segment_of(row: Row, packer: Packer) -> Segment:
    """The segment in a row of its table."""
    return decode_meta(row["meta"], packer.unpack(row["text"], row["text_bytes"]))


def bare_segment_of(row: Row) -> Segment:
    """The segment without its text."""
    return replace(decode_meta(row["meta"], bytes(row["text_bytes"])), text=b"")


def sample_row(unit: int, sample: Sample) -> tuple[object, ...]:
    """Values of SAMPLE."""
    return (unit, *(getattr(sample, name) for name in _SAMPLE_FIELDS))


def sample_of(row: Row) -> Sample:
    """The sample in a row of its table."""
    return Sample(**{name: row[name] for name in _SAMPLE_FIELDS})
