"""An inbound trigger: an address of its own that makes jobs of one template.

Whoever knows its token may call it, and nothing else comes of the call than a job of that
template with the parameters that the trigger takes from the body or holds itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from hodei.domain.parsing.limits import Text
from hodei.domain.parsing.reader import (
    ABSENT,
    Report,
    check_text,
    describe,
    open_section,
)

TOKEN_PREFIX = "hodei_trigger_"
MOST_TRIGGERS = 20
"""Of one template."""
MOST_PARAMETERS = 50
POINTER_CHARACTERS = 500
VALUE_CHARACTERS = 10_000
CALLS = 300
"""Of one trigger, in the window in which tries to sign in are counted."""
WRONG_CALLS = 50
"""With what is no token of it, from one address."""
NAME = Text(
    most=100,
    pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    expected="1 to 100 letters, digits, '.', '_' and '-', the first a letter or digit",
)
FIELDS = ("name", "parameters")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_SOURCE = "must be {pointer: '/place/in/the/body'} or {value: ...}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Where a parameter comes from: a place in the body, or a value of the trigger's own."""

    pointer: str | None = None
    """JSON pointer (RFC 6901); None: it is `value`."""
    value: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerConfig:
    """What a person says of a trigger."""

    name: str
    parameters: Mapping[str, Given]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger as it is kept; of its token only the digest."""

    id: UUID
    template_id: UUID
    name: str
    parameters: Mapping[str, Given]
    digest: bytes = field(repr=False)
    created_at: datetime
    created_by: str
    last_fired_at: datetime | None = None

    @property
    def actor(self) -> str:
        """Who its jobs belong to."""
        return f"trigger:{self.name}"

    @property
    def reads_body(self) -> bool:
        """Whether some parameter comes from the body."""
        return any(given.pointer is not None for given in self.parameters.values())

    def filled(self, body: object) -> dict[str, object]:
        """The parameters of a call. What the body does not hold is left out: the template says
        what stands for it, or that it is missing."""
        found = {
            name: given.value if given.pointer is None else pointed(body, given.pointer)
            for name, given in self.parameters.items()
        }
        return {name: value for name, value in found.items() if value is not ABSENT}


def trigger_token(secret: str) -> str:
    """The token of a random secret."""
    return TOKEN_PREFIX + secret


def trigger_digest(token: str) -> bytes:
    """What is stored of a token."""
    return sha256(token.encode(errors="replace")).digest()


def pointed(body: object, pointer: str) -> object:
    """What stands at a JSON pointer; ABSENT when there is nothing."""
    found = body
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isascii() and key.isdigit() and len(key) < 10:
            if (key != "0" and key.startswith("0")) or int(key) >= len(found):
                return ABSENT
            found = found[int(key)]
        else:
            return ABSENT
    return found


def parse_trigger(raw: object) -> TriggerConfig:
    """Raises InvalidRequest with everything that is wrong."""
    report = Report()
    body = open_section(report, "", raw, FIELDS, {})
    given = body.get("name")
    name = check_text(report, "name", None if given is ABSENT else given, NAME) or ""
    parameters = _parameters(report, body.get("parameters"))
    report.close()
    return TriggerConfig(name=name, parameters=parameters)


def _parameters(report: Report, raw: object) -> Mapping[str, Given]:
    if raw is ABSENT or raw is None:
        return {}
    if not isinstance(raw, Mapping) or len(raw) > MOST_PARAMETERS:
        report.add("parameters", f"must be an object of at most {MOST_PARAMETERS} parameters", raw)
        return {}
    return {
        str(name): _given(report, f"parameters.{describe(name)}", one) for name, one in raw.items()
    }


def _given(report: Report, place: str, raw: object) -> Given:
    if not isinstance(raw, Mapping) or len(raw) != 1 or not raw.keys() <= {"pointer", "value"}:
        report.add(place, _SOURCE, raw)
        return Given()
    if "value" in raw:
        if len(str(raw["value"])) > VALUE_CHARACTERS:
            report.add(f"{place}.value", f"must have {VALUE_CHARACTERS} characters at most")
        return Given(value=raw["value"])
    pointer = raw["pointer"]
    if (
        not isinstance(pointer, str)
        or len(pointer) > POINTER_CHARACTERS
        or not _POINTER.fullmatch(pointer)
    ):
        message = "must be a JSON pointer: empty for the whole body, else like /a/b/0"
        report.add(f"{place}.pointer", message, pointer)
        return Given()
    return Given(pointer=pointer)


def check_parameters(parameters: Mapping[str, Given], known: Mapping[str, bool]) -> None:
    """Raises InvalidRequest for what the template does not have; `known` says of each of its
    parameters whether it is a secret one."""
    report = Report()
    for name, given in parameters.items():
        place = f"parameters.{describe(name)}"
        if name not in known:
            names = ", ".join(known) or "none"
            report.add(place, f"is no parameter of the template; it has {names}")
        elif known[name] and given.pointer is None and not isinstance(given.value, Mapping):
            report.add(f"{place}.value", "would be readable here: name a secret, {secret: NAME}")
    report.close()
