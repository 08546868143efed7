"""The head of a log: what is kept beside the segments so that any replica can go on.

It is saved in the same transaction as the segments that were taken before it. Nothing in it
holds a secret: carried tails are redacted already, and bytes that the redactor holds back are
kept as a reference into the list of secrets, not as bytes (`hodei.domain.redaction`).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TypedDict

from hodei.domain.logs.line import RawChunk, Stream
from hodei.domain.redaction import HeldTail

CHAIN_START = bytes(32)


def extend_chain(chain: bytes, chunk: RawChunk) -> bytes:
    """c(i) = sha256(c(i-1) || stream number as one byte || sha256(data(i))); c(0) is 32 zeros."""
    return sha256(chain + bytes([chunk.stream]) + sha256(chunk.data).digest()).digest()


class CarriedJson(TypedDict):
    """`Carried` in JSON; the tail is base64."""

    stream: int
    tail: str
    rewind: bool
    continuing: bool
    time_ms: int
    held: dict[str, int] | None


class HeadJson(TypedDict):
    """`LogHead` in JSON; the chain is hex."""

    acked_seq: int
    next_line: int
    next_byte: int
    received_bytes: int
    carried: list[CarriedJson]
    warn_count: int
    error_count: int
    first_error_line: int | None
    discarded_bytes: int
    capped: bool
    transport_chain: str
    finished: bool
    complete: bool
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The unfinished line of one stream."""

    stream: Stream
    tail: bytes = b""
    """Redacted bytes since the last newline, or since the last carriage return that counts."""
    rewind: bool = False
    """A carriage return came last: the tail goes unless a newline follows."""
    continuing: bool = False
    """The tail goes on after a CONTINUED piece that is stored already."""
    time_ms: int = 0
    """Time of the newest chunk of the stream."""
    held: HeldTail | None = None

    def to_json(self) -> CarriedJson:
        """Plain values for a JSON column."""
        return CarriedJson(
            stream=int(self.stream),
            tail=b64encode(self.tail).decode("ascii"),
            rewind=self.rewind,
            continuing=self.continuing,
            time_ms=self.time_ms,
            held=self.held.numbers() if self.held else None,
        )

    @classmethod
    def from_json(cls, value: CarriedJson) -> Carried:
        """The inverse of `to_json`."""
        held = value["held"]
        return cls(
            stream=Stream(value["stream"]),
            tail=b64decode(value["tail"]),
            rewind=value["rewind"],
            continuing=value["continuing"],
            time_ms=value["time_ms"],
            held=HeldTail(**held) if held else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """State of one attempt's log after the chunks up to `acked_seq`."""

    acked_seq: int = 0
    """Chunks up to this one are in the segments and in this head; they may be acknowledged."""
    next_line: int = 1
    next_byte: int = 0
    received_bytes: int = 0
    """Raw bytes of all chunks so far, as the worker wrote them."""
    carried: tuple[Carried, ...] = ()
    warn_count: int = 0
    error_count: int = 0
    first_error_line: int | None = None
    discarded_bytes: int = 0
    """Output that the log limit kept out."""
    capped: bool = False
    transport_chain: bytes = CHAIN_START
    finished: bool = False
    complete: bool = False
    """Finished, and number and hash chain of the chunks are those that the agent named."""
    sha256: str = ""
    """Hex hash of the stored text; empty until finished and while prior text is missing."""

    @property
    def total_lines(self) -> int:
        """Lines stored so far."""
        return self.next_line - 1

    def to_json(self) -> HeadJson:
        """Plain values for a JSON column."""
        return HeadJson(
            acked_seq=self.acked_seq,
            next_line=self.next_line,
            next_byte=self.next_byte,
            received_bytes=self.received_bytes,
            carried=[lane.to_json() for lane in self.carried],
            warn_count=self.warn_count,
            error_count=self.error_count,
            first_error_line=self.first_error_line,
            discarded_bytes=self.discarded_bytes,
            capped=self.capped,
            transport_chain=self.transport_chain.hex(),
            finished=self.finished,
            complete=self.complete,
            sha256=self.sha256,
        )

    @classmethod
    def from_json(cls, value: HeadJson) -> LogHead:
        """The inverse of `to_json`. Raises KeyError or ValueError on foreign content."""
        return cls(
            acked_seq=value["acked_seq"],
            next_line=value["next_line"],
            next_byte=value["next_byte"],
            received_bytes=value["received_bytes"],
            carried=tuple(Carried.from_json(lane) for lane in value["carried"]),
            warn_count=value["warn_count"],
            error_count=value["error_count"],
            first_error_line=value["first_error_line"],
            discarded_bytes=value["discarded_bytes"],
            capped=value["capped"],
            transport_chain=bytes.fromhex(value["transport_chain"]),
            finished=value["finished"],
            complete=value["complete"],
            sha256=value["sha256"],
        )
