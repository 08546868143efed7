"""Reads request bodies: JSON in UTF-8, bounded in bytes and depth, nothing ambiguous."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import NoReturn

from starlette.requests import Request

from hodei.api.http.problems import TooLarge, UnsupportedMediaType
from hodei.domain.errors import InvalidRequest, Violation, shorten
from hodei.domain.parsing.reader import ABSENT, Report, Section, open_section, text_fault

SINGLE_BYTES = 1 << 20
BULK_BYTES = 16 << 20
MAX_DEPTH = 32
"""Levels of objects and lists; a job spec needs four."""
BODY = "body"
"""What violations call the body as a whole."""
_NOWHERE: Mapping[str, str] = {}


class _Refused(ValueError):
    """Something that JSON readers disagree about."""


async def read_json(request: Request, *, limit: int = SINGLE_BYTES) -> object:
    """The body as plain data. Raises InvalidRequest, TooLarge, UnsupportedMediaType."""
    content = await read_bytes(request, limit=limit)
    _check_type(request, content)
    return parse_json(content)


async def read_object(
    request: Request, fields: tuple[str, ...], report: Report, *, optional: bool = False
) -> Section:
    """The body as an object of these fields; all text in it can be stored.

    With `optional` no body at all is an empty object. What is wrong is noted in `report`.
    """
    content = await read_bytes(request, limit=SINGLE_BYTES)
    if optional and not content:
        return Section(report, "", {})
    _check_type(request, content)
    data = parse_json(content)
    if not isinstance(data, Mapping):
        report.add(BODY, f"must be an object with the fields {', '.join(fields)}", data)
        report.close()
    _check_texts(report, data)
    return open_section(report, "", data, fields, _NOWHERE)


async def read_bytes(request: Request, *, limit: int) -> bytes:
    """The raw body. Raises TooLarge as soon as that is certain."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def parse_json(content: bytes) -> object:
    """Strict JSON. Raises InvalidRequest that names the place of the fault."""
    if not content:
        raise InvalidRequest.of(BODY, "is required: a JSON object")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest.of(BODY, f"is not valid UTF-8 at byte {error.start}") from None
    try:
        data: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_finite,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidRequest.of(BODY, f"is not valid JSON at {place}: {error.msg}") from None
    except _Refused as error:
        raise InvalidRequest.of(BODY, str(error)) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise InvalidRequest.of(BODY, "contains a number with too many digits") from None
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(data)
    return data


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Refused(f"an object has the key {shorten(key)!r} twice")
            seen.add(key)
    return made


def _constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Refused(f"the number {shorten(text)} is too large")
    return number


def _check_depth(data: object) -> None:
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else _items(node))
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise _too_deep()


def _items(node: object) -> list[object]:
    return node if isinstance(node, list) else []


def _check_texts(report: Report, data: object) -> None:
    """Notes every text, keys included, that cannot be stored."""
    waiting: list[tuple[str, object]] = [("", data)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, str):
            if fault := text_fault(node):
                report.add(path or BODY, fault)
        elif isinstance(node, list):
            waiting += [(f"{path}[{index}]", item) for index, item in enumerate(node)]
        elif isinstance(node, dict):
            for key, value in node.items():
                if fault := text_fault(key):
                    report.add(path or BODY, f"the name of a field {fault}")
                else:
                    waiting.append((f"{path}.{key}" if path else key, value))
    report.close()


def _check_type(request: Request, content: bytes) -> None:
    if not content:
        return
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        raise UnsupportedMediaType(f"send the body without Content-Encoding (given: {coding[:50]})")
    given = request.headers.get("content-type", "")
    media_type, _, parameters = given.partition(";")
    if media_type.strip().lower() != "application/json":
        shown = shorten(given) or "none"
        raise UnsupportedMediaType(
            f"send JSON with Content-Type: application/json (given: {shown})"
        )
    for parameter in parameters.lower().split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(f"send JSON in UTF-8 (given: {shorten(given)})")


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body must be at most {limit} bytes")


def _too_deep() -> InvalidRequest:
    return InvalidRequest.of(BODY, f"must not be nested deeper than {MAX_DEPTH} levels")


def text_field(
    report: Report, section: Section, name: str, *, most: int, required: bool = False
) -> str:
    """Text of at most `most` characters; empty when it is not given."""
    value = section.get(name)
    if value is ABSENT:
        if required:
            report.add(section.at(name), f"is required: text of 1 to {most} characters")
        return ""
    if not isinstance(value, str) or len(value) > most or (required and not value):
        least = 1 if required else 0
        report.add(section.at(name), f"must be text of {least} to {most} characters", value)
        return ""
    return value


def violations_of(error: InvalidRequest, field: str, name: str) -> InvalidRequest:
    """The same error with `field` called `name`, as this interface calls it."""
    return InvalidRequest(
        [
            Violation(field=name if v.field == field else v.field, message=v.message, value=v.value)
            for v in error.violations
        ]
    )
