"""Settings of traces: OpenTelemetry's own variables, each of which takes effect or is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from hodei.domain.errors import Violation
from hodei.domain.trace_context import Sampler

PATH = "/v1/traces"
"""Of traces, below the address of a collector."""
PLACEHOLDER = "{trace_id}"
NAMES = {
    "OTEL_SDK_DISABLED": "otel_disabled",
    "OTEL_TRACES_EXPORTER": "otel_exporter",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "otel_endpoint",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "otel_traces_endpoint",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "otel_protocol",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "otel_traces_protocol",
    "OTEL_EXPORTER_OTLP_HEADERS": "otel_headers",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "otel_traces_headers",
    "OTEL_SERVICE_NAME": "otel_service_name",
    "OTEL_RESOURCE_ATTRIBUTES": "otel_resource_attributes",
    "OTEL_TRACES_SAMPLER": "otel_sampler",
    "OTEL_TRACES_SAMPLER_ARG": "otel_sampler_arg",
    "OTEL_PROPAGATORS": "otel_propagators",
}
"""Variables of the standard, and the settings that they are."""
HIDDEN = frozenset({"otel_headers", "otel_traces_headers"})
_OF_TRACES = re.compile(
    r"OTEL_(EXPORTER_OTLP_(?!METRICS_|LOGS_)|TRACES_|BSP_|SPAN_|ATTRIBUTE_|LINK_|EVENT_)"
)
"""Variables that say how traces are made or sent, whether Hodei knows them or not."""
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\Z")
_TEXT = re.compile(r"[\t\x20-\x7e]{0,4000}\Z")
_OURS = frozenset({"content-type", "content-length", "host", "transfer-encoding"})
RATIOS = frozenset({"traceidratio", "parentbased_traceidratio"})
SAMPLERS: Mapping[str, Sampler] = {
    "always_on": Sampler(follows=False),
    "always_off": Sampler(follows=False, share=0),
    "traceidratio": Sampler(follows=False),
    "parentbased_always_on": Sampler(),
    "parentbased_always_off": Sampler(share=0),
    "parentbased_traceidratio": Sampler(),
}
"""By the name of the standard; of those by ratio the share is yet to be set."""


def faults(given: Mapping[str, str], values: Mapping[str, Any]) -> list[Violation]:
    """What does not go together, and variables without effect where traces are sent."""
    found = []
    if "otel_sampler_arg" in values and values.get("otel_sampler") not in RATIOS:
        message = f"goes with OTEL_TRACES_SAMPLER={' or '.join(sorted(RATIOS))} only"
        found.append(Violation(field="OTEL_TRACES_SAMPLER_ARG", message=message))
    endpoints = ("otlp_endpoint", "otel_endpoint", "otel_traces_endpoint")
    if values.get("otel_disabled") or not any(name in values for name in endpoints):
        return found
    for name in sorted(given):
        if _OF_TRACES.match(name) and name not in NAMES and given[name].strip():
            message = "has no effect here; unset it, or leave it to a collector between"
            found.append(Violation(field=name, message=message))
    return found


# ---- readers; each raises ValueError


def collector(text: str) -> str:
    """The address of a collector."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ValueError("must be an http:// or https:// URL, such as http://127.0.0.1:4318")
    if parts.username is not None:
        raise ValueError("must hold no password; OTEL_EXPORTER_OTLP_HEADERS is for that")
    return text


def page(text: str) -> str:
    """The address of a page that shows a trace."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError("must be an http:// or https:// URL without a password in it")
    if PLACEHOLDER not in parts.path + parts.query + parts.fragment:
        raise ValueError(f"must have {PLACEHOLDER} where the id of a trace belongs")
    if re.search(r"[\s\"'<>\\]", text) or len(text) > 2000:
        raise ValueError("must have neither blanks nor quotes, and 2000 characters at most")
    return text


def protocol(text: str) -> str:
    """How spans are sent."""
    if text != "http/json":
        raise ValueError(
            "must be http/json, which is what Hodei sends; collectors take it at the same port "
            "as http/protobuf (4318)"
        )
    return text


def headers(text: str) -> tuple[tuple[str, str], ...]:
    """Headers of every request to the collector."""
    pairs = _pairs(text)
    for name, value in pairs:
        if not _TOKEN.match(name) or not _TEXT.match(value):
            raise ValueError("must be names and values of headers: NAME=VALUE,NAME=VALUE")
        if name.lower() in _OURS:
            raise ValueError(f"{name} is not for anybody to set")
    return pairs


def attributes(text: str) -> tuple[tuple[str, str], ...]:
    """What is said of this server with every span."""
    return _pairs(text)


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    found = []
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals or not name.strip():
            raise ValueError("must be NAME=VALUE,NAME=VALUE with values percent-encoded")
        found.append((unquote(name.strip()), unquote(value.strip())))
    return tuple(found)


def sampler(text: str) -> str:
    """Which traces are recorded."""
    if text not in SAMPLERS:
        raise ValueError(f"must be one of {', '.join(SAMPLERS)}")
    return text


def ratio(text: str) -> float:
    """The share of traces that are recorded."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError("must be a number from 0 to 1")
    return share


def exporter(text: str) -> str:
    """Where spans go."""
    if text not in ("otlp", "none"):
        raise ValueError("must be otlp or none")
    return text


def propagators(text: str) -> str:
    """How a trace goes on from one process to the next."""
    if "tracecontext" not in [part.strip() for part in text.split(",")]:
        raise ValueError("must name tracecontext, the one that Hodei reads and hands on")
    return text


READERS: Mapping[str, Callable[[str], object]] = {
    "otlp_endpoint": collector,
    "trace_url": page,
    "otel_disabled": lambda text: text.lower() == "true",
    "otel_exporter": exporter,
    "otel_endpoint": collector,
    "otel_traces_endpoint": collector,
    "otel_protocol": protocol,
    "otel_traces_protocol": protocol,
    "otel_headers": headers,
    "otel_traces_headers": headers,
    "otel_service_name": str,
    "otel_resource_attributes": attributes,
    "otel_sampler": sampler,
    "otel_sampler_arg": ratio,
    "otel_propagators": propagators,
}
