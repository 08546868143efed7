"""Masks secret values in output, in every usual spelling and across chunk borders.

A `Redactor` looks for each secret as it is, and as it looks after base64 (at each of the three
alignments within a longer text, standard and URL-safe, padded or not), hex, percent-encoding,
JSON, repr, HTML and shell quoting; of a secret with several lines each line counts by itself.
Every occurrence becomes `***`; overlapping ones become one `***`.

Streaming: a tail that could be the beginning of a pattern is held back, never more than the
longest pattern less one byte, so the result does not depend on where the chunks were cut.

State: held bytes are a strict prefix of a pattern, so they are described completely by
(which pattern, how many bytes). That is what `state()` gives, and no byte of a secret is ever
stored. A restore needs the same secrets in the same order. When they have changed in between,
the held bytes are not known any more and `***` takes their place.

Limits: values under four bytes are not masked (they would mask half of all output). The first
and last character of a base64 run mix bits of the secret with bits of its neighbours; inside a
longer text such a border character stays, which shows at most four bits at either end.
Encodings of encodings are not followed, JSON within JSON excepted.

The agent masks with this module too, before anything reaches its spool, and loads it while a job
waits: so it asks for few modules of the standard library, and for none that is slow to load.
"""

from __future__ import annotations

import json
import re
from binascii import b2a_base64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MASK = b"***"
SHORTEST = 4
"""Bytes; a shorter secret, line or encoded form is not looked for."""

_WORD = 4
_GRAM = 2 * _WORD - 1
"""A run of this many bytes holds one whole aligned word."""
_MANY = 24
"""From this number of patterns on, one pass over aligned words sorts out clean chunks."""


class HeldTail:
    """What a redactor holds back, told without the bytes."""

    __slots__ = ("covered", "length", "pattern", "patterns", "size")

    def __init__(
        self, *, pattern: int, length: int, covered: int, patterns: int, size: int
    ) -> None:
        self.pattern = pattern
        """Index of the pattern of which the held bytes are the beginning."""
        self.length = length
        """How many bytes are held."""
        self.covered = covered
        """How many of them belong to an occurrence whose mask was given out already."""
        self.patterns = patterns
        """Number of patterns, to notice other secrets."""
        self.size = size
        """Bytes of all patterns together, for the same purpose."""

    def numbers(self) -> dict[str, int]:
        """All there is to it, by name."""
        return {name: getattr(self, name) for name in self.__slots__}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HeldTail) and self.numbers() == other.numbers()

    def __hash__(self) -> int:
        return hash(tuple(self.numbers().values()))


class Redactor:
    """Masks the given secrets in one stream of bytes. Not thread-safe; `fork` for each stream."""

    __slots__ = ("_covered", "_held", "_ready", "_rules", "_which")

    def __init__(self, secrets: Sequence[str | bytes]) -> None:
        self._rules = _Rules(secrets)
        self._held = b""
        self._covered = 0
        self._which = 0
        self._ready = b""

    @property
    def active(self) -> bool:
        """Whether `feed` can ever give back anything but its argument."""
        return bool(self._rules.patterns or self._ready)

    def fork(self, state: HeldTail | None = None) -> Redactor:
        """A redactor for another stream with the same secrets, going on from `state`."""
        other = Redactor.__new__(Redactor)
        other._rules = self._rules
        other.restore(state)
        return other

    def feed(self, data: bytes) -> bytes:
        """The masked output that is certain after `data` has come."""
        rules = self._rules
        if not rules.patterns:
            ready, self._ready = self._ready, b""
            return ready + data if ready else data
        buffer = self._held + data if self._held else data
        hold, self._which = rules.hold(buffer)
        if not self._covered and not self._ready and rules.clean(buffer):
            self._held = buffer[hold:]
            return buffer if hold == len(buffer) else buffer[:hold]
        return self._emit(buffer, hold)

    def flush(self) -> bytes:
        """The rest, at the end of the stream; the redactor is then as new."""
        rest = self._emit(self._held, len(self._held))
        self.restore(None)
        return rest

    def state(self) -> HeldTail | None:
        """What is held back, for `restore`; None when nothing is."""
        if not self._held:
            return None
        return HeldTail(
            pattern=self._which,
            length=len(self._held),
            covered=self._covered,
            patterns=len(self._rules.patterns),
            size=self._rules.size,
        )

    def restore(self, state: HeldTail | None) -> None:
        """Goes on from a state of a redactor with the same secrets in the same order."""
        self._held, self._covered, self._which, self._ready = b"", 0, 0, b""
        if state is None:
            return
        rules = self._rules
        if (state.patterns, state.size) != (len(rules.patterns), rules.size):
            self._ready = MASK if state.covered < state.length else b""
            return
        self._held = rules.patterns[state.pattern][: state.length]
        self._covered = state.covered
        self._which = state.pattern

    def _emit(self, buffer: bytes, hold: int) -> bytes:
        """Gives out `buffer` up to `hold` with masks and keeps the rest."""
        out = [self._ready]
        position = 0
        covered = 0
        masked = self._covered > 0  # the first span was begun, and its mask shown, before
        for start, end in self._rules.spans(buffer, self._covered):
            if start >= hold and not masked:
                break
            if not masked:
                out += (buffer[position:start], MASK)
            masked = False
            position = min(end, hold)
            covered = max(0, end - hold)
        out.append(buffer[position:hold])
        self._held, self._covered, self._ready = buffer[hold:], covered, b""
        return b"".join(out)


class _Rules:
    """All spellings of all secrets, ready for the search; shared by forks."""

    def __init__(self, secrets: Sequence[str | bytes]) -> None:
        found = dict.fromkeys(
            spelling
            for secret in secrets
            for spelling in _spellings(_bytes(secret))
            if len(spelling) >= SHORTEST
        )
        self.patterns = tuple(found)
        self.size = sum(map(len, self.patterns))
        self._period: dict[bytes, int] = {}
        short = [pattern for pattern in self.patterns if len(pattern) < _GRAM]
        long = [pattern for pattern in self.patterns if len(pattern) >= _GRAM]
        # Few patterns: a search for each is quicker than the pass over words.
        self._always = short if len(long) > _MANY else list(self.patterns)
        self._words = frozenset(_words(long)) if len(long) > _MANY else frozenset[int]()

    def clean(self, buffer: bytes) -> bool:
        """Whether no pattern occurs in `buffer`; may say no for a clean one."""
        if any(pattern in buffer for pattern in self._always):
            return False
        if not self._words:
            return True
        aligned = memoryview(buffer)[: len(buffer) & ~(_WORD - 1)]
        return self._words.isdisjoint(aligned.cast("I"))

    def spans(self, buffer: bytes, covered: int) -> list[tuple[int, int]]:
        """All occurrences in order, overlapping ones joined; (0, covered) counts as one."""
        found = sorted(self._occurrences(buffer))
        joined: list[tuple[int, int]] = [(0, covered)] if covered else []
        for start, end in found:
            if joined and start < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return joined

    def _occurrences(self, buffer: bytes) -> Iterator[tuple[int, int]]:
        for pattern in self.patterns:
            at = buffer.find(pattern)
            if at >= 0 and pattern not in self._period:
                self._period[pattern] = _period(pattern)
            while at >= 0:
                yield at, at + len(pattern)
                at = buffer.find(pattern, at + self._period[pattern])

    def hold(self, buffer: bytes) -> tuple[int, int]:
        """Where the longest tail that begins a pattern starts, and the pattern's index."""
        best, which = len(buffer), 0
        for index, pattern in enumerate(self.patterns):
            at = buffer.find(pattern[0], max(0, len(buffer) - len(pattern) + 1), best)
            while at >= 0:
                if pattern.startswith(buffer[at:]):
                    best, which = at, index
                    break
                at = buffer.find(pattern[0], at + 1, best)
        return best, which


def _bytes(secret: str | bytes) -> bytes:
    # Values out of a process environment may carry undecodable bytes as surrogates.
    return secret if isinstance(secret, bytes) else secret.encode("utf-8", "surrogateescape")


def _period(pattern: bytes) -> int:
    """The least distance at which two occurrences of `pattern` can overlap or touch."""
    borders = [0]
    length = 0
    for byte in pattern[1:]:
        while length and byte != pattern[length]:
            length = borders[length - 1]
        length += byte == pattern[length]
        borders.append(length)
    return len(pattern) - borders[-1]


def _words(patterns: Iterable[bytes]) -> Iterator[int]:
    """The machine words that an aligned reader meets inside an occurrence, for each shift."""
    for pattern in patterns:
        for shift in range(_WORD):
            yield from memoryview(pattern[shift : shift + _WORD]).cast("I")


def _spellings(secret: bytes) -> Iterator[bytes]:
    """Every form of one secret; some may be equal or too short."""
    whole = secret.strip()
    if len(whole) < SHORTEST:
        return
    lines = [line.strip() for line in whole.splitlines()]
    # Line by line, so that masking leaves the lines of the log apart; with its newlines only
    # when a line is too short to be masked by itself.
    across = any(0 < len(line) < SHORTEST for line in lines)
    for value in dict.fromkeys((*lines, whole, secret, b"\r\n".join(lines))):
        if len(value) >= SHORTEST:
            yield from _encoded(value)
            yield from (form for form in _quoted(value) if across or b"\n" not in form)
    yield from _base64_exact(whole + b"\n")


def _encoded(value: bytes) -> Iterator[bytes]:
    yield value.hex().encode()
    yield value.hex().upper().encode()
    yield from _base64_exact(value)
    for shift in range(3):
        coded = _base64(bytes(shift) + value)
        begin = (0, 2, 3)[shift]
        end = len(coded) - (0, 3, 2)[(shift + len(value)) % 3]
        core = coded[begin:end]
        for spelling in (core, coded[begin:], coded[begin:].rstrip(b"=")):
            yield spelling
            yield spelling.translate(_URLSAFE)


_WRAPS = (64, 76)
"""Line lengths of base64 as tools write it."""
_URLSAFE = bytes.maketrans(b"+/", b"-_")


def _base64_exact(value: bytes) -> Iterator[bytes]:
    plain = _base64(value)
    for coded in (plain, plain.translate(_URLSAFE)):
        yield coded
        yield coded.rstrip(b"=")
        for width in _WRAPS:
            if len(coded) > width:
                yield from (coded[at : at + width] for at in range(0, len(coded), width))


def _base64(value: bytes) -> bytes:
    return b2a_base64(value, newline=False)


_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_URL_SAFE_SETS = ("~", "~/", "~!'()*", "~!'()*/:;,?@&=+$#", "~*", "*")
"""What encoders leave as it is besides letters, digits and `_.-`; the last one is that of forms."""


def _quoted(value: bytes) -> Iterator[bytes]:
    yield value
    yield from _percent(value)
    yield from _shell(value)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return
    for spelling in _literals(text):
        yield spelling.encode()


def _percent(value: bytes) -> Iterator[bytes]:
    for safe in _URL_SAFE_SETS:
        kept = frozenset(_UNRESERVED + safe.encode())
        upper = b"".join(b"%c" % byte if byte in kept else b"%%%02X" % byte for byte in value)
        for coded in (upper, re.sub(rb"%..", lambda match: match[0].lower(), upper)):
            yield coded
            yield coded.replace(b"%20", b"+")


def _shell(value: bytes) -> Iterator[bytes]:
    yield value.replace(b"'", b"'\\''")
    yield value.replace(b"'", b"'\"'\"'")
    yield re.sub(rb"([$`\"\\])", rb"\\\1", value)
    yield re.sub(rb"([$`\"\\!])", rb"\\\1", value)
    yield value.replace(b"\\", b"\\\\")
    for plain in (
        rb"[^\w@%+=:,./\n-]",
        rb"[^\w@%+=:./\n-]",
        rb"[^\w@%+=:./~\n-]",
        rb"[^\w\n]",
    ):
        # Shells differ in what needs no quoting, and in whether bytes beyond ASCII do.
        yield re.sub(plain, rb"\\\g<0>", value)
        yield re.sub(plain.replace(rb"\w", rb"\w\x80-\xff"), rb"\\\g<0>", value)
    ansi_c = value.replace(b"\\", b"\\\\").replace(b"'", b"\\'")
    yield ansi_c.replace(b"\n", b"\\n").replace(b"\t", b"\\t").replace(b"\r", b"\\r")


_JSON_FOR_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_ESCAPED_CODE = re.compile(r"\\u[0-9a-f]{4}")


def _literals(text: str) -> Iterator[str]:
    """JSON, repr and HTML spellings without their quotes."""
    for ascii_only in (True, False):
        plain = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        for_html = "".join(_JSON_FOR_HTML.get(each, each) for each in plain)
        for spelling in (plain, for_html):
            yield spelling
            yield spelling.replace("/", "\\/")
            yield _ESCAPED_CODE.sub(lambda match: "\\u" + match[0][2:].upper(), spelling)
        yield json.dumps(plain, ensure_ascii=ascii_only)[1:-1]
    yield repr(text)[1:-1]
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    yield escaped
    escaped = escaped.replace('"', "&quot;")
    yield escaped.replace("'", "&#x27;")
    yield escaped.replace("'", "&#39;")
