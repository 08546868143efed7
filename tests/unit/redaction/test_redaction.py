"""No spelling of a secret gets through, wherever the stream is cut, and nothing else is touched."""

from __future__ import annotations

import base64
import html
import json
import shlex
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hodei.domain.redaction import MASK, HeldTail, Redactor

SECRETS = [
    "hunter2-Token",
    "p@ss w/rd+&=?",
    "qu'ote\"d\\back$lash!",
    "contraseña-über",
    "<b>html&amp</b>",
    "AKIA0123456789ABCDEF/+zZ",
    "abcd",
    "x~y!(z)*'w",
    "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nab\n-----END KEY-----\n",
]


def _b64(secret: str, before: str = "", after: str = "") -> str:
    return base64.b64encode((before + secret + after).encode()).decode()


def _url64(secret: str, before: str = "", after: str = "") -> str:
    return base64.urlsafe_b64encode((before + secret + after).encode()).decode()


def _lower_percent(text: str) -> str:
    return "%".join(
        part[:2].lower() + part[2:] if index else part for index, part in enumerate(text.split("%"))
    )


SHAPES: dict[str, Callable[[str], str]] = {
    "raw": lambda s: s,
    "stripped": str.strip,
    "json": lambda s: json.dumps(s)[1:-1],
    "json utf-8": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "json slash": lambda s: json.dumps(s)[1:-1].replace("/", "\\/"),
    "json in json": lambda s: json.dumps(json.dumps(s))[3:-3],
    "json for html": lambda s: (
        json.dumps(s)[1:-1].replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    ),
    "repr": lambda s: repr(s)[1:-1],
    "html": html.escape,
    "html decimal": lambda s: html.escape(s).replace("&#x27;", "&#39;"),
    "url": lambda s: quote(s, safe=""),
    "url lower": lambda s: _lower_percent(quote(s, safe="")),
    "url path": quote,
    "url plus": quote_plus,
    "uri component": lambda s: quote(s, safe="!'()*~"),
    "hex": lambda s: s.encode().hex(),
    "hex upper": lambda s: s.encode().hex().upper(),
    "base64": _b64,
    "base64 unpadded": lambda s: _b64(s).rstrip("="),
    "base64 newline": lambda s: _b64(s.strip(), after="\n"),
    "base64 url-safe": _url64,
    "base64 wrapped 76": lambda s: "\n".join(
        _b64(s)[at : at + 76] for at in range(0, len(_b64(s)), 76)
    ),
    "base64 wrapped 64": lambda s: "\n".join(
        _b64(s)[at : at + 64] for at in range(0, len(_b64(s)), 64)
    ),
    "shell quote": shlex.quote,
    "shell single": lambda s: s.replace("'", "'\\''"),
    "shell backslash": lambda s: "".join(
        char if char.isalnum() or char in "_-@%+=:,./\n" or ord(char) > 127 else "\\" + char
        for char in s
    ),
    "shell double": lambda s: "".join("\\" + char if char in '$`"\\' else char for char in s),
}
FRAMES = ["{}", "key={}; next", 'x "{}"\nmore', "{0} {0}"]


CORPUS = [(secret, shape, frame) for secret in SECRETS for shape in SHAPES for frame in FRAMES]


def masked(redactor: Redactor, *parts: bytes) -> bytes:
    return b"".join([redactor.feed(part) for part in parts]) + redactor.flush()


def test_the_corpus_is_large() -> None:
    leaks = {SHAPES[shape](secret) for secret, shape, _ in CORPUS}
    assert len(CORPUS) >= 200
    assert len(leaks) >= 100


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_masked_at_every_cut(secret: str, shape: str) -> None:
    leak = SHAPES[shape](secret)
    for frame in FRAMES:
        redactor = Redactor([secret])
        text = frame.format(leak).encode()
        whole = masked(redactor, text)
        # What stays is the frame, and the quotes and newlines that the shape put around.
        left = whole.replace(MASK, b"")
        assert set(left) - set(frame.encode()) <= set(b"'\"\\n\n"), whole
        assert len(left) <= len(frame) + 2 * text.count(b"\n") + 8, whole
        assert MASK in whole
        for cut in range(len(text) + 1):
            assert masked(redactor.fork(), text[:cut], text[cut:]) == whole


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("before", ["", "u", "us", "use", "user"])
@pytest.mark.parametrize("after", ["", "1", "12", "123"])
def test_base64_at_every_alignment_leaves_no_whole_byte(
    secret: str, before: str, after: str
) -> None:
    secret = secret.splitlines()[0]
    for encode in (_b64, _url64):
        text = encode(secret, before, after)
        left = masked(Redactor([secret]), text.encode())
        assert MASK in left
        front, _, back = left.partition(MASK)
        # Border characters mix bits of both sides: at most one at either end.
        assert len(front) <= -(-len(before) * 8 // 6)
        assert len(back.rstrip(b"=")) <= (-(-len(after) * 8 // 6) + 1 if after else 0)


def test_lines_of_a_secret_are_masked_one_by_one() -> None:
    secret = "first line\nsecond line\n\nthird line"
    text = b"a first line\r\nb second line\nc third line\nfirst\n"
    assert masked(Redactor([secret]), text) == b"a ***\r\nb ***\nc ***\nfirst\n"


@pytest.mark.parametrize(
    ("secrets", "text", "left"),
    [
        (["abcd", "abcdefgh"], b"abcdefgh abcdef", b"*** ***ef"),
        (["abcde", "defgh"], b"xabcdefghx", b"x***x"),
        (["abab"], b"ababab abab", b"*** ***"),
        (["aaaa"], b"aaaaaaa", b"***"),
        (["abcd"], b"abcdabcd", b"******"),
        (["abc"], b"abc", b"abc"),
        (["   \n"], b"   \n", b"   \n"),
        ([b"\xff\xfe\xfd\xfc"], b"a\xff\xfe\xfd\xfcb", b"a***b"),
    ],
)
def test_overlaps_at_every_cut(secrets: list[str], text: bytes, left: bytes) -> None:
    assert masked(Redactor(secrets), text) == left
    assert masked(Redactor(secrets), *(bytes([code]) for code in text)) == left
    for low in range(len(text)):
        for high in range(low, len(text)):
            assert masked(Redactor(secrets), text[:low], text[low:high], text[high:]) == left


def test_only_a_possible_beginning_is_held() -> None:
    redactor = Redactor(["secret-value"])
    assert redactor.feed(b"nothing like it") == b"nothing like it"
    assert redactor.feed(b"now s") == b"now "
    assert redactor.feed(b"ecre") == b""
    assert redactor.feed(b"cy") == b"secrecy"
    assert redactor.state() is None


def test_without_secrets_the_same_object_comes_back() -> None:
    redactor = Redactor([])
    data = b"x" * 1000
    assert redactor.feed(data) is data
    assert not redactor.active
    assert Redactor(["secret"]).active


def test_a_secret_out_of_an_environment_may_be_undecodable() -> None:
    assert masked(Redactor(["ab\udcffcd"]), b"x ab\xffcd") == b"x ***"


def test_many_secrets_use_the_same_rules() -> None:
    secrets = [f"secret number {index:03d}" for index in range(60)]
    redactor = Redactor(secrets)
    for index in (0, 31, 59):
        for shift in range(9):
            text = b"y" * shift + b" secret number %03d " % index + b"z" * 50
            for cut in range(shift, shift + 20):
                left = masked(redactor.fork(), text[:cut], text[cut:])
                assert left == b"y" * shift + b" *** " + b"z" * 50
    assert masked(redactor, b"secret number 060 " * 9) == b"secret number 060 " * 9


def test_other_secrets_after_a_restore_mask_what_is_not_known() -> None:
    redactor = Redactor(["secret-one"])
    assert redactor.feed(b"a secret-") == b"a "
    state = redactor.state()
    assert state is not None
    for other in (Redactor([]), Redactor(["quite different"])):
        resumed = other.fork(state)
        assert resumed.active
        assert masked(resumed, b"one b") == b"***one b"


# ---- properties

SMALL = st.text(alphabet="abc", min_size=4, max_size=7)
TEXT = st.text(alphabet="abc\n", max_size=60).map(str.encode)


def union_of_occurrences(text: bytes, patterns: tuple[bytes, ...]) -> bytes:
    """The slow, obvious way: overlapping occurrences joined, each group one mask."""
    spans = sorted(
        (at, at + len(pattern))
        for pattern in patterns
        for at in range(len(text))
        if text.startswith(pattern, at)
    )
    out, position = b"", 0
    for index, (start, end) in enumerate(spans):
        if index and start < position:
            position = max(position, end)
        else:
            out += text[position:start] + MASK
            position = end
    return out + text[position:]


@settings(max_examples=300)
@given(st.lists(SMALL, min_size=1, max_size=3), TEXT, st.lists(st.integers(0, 60), max_size=5))
def test_any_cut_gives_the_union_of_occurrences(
    secrets: list[str], text: bytes, cuts: list[int]
) -> None:
    raw = tuple(secret.encode() for secret in secrets)
    expected = union_of_occurrences(text, raw)
    redactor = Redactor(secrets)
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    out = b""
    for low, high in pairwise(edges):
        out += redactor.feed(text[low:high])
        state = redactor.state()
        assert state is None or state.length < max(map(len, redactor._rules.patterns))
        redactor = Redactor(secrets).fork(state)
    assert out + redactor.flush() == expected


@given(st.binary(max_size=40), st.binary(min_size=8, max_size=20), st.binary(max_size=40))
def test_any_bytes_are_masked_within_any_bytes(before: bytes, secret: bytes, after: bytes) -> None:
    redactor = Redactor([secret])
    left = masked(redactor, before + secret + after)
    if len(secret.strip()) >= 8 and len(secret.splitlines()) == 1 and b"*" not in secret:
        assert secret.strip() not in left
        assert MASK in left


@given(st.lists(SMALL, min_size=1, max_size=2), TEXT)
def test_a_state_holds_numbers_only(secrets: list[str], text: bytes) -> None:
    redactor = Redactor(secrets)
    redactor.feed(text)
    state = redactor.state()
    if state is not None:
        assert all(isinstance(getattr(state, name), int) for name in HeldTail.__slots__)
