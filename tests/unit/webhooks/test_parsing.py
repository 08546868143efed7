"""What is wrong with a webhook is said with the field, the value and what would be right."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hodei.domain.errors import InvalidRequest
from hodei.domain.webhooks.parsing import parse_webhook
from hodei.domain.webhooks.webhook import Filters, WebhookEvent

GOOD: Mapping[str, object] = {
    "name": "chat",
    "url": "https://hooks.example.com/a?b=c",
    "events": ["job.failed"],
}


def test_little_is_enough_and_everything_is_read() -> None:
    assert parse_webhook(GOOD).timeout_ms == 10_000
    whole = parse_webhook(
        {
            **GOOD,
            "project": "web",
            "events": ["job.failed", "job.timeout", "job.failed"],
            "filters": {"name": "nightly-*", "template": "build", "labels": {"team": "data"}},
            "headers": {"X-Team": "data", "Authorization": None},
            "secret": "0123456789abcdef",
            "enabled": False,
            "timeout_ms": 2000,
            "version": 3,
        }
    )
    assert whole.events == {WebhookEvent.JOB_FAILED, WebhookEvent.JOB_TIMEOUT}
    assert whole.filters == Filters(name="nightly-*", template="build", labels={"team": "data"})
    assert whole.headers == {"X-Team": "data", "Authorization": None}
    assert (whole.project, whole.enabled, whole.timeout_ms, whole.version) == (
        *("web", False, 2000),
        3,
    )
    assert "0123456789abcdef" not in repr(whole)


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"name": "a b"}, "name", "letters, digits"),
        ({"url": "ftp://x.example"}, "url", "must look like https://"),
        ({"url": "hooks.example.com"}, "url", "must look like https://"),
        ({"url": "https://"}, "url", "must look like https://"),
        ({"url": "https://a:b@x.example/"}, "url", "must not hold a user name"),
        ({"url": "https://x.example/#a"}, "url", "must not have a fragment"),
        ({"url": "https://x.example:99999/"}, "url", "must look like https://"),
        ({"url": "https://ñ.example/"}, "url", "printable ASCII"),
        ({"url": "https://x.example/a\r\nHost: y"}, "url", "printable ASCII"),
        ({"url": "https://-x-/"}, "url", "must look like https://"),
        ({"url": 3}, "url", "must look like https://"),
        ({"events": []}, "events", "must be a list of one or more of job.submitted"),
        ({"events": ["job.faild"]}, "events[0]", "did you mean 'job.failed'?"),
        ({"filters": {"nam": "x"}}, "filters.nam", "did you mean 'name'?"),
        ({"filters": {"labels": {"a b": "x"}}}, "filters.labels.a b", "1 to 63 letters"),
        ({"headers": {"Host": "x"}}, "headers.Host", "is set by the server"),
        ({"headers": {"hodei-event": "x"}}, "headers.hodei-event", "is set by the server"),
        ({"headers": {"X Y": "x"}}, "headers.X Y", "name of a header"),
        ({"headers": {"X-A": "a", "x-a": "b"}}, "headers.x-a", "twice"),
        ({"headers": {"X-A": "a\r\nX-B: c"}}, "headers.X-A", "on one line"),
        ({"secret": "short"}, "secret", "16 to 200"),
        ({"secret": "0123456789abcdef", "rotate_secret": True}, "rotate_secret", "leave it out"),
        ({"enabled": "yes"}, "enabled", "must be true or false"),
        ({"timeout_ms": 10}, "timeout_ms", "between 1000 and 30000"),
        ({"endabled": True}, "endabled", "did you mean 'enabled'?"),
    ],
)
def test_one_fault_is_one_violation(given: Mapping[str, object], field: str, words: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_webhook({**GOOD, **given})
    [violation] = raised.value.violations
    assert violation.field == field
    assert words in violation.message


def test_values_that_may_be_secret_are_not_quoted() -> None:
    wrong = {"secret": "sesam öffne dich", "headers": {"Authorization": "Bearer sesam\n"}}
    with pytest.raises(InvalidRequest) as raised:
        parse_webhook({**GOOD, **wrong})
    assert len(raised.value.violations) == 2
    assert "sesam" not in str(raised.value)
