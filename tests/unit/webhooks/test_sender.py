"""Calls to a real receiver, which answers well, badly, late, endlessly or not at all."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from hodei.adapters.webhooks.sender import HttpSender
from hodei.domain.webhooks.addresses import Allowed
from hodei.ports.webhook_sender import Answer, Outgoing
from tests.support import receiver as answers
from tests.support.certificates import Authority
from tests.support.receiver import Receiver, receiving

LOOPBACK = Allowed(networks=(ip_network("127.0.0.0/8"),))
BODY = b'{"a":1}'


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture
async def sender() -> AsyncIterator[HttpSender]:
    made = HttpSender(LOOPBACK)
    yield made
    await made.close()


async def post(sender: HttpSender, url: str, *, timeout_s: float = 20.0) -> Answer:
    """One call."""
    headers = {"X-Team": "sesame-1234", "Content-Type": "application/json"}
    return await sender.send(Outgoing(url=url, headers=headers, body=BODY, timeout_s=timeout_s))


async def test_a_good_answer(sender: HttpSender, receiver: Receiver) -> None:
    assert await post(sender, receiver.url + "?a=b") == Answer(status=200, response="thank")
    [got] = receiver.received
    assert (got.path, got.body) == ("/hook?a=b", BODY)
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert got.headers["x-team"] == "sesame-1234"


@pytest.mark.parametrize(
    ("answering", "expected"),
    [
        (answers.status(204), Answer(status=204, response="")),
        (answers.status(500), Answer(status=500, error="answered 500", response="no")),
        (
            answers.status(429, "Retry-After: 30\r\n"),
            Answer(status=429, error="answered 429", response="no", retry_after_s=30),
        ),
        (
            answers.status(503, "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"),
            Answer(status=503, error="answered 503", response="no"),
        ),
        (answers.lies, Answer(status=200, response="short")),
    ],
)
async def test_the_status_is_the_answer(
    sender: HttpSender, receiver: Receiver, answering: answers.Answering, expected: Answer
) -> None:
    receiver.answering = answering
    assert await post(sender, receiver.url) == expected


async def test_a_redirect_is_not_followed(sender: HttpSender, receiver: Receiver) -> None:
    receiver.answering = answers.status(307, f"Location: {receiver.url}/else\r\n")
    answer = await post(sender, receiver.url)
    assert (answer.status, "not followed" in answer.error) == (307, True)
    assert len(receiver.received) == 1


@pytest.mark.parametrize("answering", [answers.breaks, answers.babbles, answers.endless_headers])
async def test_what_is_no_answer_is_an_error(
    sender: HttpSender, receiver: Receiver, answering: answers.Answering
) -> None:
    receiver.answering = answering
    answer = await post(sender, receiver.url)
    assert answer.status is None
    assert answer.error.startswith("the connection broke")


async def test_an_answer_that_does_not_come_is_not_waited_for(
    sender: HttpSender, receiver: Receiver
) -> None:
    receiver.answering = answers.hangs
    answer = await post(sender, receiver.url, timeout_s=0.3)
    assert answer == Answer(error="no answer within 0.3 s")
    await receiver.ended.wait()


async def test_an_endless_answer_is_cut_off(sender: HttpSender, receiver: Receiver) -> None:
    receiver.answering = answers.endless_body
    answer = await post(sender, receiver.url)
    assert (answer.status, answer.error, answer.response) == (200, "", "x" * 1024)
    # It hung up: the receiver cannot go on writing.
    await receiver.ended.wait()


async def test_a_body_that_does_not_come_takes_nothing_from_a_good_status(
    sender: HttpSender, receiver: Receiver
) -> None:
    receiver.answering = answers.slow_body
    assert await post(sender, receiver.url) == Answer(status=200)


async def test_nobody_listens(sender: HttpSender) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        answer = await post(sender, f"http://127.0.0.1:{port}/")
    assert answer == Answer(error=f"nothing answers at 127.0.0.1 port {port}")


async def test_proxies_of_the_environment_are_passed_over(
    sender: HttpSender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://192.0.2.1:1")
    assert (await post(sender, receiver.url)).status == 200


async def test_an_address_that_is_not_allowed_is_not_called(receiver: Receiver) -> None:
    closed = HttpSender(Allowed())
    for url in (
        receiver.url,
        receiver.url.replace("127.0.0.1", "2130706433"),
        receiver.url.replace("127.0.0.1", "localhost"),
        receiver.url.replace("127.0.0.1", "0.0.0.0"),
        receiver.url.replace("127.0.0.1", "[::ffff:7f00:1]"),
    ):
        assert "may not be called" in await closed.refusal(url)
        answer = await post(closed, url)
        assert "HODEI_WEBHOOK_ALLOW" in answer.error
    assert receiver.received == []


def looked_up(monkeypatch: pytest.MonkeyPatch, *answers_: Sequence[str]) -> list[str]:
    """Names that are looked up from now on; each look gives the next of these."""
    asked: list[str] = []

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        found = answers_[min(len(asked), len(answers_)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    return asked


async def test_a_name_that_points_elsewhere_later_is_judged_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up(monkeypatch, ["1.1.1.1"], ["127.0.0.1"])
    closed, url = HttpSender(Allowed()), f"http://hooks.example.com:{receiver.port}/"
    assert await closed.refusal(url) == ""
    assert "127.0.0.1 is this machine" in (await post(closed, url)).error
    assert receiver.received == []


async def test_the_connection_is_made_to_the_address_that_was_judged(
    sender: HttpSender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = looked_up(monkeypatch, ["10.0.0.1", "127.0.0.1"], ["10.0.0.1"])
    answer = await post(sender, f"http://hooks.example.com:{receiver.port}/")
    assert answer.status == 200
    assert asked == ["hooks.example.com"]
    assert receiver.received[0].headers["host"] == f"hooks.example.com:{receiver.port}"


async def test_a_name_that_cannot_be_looked_up(
    sender: HttpSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    assert await sender.refusal("https://hooks.example.com/") == ""
    answer = await post(sender, "https://hooks.example.com/")
    assert answer.error == (
        "the name 'hooks.example.com' could not be looked up: Name or service not known"
    )


async def test_tls_is_for_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority()
    pair = authority.issue(["hooks.example.com"])
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*pair.write(tmp_path, "receiver"))
    trusting = ssl.create_default_context(cadata=authority.pem.decode())
    looked_up(monkeypatch, ["127.0.0.1"])
    sender = HttpSender(LOOPBACK, trusting)
    async with receiving(serving) as receiver:
        good = await post(sender, f"https://hooks.example.com:{receiver.port}/")
        assert good.status == 200
        other = await post(sender, f"https://other.example.com:{receiver.port}/")
        assert "certificate is not accepted" in other.error
        stranger = HttpSender(LOOPBACK)
        unknown = await post(stranger, f"https://hooks.example.com:{receiver.port}/")
        assert "certificate is not accepted" in unknown.error
        assert len(receiver.received) == 1
    await sender.close()
    await stranger.close()
