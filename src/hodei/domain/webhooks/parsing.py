"""Reads what somebody says of a webhook, and says everything that is wrong with it at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hodei.domain.parsing.limits import LABEL_KEY, LABEL_VALUE, LABELS, LINE, PROJECT, Text, Whole
from hodei.domain.parsing.reader import (
    ABSENT,
    Report,
    Section,
    check_text,
    describe,
    one_of,
    open_section,
    pick,
    text_fault,
)
from hodei.domain.project import DEFAULT
from hodei.domain.webhooks.addresses import is_name, literal
from hodei.domain.webhooks.signing import SECRET, SECRET_EXPECTED
from hodei.domain.webhooks.webhook import Filters, WebhookEvent

NAME = Text(
    most=100,
    pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    expected="1 to 100 letters, digits, '.', '_' and '-', the first a letter or digit",
)
KEY = Text(
    most=100,
    pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    expected="an id or a name",
)
TIMEOUT_MS = Whole(least=1_000, most=30_000)
VERSION = Whole(least=1, most=2**31 - 1)
URL_CHARACTERS = 2_000
URL_EXPECTED = "must look like https://hooks.example.com/path"
HEADERS = 20
HEADER_VALUE_CHARACTERS = 2_000
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_HEADER_VALUE = re.compile(r"[\u0021-\u007e](?:[\u0020-\u007e\t]*[\u0021-\u007e])?")
_OURS = frozenset(
    {
        *("connection", "content-encoding", "content-length", "content-type", "date", "expect"),
        *("host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
"""Headers that the connection or the body decide."""

FIELDS = (
    "project",
    "name",
    "url",
    "events",
    "filters",
    "headers",
    "secret",
    "rotate_secret",
    "enabled",
    "timeout_ms",
    "version",
)
FILTER_FIELDS = ("template", "schedule", "name", "labels")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """What a person says about a webhook."""

    project: str = DEFAULT
    name: str
    url: str
    events: frozenset[WebhookEvent]
    filters: Filters = field(default_factory=Filters)
    headers: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    """None: as it is stored."""
    secret: str | None = field(default=None, repr=False)
    """None: as it is stored, or a new one for a new webhook."""
    rotate_secret: bool = False
    """Makes a new one."""
    enabled: bool = True
    timeout_ms: int = 10_000
    version: int | None = None
    """The one that this was written from; None: whatever it is by now."""


def parse_webhook(raw: object) -> WebhookConfig:
    """Raises InvalidRequest with everything that is wrong."""
    report = Report()
    body = open_section(report, "", raw, FIELDS, {})
    config = WebhookConfig(
        project=body.text("project", PROJECT, DEFAULT),
        name=check_text(report, "name", _given(body, "name"), NAME) or "",
        url=_url(report, _given(body, "url")),
        events=_events(report, body.get("events")),
        filters=_filters(report, body),
        headers=_headers(report, body.get("headers")),
        secret=_secret(report, body.get("secret")),
        rotate_secret=_flag(report, body, "rotate_secret", default=False),
        enabled=_flag(report, body, "enabled", default=True),
        timeout_ms=body.whole("timeout_ms", TIMEOUT_MS, 10_000),
        version=body.whole_or_none("version", VERSION),
    )
    if config.rotate_secret and config.secret is not None:
        report.add("rotate_secret", "makes a new secret; leave it out where you give one")
    report.close()
    return config


def _given(body: Section, name: str) -> object:
    value = body.get(name)
    return None if value is ABSENT else value


def _flag(report: Report, body: Section, name: str, *, default: bool) -> bool:
    value = body.get(name)
    if value is ABSENT:
        return default
    if isinstance(value, bool):
        return value
    report.add(name, "must be true or false", value)
    return default


def _url(report: Report, value: object) -> str:
    fault = url_fault(value) if isinstance(value, str) else URL_EXPECTED
    if fault:
        report.add("url", fault, value)
        return ""
    return str(value)


def url_fault(url: str) -> str:
    """What is wrong with the form of a URL, and what would be right; empty: nothing."""
    if len(url) > URL_CHARACTERS:
        return f"must have {URL_CHARACTERS} characters at most"
    if not url.isascii() or any(c <= " " or c == "\x7f" or c in '\\"<>^`{|}' for c in url):
        return (
            "must hold printable ASCII characters only, others percent-encoded; a name with "
            "others in its xn-- form"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return URL_EXPECTED
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return URL_EXPECTED
    if "@" in parts.netloc:
        return "must not hold a user name or password; send them in a header"
    if "#" in url:
        return "must not have a fragment (#...), which is never sent"
    if literal(parts.hostname) is None and not is_name(parts.hostname.removesuffix(".")):
        return URL_EXPECTED
    return ""


def _events(report: Report, value: object) -> frozenset[WebhookEvent]:
    known = ", ".join(event.value for event in WebhookEvent)
    if not isinstance(value, list) or not value:
        report.add("events", f"must be a list of one or more of {known}", _shown(value))
        return frozenset()
    found: set[WebhookEvent] = set()
    for index, each in enumerate(value[:100]):
        event = pick(each, WebhookEvent)
        if event is None:
            report.add(f"events[{index}]", f"must be {one_of(WebhookEvent, each)}", each)
        else:
            found.add(event)
    return frozenset(found)


def _shown(value: object) -> object:
    return None if value is ABSENT else value


def _filters(report: Report, body: Section) -> Filters:
    if body.get("filters") is None:
        return Filters()
    given = body.section("filters", FILTER_FIELDS, {})
    return Filters(
        template=given.text_or_none("template", KEY),
        schedule=given.text_or_none("schedule", KEY),
        name=given.text_or_none("name", LINE),
        labels=_labels(report, given.get("labels")),
    )


def _labels(report: Report, value: object) -> Mapping[str, str]:
    if value is ABSENT or value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > LABELS:
        report.add("filters.labels", f"must be an object of at most {LABELS} labels", value)
        return {}
    found: dict[str, str] = {}
    for key, text in value.items():
        place = f"filters.labels.{describe(key)}"
        name = check_text(report, place, key, LABEL_KEY)
        content = check_text(report, place, text, LABEL_VALUE)
        if name is not None and content is not None:
            found[name] = content
    return found


def _headers(report: Report, value: object) -> Mapping[str, str | None]:
    if value is ABSENT or value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > HEADERS:
        report.add("headers", f"must be an object of at most {HEADERS} headers")
        return {}
    found: dict[str, str | None] = {}
    seen: set[str] = set()
    for name, text in value.items():
        place = f"headers.{describe(name)}"
        if fault := _header_name_fault(name, seen):
            report.add(place, fault, name)
            continue
        seen.add(str(name).lower())
        if text is not None and not _is_header_value(text):
            # The value may be a credential: it is not quoted.
            report.add(
                place,
                f"must be 1 to {HEADER_VALUE_CHARACTERS} printable ASCII characters on one line, "
                "or null to keep the stored value",
            )
            continue
        found[str(name)] = text
    return found


def _header_name_fault(name: object, seen: set[str]) -> str:
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
        return "must be the name of a header: 1 to 64 letters, digits and '-', such as X-Team"
    lower = name.lower()
    if lower in _OURS or lower.startswith(("hodei-", "proxy-")):
        return "is set by the server; choose another name"
    return "is there twice, in other case" if lower in seen else ""


def _is_header_value(text: object) -> bool:
    return (
        isinstance(text, str)
        and len(text) <= HEADER_VALUE_CHARACTERS
        and _HEADER_VALUE.fullmatch(text) is not None
    )


def _secret(report: Report, value: object) -> str | None:
    if value is ABSENT or value is None:
        return None
    if not isinstance(value, str) or text_fault(value) or not SECRET.fullmatch(value):
        report.add("secret", f"must be {SECRET_EXPECTED}, or left out: then one is made")
        return None
    return value
