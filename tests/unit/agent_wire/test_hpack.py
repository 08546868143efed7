"""Header compression against the hpack library and the examples of RFC 7541."""

from __future__ import annotations

import hpack as oracle
import pytest
from hpack import huffman_constants
from hpack.huffman import HuffmanEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from hodei.agent.http2 import errors, huffman
from hodei.agent.http2.errors import ConnectionFault
from hodei.agent.http2.hpack import (
    STATIC_TABLE,
    Decoder,
    Header,
    HeaderListTooLong,
    encode_headers,
    encode_integer,
    encode_secret,
)

NAMES = st.one_of(
    st.sampled_from([name for name, _ in STATIC_TABLE]),
    st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20).map(str.encode),
)
VALUES = st.one_of(st.sampled_from([value for _, value in STATIC_TABLE]), st.binary(max_size=200))
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=12)
ROOMY = 1 << 20


def decode_with_oracle(decoder: oracle.Decoder, block: bytes) -> list[Header]:
    return [(bytes(name), bytes(value)) for name, value in decoder.decode(block, raw=True)]


@given(HEADERS)
def test_the_oracle_reads_what_we_write(headers: list[Header]) -> None:
    assert decode_with_oracle(oracle.Decoder(), encode_headers(headers)) == headers
    assert Decoder(ROOMY).decode(encode_headers(headers)) == headers


@given(NAMES, VALUES)
def test_secrets_are_marked_never_to_be_indexed(name: bytes, value: bytes) -> None:
    [field] = oracle.Decoder().decode(encode_secret(name, value), raw=True)
    assert isinstance(field, oracle.NeverIndexedHeaderTuple)
    assert field == (name, value)


@given(
    st.lists(st.tuples(HEADERS, st.integers(0, 4096)), max_size=6),
    st.booleans(),
)
def test_we_read_what_the_oracle_writes(
    blocks: list[tuple[list[Header], int]], use_huffman: bool
) -> None:
    writer = oracle.Encoder()
    reader = Decoder(ROOMY)
    for headers, table_size in blocks:
        assert reader.decode(writer.encode(headers, huffman=use_huffman)) == headers
        writer.header_table_size = table_size


@settings(max_examples=400)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_noise_is_what_the_oracle_says_or_a_fault(blocks: list[bytes]) -> None:
    ours = Decoder(ROOMY)
    theirs = oracle.Decoder(ROOMY)
    for block in blocks:
        try:
            expected: list[Header] | None = decode_with_oracle(theirs, block)
        except oracle.HPACKError:
            expected = None
        try:
            seen: list[Header] | None = ours.decode(block)
        except ConnectionFault as fault:
            assert fault.code == errors.COMPRESSION_ERROR
            seen = None
        assert seen == expected
        if expected is None:
            return


@given(st.binary(max_size=100))
def test_huffman_reads_what_the_oracle_writes(text: bytes) -> None:
    encoder = HuffmanEncoder(
        huffman_constants.REQUEST_CODES, huffman_constants.REQUEST_CODES_LENGTH
    )
    assert huffman.tree().decode(encoder.encode(text)) == text


@pytest.mark.parametrize("data", [b"\xff", b"\x00", b"\x1f\xff", b"\xff\xff\xff\xfc", b"\xfe"])
def test_bad_huffman_padding_and_eos_are_refused(data: bytes) -> None:
    with pytest.raises(huffman.HuffmanError):
        huffman.tree().decode(data)


def test_requests_of_the_rfc_with_huffman_and_a_growing_table() -> None:
    # RFC 7541, C.4.1 to C.4.3.
    decoder = Decoder(ROOMY)
    first = decoder.decode(bytes.fromhex("828684418cf1e3c2e5f23a6ba0ab90f4ff"))
    assert first[-1] == (b":authority", b"www.example.com")
    second = decoder.decode(bytes.fromhex("828684be5886a8eb10649cbf"))
    assert second[-2:] == [(b":authority", b"www.example.com"), (b"cache-control", b"no-cache")]
    third = decoder.decode(bytes.fromhex("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"))
    assert third[-1] == (b"custom-key", b"custom-value")


@pytest.mark.parametrize(
    ("value", "prefix", "expected"),
    [(10, 5, "0a"), (1337, 5, "1f9a0a"), (42, 8, "2a"), (31, 5, "1f00"), (127, 7, "7f00")],
)
def test_integers_of_the_rfc(value: int, prefix: int, expected: str) -> None:
    assert encode_integer(value, prefix, 0).hex() == expected


@pytest.mark.parametrize(
    "block",
    [
        "80",  # index 0
        "be",  # beyond an empty dynamic table
        "ffffffffffffffffffffff01",  # an integer without end
        "ff8080808080808080808080808000",  # the same, of zeros
        "40",  # a literal without name
        "0003616263",  # a literal without value
        "00036162",  # a name longer than the block
        "3fe21f",  # table size 4097
        "8220",  # a size update after a field
        "ff",  # half an integer
    ],
)
def test_malformed_blocks_are_refused(block: str) -> None:
    with pytest.raises(ConnectionFault) as caught:
        Decoder(ROOMY).decode(bytes.fromhex(block))
    assert caught.value.code == errors.COMPRESSION_ERROR


def test_an_acknowledged_table_size_must_be_respected() -> None:
    indexed = b"\x40\x01a\x01b"
    decoder = Decoder(ROOMY)
    assert decoder.decode(indexed) == [(b"a", b"b")]
    assert decoder.decode(b"\xbe") == [(b"a", b"b")]
    decoder.permit_table_size(0)
    # With or without a note in the next block, the table is empty and stays so.
    for block in (indexed, b"\x20" + indexed):
        assert decoder.decode(block) == [(b"a", b"b")]
        with pytest.raises(ConnectionFault):
            decoder.decode(b"\xbe")
    with pytest.raises(ConnectionFault):
        decoder.decode(b"\x21")


def test_a_list_too_long_leaves_the_tables_in_order() -> None:
    decoder = Decoder(100)
    long = b"\x40\x01a" + encode_integer(90, 7, 0) + b"x" * 90
    with pytest.raises(HeaderListTooLong):
        decoder.decode(long + b"\x40\x01b\x01c")
    assert decoder.decode(b"\xbe") == [(b"b", b"c")]
