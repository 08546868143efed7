"""How gRPC uses HTTP headers: request heads, metadata, and the status of a call.

The wire format is "gRPC over HTTP2" of the gRPC project: the status of a call travels in the
trailers, its message percent-encoded UTF-8, binary metadata in base64.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

from hodei.agent.http2 import errors
from hodei.agent.http2.hpack import Header, encode_headers, encode_secret

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16

_NAMES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)

_OF_HTTP = {
    b"400": INTERNAL,
    b"401": UNAUTHENTICATED,
    b"403": PERMISSION_DENIED,
    b"404": UNIMPLEMENTED,
    b"429": UNAVAILABLE,
    b"502": UNAVAILABLE,
    b"503": UNAVAILABLE,
    b"504": UNAVAILABLE,
}

_OF_RESET = {
    errors.REFUSED_STREAM: UNAVAILABLE,
    errors.CANCEL: CANCELLED,
    errors.ENHANCE_YOUR_CALM: RESOURCE_EXHAUSTED,
    errors.INADEQUATE_SECURITY: PERMISSION_DENIED,
}

_NAME_CHARACTERS = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_.")
_LARGEST_TIMEOUT = 99_999_999

Metadata = tuple[tuple[str, str | bytes], ...]


def status_name(code: int) -> str:
    """The name of a status code, or its number when gRPC does not define it."""
    return _NAMES[code] if 0 <= code < len(_NAMES) else f"status {code}"


def status_of_reset(code: int) -> int:
    """The status of a call whose stream was reset with an HTTP/2 error code."""
    return _OF_RESET.get(code, INTERNAL)


def request_head(
    path: str, scheme: bytes, authority: str, metadata: Metadata, timeout_s: float | None
) -> bytes:
    """The header block of a call. Raises ValueError for metadata that cannot be sent.

    Metadata may hold session tokens, so all of it is marked as never to be indexed.
    """
    head = [
        (b":method", b"POST"),
        (b":scheme", scheme),
        (b":path", path.encode("ascii")),
        (b":authority", authority.encode("ascii")),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"),
        (b"user-agent", b"hodei-agent"),
    ]
    if timeout_s is not None:
        head.append((b"grpc-timeout", _timeout(timeout_s)))
    fields = [encode_secret(*_metadata_field(name, value)) for name, value in metadata]
    return encode_headers(head) + b"".join(fields)


def _timeout(seconds: float) -> bytes:
    milliseconds = max(1, int(seconds * 1000))
    if milliseconds <= _LARGEST_TIMEOUT:
        return b"%dm" % milliseconds
    return b"%dS" % min(int(seconds), _LARGEST_TIMEOUT)


def _metadata_field(name: str, value: str | bytes) -> Header:
    key = name.encode("ascii", "replace")
    if not key or not _NAME_CHARACTERS.issuperset(key) or key.startswith(b"grpc-"):
        raise ValueError(f"metadata name {name!r} is not allowed")
    if key.endswith(b"-bin"):
        raw = value.encode() if isinstance(value, str) else value
        return key, b2a_base64(raw, newline=False).rstrip(b"=")
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if not (text.isascii() and (text.isprintable() or not text)):
        raise ValueError(f"metadata {name!r} has a value outside printable ASCII")
    return key, text.encode("ascii")


def find(headers: list[Header], name: bytes) -> bytes | None:
    """The first value of a name."""
    for key, value in headers:
        if key == name:
            return value
    return None


def refusal(headers: list[Header]) -> tuple[int, str] | None:
    """Why the head of a response is not one of gRPC; None when it is."""
    status = find(headers, b":status")
    if status is None:
        return INTERNAL, "response without an HTTP status"
    content_type = find(headers, b"content-type") or b""
    is_grpc = content_type == b"application/grpc" or content_type.startswith(
        (b"application/grpc+", b"application/grpc;")
    )
    if status == b"200" and is_grpc:
        return None
    # A proxy's error page: gRPC servers answer 200 and put the status into the trailers.
    if find(headers, b"grpc-status") is not None and is_grpc:
        return None
    kind = content_type.decode("latin-1")
    return _OF_HTTP.get(status, UNKNOWN), f"HTTP {status.decode('latin-1')} with {kind!r}"


def trailing_status(headers: list[Header]) -> tuple[int, str, bytes]:
    """Code, message and details (serialised google.rpc.Status) of a call that has ended."""
    raw = find(headers, b"grpc-status")
    if raw is None or not raw.isdigit() or len(raw) > 9:
        return UNKNOWN, "the server ended the call without a status", b""
    message = percent_decode(find(headers, b"grpc-message") or b"")
    return int(raw), message, binary(find(headers, b"grpc-status-details-bin") or b"")


def binary(value: bytes) -> bytes:
    """Binary metadata from its base64, padded or not; empty when it is not base64."""
    try:
        return a2b_base64(value + b"=" * (-len(value) % 4))
    except Base64Error:
        return b""


def percent_decode(value: bytes) -> str:
    """Text from percent-encoded UTF-8; broken escapes stay as they are."""
    first, *rest = value.split(b"%")
    out = [first]
    for piece in rest:
        try:
            out.append(bytes((int(piece[:2].decode("ascii", "replace"), 16),)) + piece[2:])
        except ValueError:
            out.append(b"%" + piece)
    return b"".join(out).decode("utf-8", "replace")
