"""Answers of the API go packed to clients that take it, when that is worth it."""

from __future__ import annotations

import gzip

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from hodei.api.http.encodings import LONG, WORTH_IT, pack

JSON = "application/json"


def asking(accepted: str = "gzip, br", method: str = "GET") -> Request:
    headers = [(b"accept-encoding", accepted.encode())]
    return Request({"type": "http", "method": method, "headers": headers})


def numbers(size: int) -> bytes:
    return (b'{"numbers":[' + b"12345," * size)[: size - 2] + b"0]"


@pytest.mark.parametrize("size", [WORTH_IT, LONG])
async def test_a_long_answer_is_packed(size: int) -> None:
    plain = numbers(size)
    response = await pack(Response(plain, media_type=JSON), asking())
    assert gzip.decompress(bytes(response.body)) == plain
    assert len(response.body) < size // 10
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["content-length"] == str(len(response.body))
    assert response.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("response", "request_"),
    [
        (Response(numbers(WORTH_IT - 1), media_type=JSON), asking()),
        (Response(numbers(WORTH_IT), media_type=JSON), asking("br, gzip;q=0")),
        (Response(numbers(WORTH_IT), media_type=JSON), asking(method="POST")),
        (Response(numbers(WORTH_IT), media_type="text/csv"), asking()),
        (StreamingResponse(iter(()), media_type=JSON), asking()),
    ],
    ids=["short", "not taken", "a change", "not JSON", "a stream"],
)
async def test_others_go_as_they_are(response: Response, request_: Request) -> None:
    before = getattr(response, "body", None)
    assert await pack(response, request_) is response
    assert "content-encoding" not in response.headers
    assert getattr(response, "body", None) is before
