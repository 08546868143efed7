"""Variables of OpenTelemetry: each takes effect or is refused with a reason."""

from __future__ import annotations

import pytest

from hodei.app.settings import effective, read_settings
from hodei.app.tracing import Export, export_of
from hodei.domain.errors import InvalidRequest
from hodei.domain.trace_context import Sampler

COLLECTOR = "http://collector:4318"


def export(**given: str) -> Export | None:
    return export_of(read_settings(given), "one")


def sent(**given: str) -> Export:
    found = export(**given)
    assert found is not None
    return found


def refused(**given: str) -> tuple[str, str]:
    """The only setting that is refused, and why."""
    with pytest.raises(InvalidRequest) as caught:
        read_settings(given)
    [violation] = caught.value.violations
    return violation.field, violation.message


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"OTEL_SERVICE_NAME": "jobs", "OTEL_TRACES_SAMPLER": "always_on"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": COLLECTOR, "OTEL_SDK_DISABLED": "true"},
        {"HODEI_OTLP_ENDPOINT": COLLECTOR, "OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": COLLECTOR},
    ],
)
def test_nothing_is_sent_unless_a_collector_is_named(given: dict[str, str]) -> None:
    assert export(**given) is None


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"HODEI_OTLP_ENDPOINT": COLLECTOR}, f"{COLLECTOR}/v1/traces"),
        ({"HODEI_OTLP_ENDPOINT": f"{COLLECTOR}/v1/traces"}, f"{COLLECTOR}/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": f"{COLLECTOR}/otlp/"}, f"{COLLECTOR}/otlp/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{COLLECTOR}/in"}, f"{COLLECTOR}/in"),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://other",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{COLLECTOR}/in",
            },
            f"{COLLECTOR}/in",
        ),
        (
            {
                "HODEI_OTLP_ENDPOINT": COLLECTOR,
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://other/in",
            },
            f"{COLLECTOR}/v1/traces",
        ),
    ],
)
def test_where_spans_go(given: dict[str, str], url: str) -> None:
    assert sent(**given).url == url


def test_headers_are_sent_and_never_shown() -> None:
    given = {
        "HODEI_OTLP_ENDPOINT": COLLECTOR,
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20of-everything, x-team=jobs",
    }
    found = sent(**given)
    assert found.headers == {"authorization": "Bearer of-everything", "x-team": "jobs"}
    settings = read_settings(given)
    assert "of-everything" not in f"{found!r}{settings!r}{effective(settings)}"
    only = sent(**given, OTEL_EXPORTER_OTLP_TRACES_HEADERS="x-of=traces")
    assert only.headers == {"x-of": "traces"}


def test_what_a_server_says_of_itself() -> None:
    plain = sent(HODEI_OTLP_ENDPOINT=COLLECTOR).resource
    assert plain["service.name"] == "hodei" and plain["service.instance.id"] == "one"
    given = {"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=a%2Cb,service.name=jobs"}
    found = sent(HODEI_OTLP_ENDPOINT=COLLECTOR, **given).resource
    assert found == {**plain, "deployment.environment": "a,b", "service.name": "jobs"}
    named = sent(HODEI_OTLP_ENDPOINT=COLLECTOR, OTEL_SERVICE_NAME="night", **given).resource
    assert named["service.name"] == "night"


@pytest.mark.parametrize(
    ("given", "sampler"),
    [
        ({}, Sampler()),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, Sampler(follows=False, share=0)),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, Sampler(share=0)),
        ({"OTEL_TRACES_SAMPLER": "traceidratio"}, Sampler(follows=False, share=1)),
        (
            {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"},
            Sampler(share=0.1),
        ),
    ],
)
def test_which_traces_are_recorded(given: dict[str, str], sampler: Sampler) -> None:
    assert sent(HODEI_OTLP_ENDPOINT=COLLECTOR, **given).sampler == sampler


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "must be an http"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:word@collector", "no password"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/json"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization", "NAME=VALUE"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=b%0D%0Ac", "NAME=VALUE"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "Host=elsewhere", "not for anybody to set"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote", "must be one of"),
        ("OTEL_TRACES_SAMPLER_ARG", "2", "from 0 to 1"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.5", "goes with OTEL_TRACES_SAMPLER"),
        ("OTEL_TRACES_EXPORTER", "zipkin", "must be otlp or none"),
        ("OTEL_PROPAGATORS", "b3", "tracecontext"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip", "has no effect here"),
        ("OTEL_BSP_SCHEDULE_DELAY", "10", "has no effect here"),
        ("HODEI_TRACE_URL", "https://traces/{id}", "{trace_id}"),
        ("HODEI_TRACE_URL", "javascript:alert('{trace_id}')", "must be an http"),
        ("HODEI_TRACE_URL", "https://{trace_id}.traces/", "{trace_id}"),
    ],
)
def test_what_cannot_take_effect_is_refused(name: str, text: str, reason: str) -> None:
    field, message = refused(**{"HODEI_OTLP_ENDPOINT": COLLECTOR, name: text})
    assert field == name and reason in message
