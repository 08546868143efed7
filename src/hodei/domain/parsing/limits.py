"""Every bound of a job spec, once: parsing enforces these and the JSON Schema shows them.

Patterns use only what ECMA-262, Rust and Python read alike (no `\\w`, no `\\s`), because the
same text is published in the OpenAPI document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

KIB = 1024
SECOND_MS = 1_000
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Whole numbers from `least` to `most`, both included."""

    least: int
    most: int

    @property
    def expected(self) -> str:
        """What a message asks for."""
        return f"a whole number between {self.least} and {self.most}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """Finite numbers from `least` to `most`, both included."""

    least: float
    most: float

    @property
    def expected(self) -> str:
        """What a message asks for."""
        return f"a number between {self.least:g} and {self.most:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Text of at most `most` characters that matches `pattern` from end to end."""

    most: int
    pattern: re.Pattern[str]
    expected: str


# ---- numbers

CPU = Number(least=0.1, most=16)
MEMORY_MB = Whole(least=16, most=1_048_576)
STORAGE_MB = Whole(least=0, most=10_485_760)
GPUS = Whole(least=0, most=16)
TIMEOUT_MS = Whole(least=SECOND_MS, most=7 * DAY_MS)
QUEUE_TIMEOUT_MS = Whole(least=SECOND_MS, most=30 * DAY_MS)
GRACE_MS = Whole(least=0, most=600_000)
MAX_ATTEMPTS = Whole(least=1, most=20)
BACKOFF_MS = Whole(least=0, most=DAY_MS)
BACKOFF_FACTOR = Number(least=1, most=10)
BACKOFF_JITTER = Number(least=0, most=1)

ALLOW_RETRY_ATTEMPTS = 3
"""What `retry: true` means."""

# ---- amounts; bytes are those of UTF-8

SCRIPT_BYTES = 256 * KIB
STDIN_BYTES = 256 * KIB
ARGV_ITEMS = 4096
ARGV_ITEM_BYTES = 128 * KIB - 1
"""Linux takes 128 KiB for one argument, its closing NUL included."""
ARGV_BYTES = 256 * KIB
ENV_ENTRIES = 500
ENV_VALUE_BYTES = 32 * KIB
ENV_BYTES = 256 * KIB
SECRET_BYTES = 64 * KIB
"""Of the value of a named secret."""
LABELS = 64

# ---- texts

_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""C0, C1, line and paragraph separators, and the marks that reorder what is shown."""
_BLANK = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"

_HOST_PART = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOST = rf"(?:{_HOST_PART}(?:\.{_HOST_PART})*|\[[a-f0-9:]+\])(?::[0-9]{{1,5}})?"
_PATH_PART = r"[a-z0-9]+(?:(?:\.|__|_|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})"

NO_NUL = r"^(?![^\u0000]*\u0000)"
NOT_BLANK = NO_NUL + r"[ \t\r\n]*[^ \t\r\n]"
"""For the schema only: these look ahead, so that no reader of the schema folds a length of
hundreds of kilobytes into them, which takes regex engines seconds to compile."""
LINE = Text(
    most=200,
    pattern=re.compile(rf"[^{_CONTROL}]*[^{_CONTROL}{_BLANK}][^{_CONTROL}]*"),
    expected="1 to 200 printable characters on one line",
)
IMAGE = Text(
    most=512,
    pattern=re.compile(rf"(?:{_HOST}/)?{_PATH_PART}(?:/{_PATH_PART})*(?::{_TAG})?(?:@{_DIGEST})?"),
    expected="an image reference of at most 512 characters, such as 'alpine:latest' or "
    "'registry.example.com/team/app:1.2'",
)
ENV_NAME = Text(
    most=256,
    pattern=re.compile(r"(?!HODEI_(?!PARAM_))[A-Za-z_][A-Za-z0-9_]*"),
    expected="a name of letters, digits and '_', not beginning with a digit, at most 256 long",
)
SECRET_NAME = Text(
    most=128,
    pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    expected="the name of a secret: letters, digits, '.', '_' and '-', at most 128 long",
)
LABEL_KEY = Text(
    most=63,
    pattern=re.compile(r"[a-zA-Z0-9._/-]+"),
    expected="1 to 63 letters, digits and '.', '_', '/', '-'",
)
LABEL_VALUE = Text(
    most=255,
    pattern=re.compile(rf"[^{_CONTROL}]*"),
    expected="at most 255 printable characters on one line",
)
WORKING_DIR = Text(
    most=4096,
    pattern=re.compile(r"/[^\u0000]*"),
    expected="an absolute path of at most 4096 characters, such as '/work'",
)
PROJECT = Text(
    most=63,
    pattern=re.compile(r"[a-z0-9][a-z0-9-]*"),
    expected="1 to 63 lower-case letters, digits and '-', not beginning with '-'",
)
IDEMPOTENCY_KEY = Text(
    most=200,
    pattern=re.compile(r"[\u0021-\u007e](?:[\u0020-\u007e]*[\u0021-\u007e])?"),
    expected="1 to 200 printable ASCII characters that neither begin nor end with a space",
)

ANYWHERE = frozenset({"any", "auto"})
"""Spellings of "no preference" for provider and region."""
RESERVED_ENV_PREFIX = "HODEI_"
