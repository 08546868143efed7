"""Every error that Hodei raises on purpose.

HodeiError
├── InvalidRequest            a field must be changed; carries violations
├── NotFound
├── Conflict
│   ├── IllegalTransition     the state machine has no such edge
│   ├── StaleVersion          somebody else saved first
│   └── IdempotencyMismatch   same key, other content
├── Unauthenticated
│   ├── PasswordSpent         a one-time password was used before
│   └── PasswordExpired
├── Forbidden
├── TooManyRequests           wait before the next try; says how long
├── Unavailable               a part of the platform does not answer; retry later
└── ProviderError             what a provider may raise; says whether to retry, and where
    ├── ProviderUnavailable
    ├── CapacityExhausted
    ├── SpecRejected
    ├── ImageUnavailable
    └── ProvisionTimeout

`code` is stable and public: every interface shows the same one. A job that fails is not an
error, it is an `Outcome`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that is wrong with a request: which field, what was given, what is allowed."""

    field: str
    """Dotted path, e.g. `resources.cpu` or `command.argv[2]`; empty for the whole request."""
    message: str
    """A sentence that says what to change, naming the limit."""
    value: str = ""
    """What was given, shortened to 100 characters; empty when it may be secret."""


class HodeiError(Exception):
    """Root of the tree; `str()` is a sentence for a person."""

    code: ClassVar[str] = "internal"


class InvalidRequest(HodeiError):
    """The request cannot be taken as it is; nothing was changed."""

    code = "invalid_request"

    def __init__(self, violations: Sequence[Violation], message: str = "") -> None:
        self.violations = tuple(violations)
        super().__init__(message or "; ".join(_sentence(v) for v in self.violations))

    @classmethod
    def of(cls, field: str, message: str, value: object = "") -> InvalidRequest:
        """One violation; `value` is shown shortened."""
        return cls([Violation(field=field, message=message, value=shorten(value))])

    def under(self, prefix: str) -> InvalidRequest:
        """The same violations as seen from outside: `field` becomes `prefix.field`."""
        return InvalidRequest(
            [
                replace(violation, field=f"{prefix}.{violation.field}".rstrip("."))
                for violation in self.violations
            ]
        )


class NotFound(HodeiError):
    """There is no such thing, or it is not visible to the caller."""

    code = "not_found"

    def __init__(self, kind: str, key: object) -> None:
        self.kind = kind
        self.key = str(key)
        super().__init__(f"no {kind} {shorten(key)!r}")


class Conflict(HodeiError):
    """The request does not fit the present state."""

    code = "conflict"


class IllegalTransition(Conflict):
    """The state machine has no edge for this event in this state."""

    code = "illegal_transition"

    def __init__(self, machine: str, state: object, event: object) -> None:
        self.machine = machine
        self.state = state
        self.event = event
        super().__init__(f"{machine} in {state} cannot take {type(event).__name__}")


class StaleVersion(Conflict):
    """Another writer saved the entity since it was read."""

    code = "stale_version"


class IdempotencyMismatch(Conflict):
    """The idempotency key was used before for a different job."""

    code = "idempotency_mismatch"


class Unauthenticated(HodeiError):
    """The credential is missing, wrong or expired."""

    code = "unauthenticated"


class PasswordSpent(Unauthenticated):
    """The one-time password has been used before."""

    code = "password_spent"


class PasswordExpired(Unauthenticated):
    """The one-time password was not used in time."""

    code = "password_expired"


class Forbidden(HodeiError):
    """The caller is known and may not do this."""

    code = "forbidden"


class TooManyRequests(HodeiError):
    """Somebody asked too often; the same request may succeed later."""

    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class Unavailable(HodeiError):
    """A part of the platform does not answer just now."""

    code = "unavailable"


class ProviderError(HodeiError):
    """A provider could not do what it was asked."""

    code = "provider_error"
    retryable: ClassVar[bool] = True
    """Whether the same request may succeed later."""
    elsewhere: ClassVar[bool] = True
    """Whether another provider should be tried."""


class ProviderUnavailable(ProviderError):
    """The provider's infrastructure does not answer."""

    code = "provider_unavailable"


class WorkerElsewhere(ProviderUnavailable):
    """Nothing can be done about the worker from here: another server's machine has it."""

    code = "worker_elsewhere"


class CapacityExhausted(ProviderError):
    """The provider has no room for the worker at the moment."""

    code = "capacity_exhausted"


class SpecRejected(ProviderError):
    """The provider can never honour this spec."""

    code = "spec_rejected"
    retryable = False


class ImageUnavailable(ProviderError):
    """The image cannot be had: no such image, no right to it, or it does not run here."""

    code = "image_unavailable"
    retryable = False
    elsewhere = False


class ProvisionTimeout(ProviderError):
    """The worker did not come up within its deadline."""

    code = "provision_timeout"


def shorten(value: object, limit: int = 100) -> str:
    """`value` as text of at most `limit` characters, safe to show."""
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def system_error(error: BaseException | None) -> OSError | None:
    """The operating system's own error at the root of a chain, if there is one."""
    found = None
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError):
            found = error
        error = error.__cause__ or error.__context__
    return found


def _sentence(violation: Violation) -> str:
    where = f"{violation.field}: " if violation.field else ""
    given = f" (given: {violation.value})" if violation.value else ""
    return f"{where}{violation.message}{given}"
