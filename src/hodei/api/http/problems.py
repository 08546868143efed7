"""Errors over HTTP: one map from the error tree to RFC 9457 problem documents."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.responses import Response

from hodei.domain.errors import (
    Conflict,
    Forbidden,
    HodeiError,
    IdempotencyMismatch,
    InvalidRequest,
    NotFound,
    ProviderError,
    StaleVersion,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:hodei:problem:"


class MethodNotAllowed(HodeiError):
    """The resource exists and does not know this method."""

    code = "method_not_allowed"

    def __init__(self, method: str, allowed: str) -> None:
        self.allowed = allowed
        super().__init__(f"{method} is not possible here; use {allowed}")


class NoSuchRoute(HodeiError):
    """The interface has nothing at this path."""

    code = "not_found"


class SignInOver(Unauthenticated):
    """The cookie stands for no sign-in any more."""

    def __init__(self, forget: str) -> None:
        self.forget = forget
        super().__init__("the sign-in is over; sign in again")


class TooLarge(HodeiError):
    """The body is larger than this request may be."""

    code = "too_large"


class UnsupportedMediaType(HodeiError):
    """The body is not in a form that is read here."""

    code = "unsupported_media_type"


STATUS: Mapping[type[HodeiError], int] = {
    InvalidRequest: 400,
    NotFound: 404,
    NoSuchRoute: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    StaleVersion: 409,
    IdempotencyMismatch: 409,
    TooLarge: 413,
    UnsupportedMediaType: 415,
    TooManyRequests: 429,
    Unauthenticated: 401,
    Forbidden: 403,
    Unavailable: 503,
    ProviderError: 503,
}
"""The status of every class; a class that is not named has that of its nearest parent."""

TITLES: Mapping[int, str] = {
    400: "The request must be changed",
    401: "The credential is not accepted",
    403: "This is not allowed",
    404: "There is no such thing",
    405: "The method does not fit the resource",
    409: "The request does not fit the present state",
    413: "The request is too large",
    415: "The content type is not read here",
    429: "That was too often",
    500: "Something went wrong in the server",
    503: "A part of the platform does not answer",
}


def status_of(error: HodeiError) -> int:
    """The HTTP status of an error."""
    for kind in type(error).__mro__:
        status = STATUS.get(kind)
        if status is not None:
            return status
    return 500


def problem_response(error: Exception, *, correlation_id: str, instance: str) -> Response:
    """The problem document of `error`; an unexpected one is logged and not shown."""
    if not isinstance(error, HodeiError):
        logger.error(
            "request failed",
            exc_info=error,
            extra={"path": instance},
        )
        code, detail, status = "internal", "internal error; see the server's log", 500
    else:
        code, detail, status = error.code, str(error), status_of(error)
    violations = error.violations if isinstance(error, InvalidRequest) else ()
    body = {
        "type": TYPE_PREFIX + code,
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        "code": code,
        "violations": [
            {"field": v.field, "message": v.message, "value": v.value} for v in violations
        ],
        "correlation_id": correlation_id,
        "instance": instance,
    }
    content = json.dumps(body, separators=(",", ":")).encode()
    return Response(content, status, headers=_headers(error), media_type=MEDIA_TYPE)


def from_framework(error: HTTPException, method: str) -> HodeiError:
    """What the framework's router refused, as an error of ours."""
    if error.status_code == 405:
        return MethodNotAllowed(method, (error.headers or {}).get("Allow", "another method"))
    return NoSuchRoute("nothing is at this path; /api/v1/openapi.json lists what there is")


def _headers(error: Exception) -> dict[str, str]:
    match error:
        case MethodNotAllowed():
            return {"Allow": error.allowed}
        case SignInOver():
            return {"WWW-Authenticate": "Bearer", "Set-Cookie": error.forget}
        case Unauthenticated():
            return {"WWW-Authenticate": "Bearer"}
        case TooManyRequests():
            return {"Retry-After": str(error.retry_after_s)}
        case Unavailable() | ProviderError():
            return {"Retry-After": "1"}
        case _:
            return {}
