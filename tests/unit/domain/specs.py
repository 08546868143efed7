"""Hypothesis strategies: anything that JSON can say, raw job specs, and parsed ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import jsonschema_rs
from hypothesis import strategies as st

from hodei.domain.parsing import limits, parse_spec
from hodei.domain.parsing.limits import Number, Text, Whole
from hodei.domain.parsing.spec import SPEC_FIELDS
from hodei.domain.schema import job_spec_schema
from hodei.domain.spec import Architecture, CommandType, Network, Priority, RetryCause

Raw = dict[str, Any]

VALIDATOR = jsonschema_rs.Draft202012Validator(job_spec_schema())


def sayable(value: object) -> bool:
    """Whether JSON text can carry `value`: no NaN, no infinity, no half surrogates, no keys
    but text."""
    match value:
        case str():
            return not any("\ud800" <= c <= "\udfff" for c in value)
        case float():
            return math.isfinite(value)
        case dict():
            return all(isinstance(k, str) and sayable(k) and sayable(v) for k, v in value.items())
        case list():
            return all(sayable(v) for v in value)
        case _:
            return True


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**300)
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["", " ", "\0", "\ud800", "auto", "HIGH", "exec", "Shell", "a/b:c", "/x"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def whole(bounds: Whole) -> st.SearchStrategy[int | float]:
    """Legal whole numbers, now and then as a float."""
    numbers = st.integers(bounds.least, bounds.most)
    return numbers | numbers.map(float)


def number(bounds: Number) -> st.SearchStrategy[float]:
    """Legal numbers."""
    return st.floats(bounds.least, bounds.most)


def text(rule: Text, longest: int = 30) -> st.SearchStrategy[str]:
    """Legal text; short, because long text tells nothing more."""
    return st.from_regex(rule.pattern, fullmatch=True).filter(
        lambda t: len(t) <= min(rule.most, longest)
    )


PLAIN = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
LABELS = st.dictionaries(text(limits.LABEL_KEY), text(limits.LABEL_VALUE), max_size=3)
SCRIPT = PLAIN.filter(lambda t: bool(t.strip(" \t\r\n")))
IMAGES = st.sampled_from(
    [
        "alpine",
        "alpine:latest",
        "library/alpine:3.20",
        "localhost:5000/team/app:v1.2_RC",
        "[::1]:5000/app",
        "registry.example.com/a/b__c/d-e.f@sha256:" + "0" * 64,
        "app:1@sha512:" + "a" * 128,
    ]
)
COMMANDS = (
    SCRIPT
    | st.fixed_dictionaries(
        {"type": st.sampled_from(["shell", "python", "node"]), "script": SCRIPT}
    )
    | st.fixed_dictionaries(
        {
            "type": st.just(CommandType.EXEC.value),
            "argv": st.tuples(PLAIN.filter(bool), st.lists(PLAIN, max_size=3)).map(
                lambda parts: [parts[0], *parts[1]]
            ),
        }
    )
)
RESOURCES = st.fixed_dictionaries(
    {},
    optional={
        "cpu": number(limits.CPU),
        "memory_mb": whole(limits.MEMORY_MB),
        "storage_mb": whole(limits.STORAGE_MB),
        "gpus": whole(limits.GPUS),
        "architecture": st.none() | st.sampled_from([a.value for a in Architecture]),
    },
)
PREFERENCES = st.fixed_dictionaries(
    {},
    optional={
        "provider": st.none() | st.sampled_from(["any", "Auto", "docker-1"]) | text(limits.LINE),
        "region": st.none() | st.sampled_from(["auto", "eu-west"]),
        "labels": LABELS,
    },
)
BACKOFF = st.fixed_dictionaries(
    {},
    optional={
        "initial_ms": whole(limits.BACKOFF_MS),
        "factor": number(limits.BACKOFF_FACTOR),
        "max_ms": whole(limits.BACKOFF_MS),
        "jitter": number(limits.BACKOFF_JITTER),
    },
)
RETRY = (
    st.booleans()
    | whole(limits.MAX_ATTEMPTS)
    | st.fixed_dictionaries(
        {},
        optional={
            "max_attempts": whole(limits.MAX_ATTEMPTS),
            "backoff": BACKOFF,
            "on": st.lists(st.sampled_from([c.value for c in RetryCause]), unique=True),
        },
    )
)
ENV = st.dictionaries(
    text(limits.ENV_NAME),
    PLAIN | text(limits.SECRET_NAME).map(lambda name: {"secret": name}),
    max_size=3,
)
PRIORITIES = st.sampled_from([p.value for p in Priority] + ["low", "Normal", "hIGH"])

_OPTIONAL: Mapping[str, st.SearchStrategy[Any]] = {
    "image": st.none() | IMAGES,
    "env": ENV,
    "resources": RESOURCES,
    "timeout_ms": whole(limits.TIMEOUT_MS),
    "queue_timeout_ms": st.none() | whole(limits.QUEUE_TIMEOUT_MS),
    "grace_ms": whole(limits.GRACE_MS),
    "preferences": PREFERENCES,
    "priority": PRIORITIES,
    "retry": RETRY,
    "network": st.sampled_from([n.value for n in Network]),
    "labels": LABELS,
    "working_dir": st.none() | text(limits.WORKING_DIR),
    "stdin": PLAIN,
    "project": text(limits.PROJECT),
}
LEGAL: st.SearchStrategy[Raw] = st.fixed_dictionaries(
    {"name": text(limits.LINE), "command": COMMANDS}, optional=dict(_OPTIONAL)
)
SPECS = LEGAL.map(parse_spec)


@st.composite
def damaged(draw: st.DrawFn) -> Raw:
    """A legal spec in which something, at some depth, was replaced, added or taken away."""
    raw: Raw = draw(LEGAL)
    where = raw
    inner: list[Raw] = [value for value in raw.values() if isinstance(value, dict)]
    deeper: bool = draw(st.booleans())
    if inner and deeper:
        where = draw(st.sampled_from(inner))
    names = sorted(where) or ["name"]
    field = draw(st.sampled_from(names) | st.sampled_from(SPEC_FIELDS) | st.text(max_size=8))
    if field in where and draw(st.booleans()):
        del where[field]
    else:
        where[field] = draw(JSON)
    return raw
