"""What a call can raise, mirroring the codes that the server answers with.

ApiError                      the server refused; `code` is the stable name of the reason
├── InvalidRequest            carries violations: field, message, value
├── NotFound
├── Conflict                  the request does not fit the present state
│   └── IdempotencyMismatch   same key, other content
├── Unauthenticated
├── Forbidden
└── Unavailable               the server, or a part of it, does not answer just now
    └── Unreachable           no connection at all
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from hodei.domain.errors import Violation


class ApiError(Exception):
    """The request was not carried out; `str()` is a sentence for a person."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        violations: Sequence[Violation] = (),
        status: int = 0,
        correlation_id: str = "",
    ) -> None:
        self.code = code
        self.detail = detail
        self.violations = tuple(violations)
        self.status = status
        """HTTP status; 0 when there was no answer."""
        self.correlation_id = correlation_id
        """Finds the request in the server's log."""
        super().__init__(detail)


class InvalidRequest(ApiError):
    """A field must be changed; nothing was changed on the server."""


class NotFound(ApiError):
    """There is no such thing, or it is not visible to the caller."""


class Conflict(ApiError):
    """The request does not fit the present state."""


class IdempotencyMismatch(Conflict):
    """The idempotency key was used before for a different job."""


class Unauthenticated(ApiError):
    """The token is missing, wrong or expired."""


class Forbidden(ApiError):
    """The caller is known and may not do this."""


class Unavailable(ApiError):
    """The server, or a part behind it, does not answer just now."""


class Unreachable(Unavailable):
    """No connection to the server could be made, or it broke and could not be made again."""

    CODE: ClassVar[str] = "unreachable"

    def __init__(self, url: str, why: str) -> None:
        self.url = url
        super().__init__(self.CODE, f"{url} does not answer: {why}")


_BY_CODE: Mapping[str, type[ApiError]] = {
    "invalid_request": InvalidRequest,
    "not_found": NotFound,
    "conflict": Conflict,
    "idempotency_mismatch": IdempotencyMismatch,
    "unauthenticated": Unauthenticated,
    "forbidden": Forbidden,
    "unavailable": Unavailable,
}
_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: InvalidRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def from_problem(status: int, problem: object) -> ApiError:
    """The error that an answer's problem+json body describes; any body will do."""
    body = problem if isinstance(problem, Mapping) else {}
    code = str(body.get("code") or "") or f"http_{status}"
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status, ApiError)
    violations = [_violation(item) for item in body.get("violations") or ()]
    detail = str(body.get("detail") or body.get("title") or f"the server answered {status}")
    return kind(
        code,
        detail,
        violations=violations,
        status=status,
        correlation_id=str(body.get("correlation_id") or ""),
    )


def _violation(item: object) -> Violation:
    if not isinstance(item, Mapping):
        return Violation(field="", message=str(item))
    return Violation(
        field=str(item.get("field") or ""),
        message=str(item.get("message") or ""),
        value=str(item.get("value") or ""),
    )
