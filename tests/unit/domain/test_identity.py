"""Users, tokens, tries and paths: what is accepted, and what it means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from hodei.domain.access import tries
from hodei.domain.access.api_token import ApiToken, is_token, token_digest, token_text
from hodei.domain.access.handshake import handshake_of, local_path
from hodei.domain.access.principal import Via
from hodei.domain.access.roles import ALL_PROJECTS, Role
from hodei.domain.access.tries import Tries
from hodei.domain.access.user import User, check_password
from hodei.domain.errors import InvalidRequest, TooManyRequests
from hodei.domain.parsing.reader import Report
from hodei.domain.sign_in import Method, SignIn, csrf_token, digest_of

T0 = datetime(2026, 1, 5, tzinfo=UTC)
BO = User(
    id=UUID(int=2),
    name="bo",
    roles={"default": Role.OPERATOR, "web": Role.ADMIN},
    password_hash="$argon2id$",
    created_at=T0,
)
TOKEN = ApiToken(
    id=UUID(int=3),
    digest=token_digest("x"),
    user_id=BO.id,
    owner="bo",
    name="ci",
    role=Role.OPERATOR,
    created_at=T0,
    expires_at=T0 + timedelta(hours=1),
)


def test_secrets_are_in_no_repr() -> None:
    sign_in = SignIn(
        id=UUID(int=4),
        digest=digest_of("s"),
        owner="bo",
        method=Method.PASSWORD,
        created_at=T0,
        expires_at=T0,
    )
    for value, secret in ((BO, "argon2id"), (TOKEN, "digest"), (sign_in, "digest")):
        assert secret not in repr(value)


@pytest.mark.parametrize(
    ("role", "project", "roles"),
    [
        (Role.OPERATOR, None, {"default": Role.OPERATOR, "web": Role.OPERATOR}),
        (Role.ADMIN, None, {"default": Role.OPERATOR, "web": Role.ADMIN}),
        (Role.VIEWER, "web", {"web": Role.VIEWER}),
        (Role.ADMIN, "other", {}),
    ],
)
def test_a_token_is_never_more_than_its_user(
    role: Role, project: str | None, roles: dict[str, Role]
) -> None:
    principal = replace(TOKEN, role=role, project=project).principal(BO)
    assert dict(principal.roles) == roles
    assert (principal.name, principal.via, principal.token_id) == ("bo", Via.TOKEN, TOKEN.id)


def test_a_tokens_time_and_uses() -> None:
    assert not TOKEN.over(T0)
    assert TOKEN.over(T0 + timedelta(hours=1))
    assert TOKEN.use_is_news(T0)
    used = replace(TOKEN, last_used_at=T0)
    assert not used.use_is_news(T0 + timedelta(seconds=59))
    assert used.use_is_news(T0 + timedelta(seconds=60))


def test_the_form_of_a_token() -> None:
    text = token_text("abcdefghij" * 5)
    assert text == "hodei_" + "abcdefghij" * 4 and is_token(text)
    for other in (text + "x", text[:-1], text.upper(), text + "\n", "dev-ana", ""):
        assert not is_token(other)


def test_only_an_enabled_admin_of_all_projects_administers() -> None:
    admin = replace(BO, roles={ALL_PROJECTS: Role.ADMIN})
    assert admin.administers
    assert not replace(admin, enabled=False).administers
    assert not BO.administers


@pytest.mark.parametrize(
    "given",
    [
        "a" * 12,
        "a" * 256,
        "    spaces do count    ",
        "\u5bc6\u7801" * 6,
        "\U0001f511" * 12,
        "x\u0301" * 12,
    ],
)
def test_any_unicode_is_a_password(given: str) -> None:
    report = Report()
    assert 12 <= len(check_password(report, given, name="bo")) <= 256
    report.close()


@pytest.mark.parametrize(
    "given", ["a" * 11, "a" * 257, "\u2460" * 5000, "a" * 12 + "\x00", "\ud800" * 12, None, 12, []]
)
def test_what_is_no_password_is_not_quoted(given: object) -> None:
    report = Report()
    assert check_password(report, given, name="bo") == ""
    with pytest.raises(InvalidRequest) as refused:
        report.close()
    assert refused.value.violations[0].value == ""


def test_tries_are_bounded_per_name_and_per_source() -> None:
    name, source = tries.name_key("bo"), tries.source_key("10.0.0.1")

    def check(per_name: int, per_source: int, seconds: float = 10) -> None:
        counted = [
            Tries(key=name, since=T0, count=per_name),
            Tries(key=source, since=T0, count=per_source),
        ]
        tries.check(counted, name=name, now=T0 + timedelta(seconds=seconds))

    check(tries.PER_NAME, tries.PER_SOURCE)
    for too_many in ((tries.PER_NAME + 1, 1), (1, tries.PER_SOURCE + 1)):
        with pytest.raises(TooManyRequests) as refused:
            check(*too_many)
        assert refused.value.retry_after_s == 290
    with pytest.raises(TooManyRequests) as refused:
        check(99, 99, seconds=299.9)
    assert refused.value.retry_after_s == 1
    assert tries.name_key("x") != tries.source_key("x")


def test_what_follows_from_a_secret_says_nothing_of_it() -> None:
    one, two = handshake_of("secret"), handshake_of("secre7")
    texts = [one.state, one.nonce, one.verifier, two.state, csrf_token("secret")]
    assert len(set(texts)) == len(texts)
    assert handshake_of("secret") == one
    assert 43 <= len(one.verifier) <= 128


@pytest.mark.parametrize("path", ["/", "/jobs", "/jobs?q=a%20b&x=1#top", "/jobs/7/logs?next=//x"])
def test_a_local_path_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *("", "jobs", "//evil.example", "/\\evil.example", "\\\\evil.example", "/a\\b"),
        *("https://evil.example", "javascript:alert(1)", " /jobs", "/\n/evil", "/\t/evil.example"),
        *("/jobs\r\nSet-Cookie: a=b", "/caf\u00e9", "/\u2044evil"),
    ],
)
def test_any_other_address_means_the_first_page(path: str) -> None:
    assert local_path(path) == "/"
