"""Header compression for HTTP/2 (RFC 7541): an encoder without state and a full decoder.

The encoder writes literals only, so nothing that it sends depends on what was sent before
and a header block can be computed once and used again. The decoder keeps a dynamic table
because a server may use one until it has seen that the agent's settings forbid it.
"""

from __future__ import annotations

from hodei.agent.http2.errors import COMPRESSION_ERROR, ConnectionFault
from hodei.agent.http2.huffman import HuffmanError, tree

Header = tuple[bytes, bytes]

STATIC_TABLE: tuple[Header, ...] = (
    (b":authority", b""),
    (b":method", b"GET"),
    (b":method", b"POST"),
    (b":path", b"/"),
    (b":path", b"/index.html"),
    (b":scheme", b"http"),
    (b":scheme", b"https"),
    (b":status", b"200"),
    (b":status", b"204"),
    (b":status", b"206"),
    (b":status", b"304"),
    (b":status", b"400"),
    (b":status", b"404"),
    (b":status", b"500"),
    (b"accept-charset", b""),
    (b"accept-encoding", b"gzip, deflate"),
    (b"accept-language", b""),
    (b"accept-ranges", b""),
    (b"accept", b""),
    (b"access-control-allow-origin", b""),
    (b"age", b""),
    (b"allow", b""),
    (b"authorization", b""),
    (b"cache-control", b""),
    (b"content-disposition", b""),
    (b"content-encoding", b""),
    (b"content-language", b""),
    (b"content-length", b""),
    (b"content-location", b""),
    (b"content-range", b""),
    (b"content-type", b""),
    (b"cookie", b""),
    (b"date", b""),
    (b"etag", b""),
    (b"expect", b""),
    (b"expires", b""),
    (b"from", b""),
    (b"host", b""),
    (b"if-match", b""),
    (b"if-modified-since", b""),
    (b"if-none-match", b""),
    (b"if-range", b""),
    (b"if-unmodified-since", b""),
    (b"last-modified", b""),
    (b"link", b""),
    (b"location", b""),
    (b"max-forwards", b""),
    (b"proxy-authenticate", b""),
    (b"proxy-authorization", b""),
    (b"range", b""),
    (b"referer", b""),
    (b"refresh", b""),
    (b"retry-after", b""),
    (b"server", b""),
    (b"set-cookie", b""),
    (b"strict-transport-security", b""),
    (b"transfer-encoding", b""),
    (b"user-agent", b""),
    (b"vary", b""),
    (b"via", b""),
    (b"www-authenticate", b""),
)
DEFAULT_TABLE_SIZE = 4096
# RFC 7541, section 4.1: what an entry costs besides its name and value.
ENTRY_OVERHEAD = 32

_STATIC_SIZE = len(STATIC_TABLE)
_MAX_INTEGER = 0x7FFFFFFF
_MAX_INTEGER_BYTES = 8
# First entry of each name, for literals whose name the table knows.
_NAME_INDEX = {name: index for index, (name, _) in reversed(list(enumerate(STATIC_TABLE, 1)))}


def encode_integer(value: int, prefix_bits: int, pattern: int) -> bytes:
    """An integer in the low `prefix_bits` of a byte that carries `pattern` above them."""
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes((pattern | value,))
    out = bytearray((pattern | limit,))
    value -= limit
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_headers(headers: list[Header]) -> bytes:
    """A header block of literals without indexing, and indexed fields where one fits whole."""
    return b"".join([_encode_field(name, value, 0x00) for name, value in headers])


def encode_secret(name: bytes, value: bytes) -> bytes:
    """A field that no proxy on the way may put in a compression table either."""
    return _encode_field(name, value, 0x10)


def _encode_field(name: bytes, value: bytes, pattern: int) -> bytes:
    index = _NAME_INDEX.get(name, 0)
    if index and not pattern:
        for place in range(index, _STATIC_SIZE + 1):
            entry = STATIC_TABLE[place - 1]
            if entry[0] != name:
                break
            if entry[1] == value:
                return encode_integer(place, 7, 0x80)
    head = encode_integer(index, 4, pattern)
    if not index:
        head += encode_integer(len(name), 7, 0) + name
    return head + encode_integer(len(value), 7, 0) + value


class HeaderListTooLong(Exception):
    """The block was decoded and its tables are in order, but the list exceeds the limit."""


class Decoder:
    """Decodes the header blocks of one connection, in their order."""

    __slots__ = ("_dynamic", "_dynamic_size", "_max_list", "_permitted", "_table_size")

    def __init__(self, max_list_bytes: int) -> None:
        self._max_list = max_list_bytes
        self._dynamic: list[Header] = []
        self._dynamic_size = 0
        self._table_size = DEFAULT_TABLE_SIZE
        self._permitted = DEFAULT_TABLE_SIZE

    def permit_table_size(self, size: int) -> None:
        """The peer has acknowledged this limit and shrinks its table.

        The table is shrunk here and now. RFC 9113, section 4.3.1, wants the next block to
        say so and calls it an error when it does not, but gRPC's own server loses that note
        when the stream on whose block it was written is cancelled just then.
        """
        self._permitted = size
        self._table_size = min(self._table_size, size)
        self._evict(self._table_size)

    def decode(self, block: bytes) -> list[Header]:
        """The fields of one block.

        Raises ConnectionFault when the block is malformed, and HeaderListTooLong, with the
        decoder fit for further blocks, when the fields exceed the limit.
        """
        try:
            return self._decode(block)
        except IndexError:
            raise _fault("header block ends inside a field") from None
        except HuffmanError as exc:
            raise _fault(str(exc)) from None

    def _decode(self, block: bytes) -> list[Header]:
        headers: list[Header] = []
        size = 0
        position = self._take_size_updates(block)
        while position < len(block):
            first = block[position]
            if first & 0x80:
                index, position = _integer(block, position, 7)
                field = self._entry(index)
            elif first & 0x40:
                field, position = self._literal(block, position, 6)
                self._insert(field)
            elif first & 0x20:
                raise _fault("table size update after a field")
            else:
                field, position = self._literal(block, position, 4)
            size += len(field[0]) + len(field[1]) + ENTRY_OVERHEAD
            if size <= self._max_list:
                headers.append(field)
        if size > self._max_list:
            raise HeaderListTooLong(f"{size} bytes of headers, the limit is {self._max_list}")
        return headers

    def _take_size_updates(self, block: bytes) -> int:
        position = 0
        while position < len(block) and block[position] & 0xE0 == 0x20:
            size, position = _integer(block, position, 5)
            if size > self._permitted:
                raise _fault(f"table size {size}, the limit is {self._permitted}")
            self._table_size = size
            self._evict(size)
        return position

    def _literal(self, block: bytes, position: int, prefix_bits: int) -> tuple[Header, int]:
        index, position = _integer(block, position, prefix_bits)
        if index:
            name = self._entry(index)[0]
        else:
            name, position = _string(block, position)
        value, position = _string(block, position)
        return (name, value), position

    def _entry(self, index: int) -> Header:
        if not index:
            raise _fault("index 0")
        if index <= _STATIC_SIZE:
            return STATIC_TABLE[index - 1]
        place = index - _STATIC_SIZE - 1
        if place >= len(self._dynamic):
            raise _fault(f"index {index} is beyond the table")
        return self._dynamic[place]

    def _insert(self, field: Header) -> None:
        size = len(field[0]) + len(field[1]) + ENTRY_OVERHEAD
        self._evict(self._table_size - size)
        if size <= self._table_size:
            self._dynamic.insert(0, field)
            self._dynamic_size += size

    def _evict(self, room: int) -> None:
        while self._dynamic and self._dynamic_size > room:
            name, value = self._dynamic.pop()
            self._dynamic_size -= len(name) + len(value) + ENTRY_OVERHEAD


def _integer(block: bytes, position: int, prefix_bits: int) -> tuple[int, int]:
    limit = (1 << prefix_bits) - 1
    value = block[position] & limit
    position += 1
    if value < limit:
        return value, position
    for shift in range(0, 7 * _MAX_INTEGER_BYTES, 7):
        byte = block[position]
        position += 1
        value += (byte & 0x7F) << shift
        if value > _MAX_INTEGER:
            break
        if not byte & 0x80:
            return value, position
    raise _fault("integer out of bounds")


def _string(block: bytes, position: int) -> tuple[bytes, int]:
    huffman = block[position] & 0x80
    length, position = _integer(block, position, 7)
    end = position + length
    if end > len(block):
        raise _fault("string longer than its block")
    data = block[position:end]
    return (tree().decode(data) if huffman else data), end


def _fault(message: str) -> ConnectionFault:
    return ConnectionFault(COMPRESSION_ERROR, message)
