"""The audit log's rows: who did what, or was not let, from where and with which result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from hodei.domain.errors import (
    Forbidden,
    HodeiError,
    InvalidRequest,
    Unauthenticated,
    shorten,
)

FOLLOWING = ("job.",)
"""Changes of what begins so carry their actor in an event of the same transaction; their audit
rows may follow the answer."""


class Result(StrEnum):
    """How an action ended."""

    OK = "ok"
    DENIED = "denied"
    """Whoever asked may not, or did not show who they are."""
    FAILED = "failed"
    """Allowed, and not done: the request was wrong or something did not answer."""


class Interface(StrEnum):
    """By which door somebody came."""

    REST = "rest"
    GRPC = "grpc"
    WEBSOCKET = "websocket"
    SSH = "ssh"
    CLI = "cli"
    """A command that works on the database itself."""
    SYSTEM = "system"
    """The server itself, and workers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row. Never holds a secret, a credential or the body of a request."""

    at: datetime
    actor: str
    """Name of who did it; for a credential that was refused: the name that was claimed, or
    `anonymous`."""
    via: str = ""
    """How the actor is known: a value of `Via`, `password`, or empty."""
    action: str
    """`kind.verb`, such as `job.submit`; the same in every interface."""
    target_kind: str = ""
    target: str = ""
    """Id or name of what was acted on."""
    project: str = ""
    """Empty: of the installation."""
    result: Result = Result.OK
    code: str = ""
    """The stable code of the error; empty when it went well."""
    source: str = ""
    """Address of the peer, `unix` for a socket of this machine, `local` for none."""
    interface: Interface
    correlation_id: str = ""
    detail: str = ""
    """A few words for people."""
    count: int = 1
    """How many alike this row stands for; `at` is the first one's."""
    id: int = 0
    """Its place in the log; set by the store on reading."""

    @property
    def durable(self) -> bool:
        """Whether it must be stored before its change is answered."""
        return self.result is Result.OK and not self.action.startswith(FOLLOWING)

    def bounded(self) -> Entry:
        """The same with every text within its limit and on one line."""
        return replace(
            self,
            actor=_fitting(self.actor, 100),
            via=_fitting(self.via, 20),
            action=_fitting(self.action, 60),
            target_kind=_fitting(self.target_kind, 40),
            target=_fitting(self.target, 200),
            project=_fitting(self.project, 63),
            code=_fitting(self.code, 60),
            source=_fitting(self.source, 100),
            correlation_id=_fitting(self.correlation_id, 64),
            detail=_fitting(self.detail, 500),
        )


def result_of(error: Exception | None) -> tuple[Result, str, str]:
    """Result, code and detail of an action that ended so.

    Of what is wrong with a request only the number is told: even the name of a field may be
    somebody's secret that was put into the wrong place.
    """
    match error:
        case None:
            return Result.OK, "", ""
        case Unauthenticated() | Forbidden():
            return Result.DENIED, error.code, str(error)
        case InvalidRequest():
            return Result.FAILED, error.code, f"faults in the request: {len(error.violations)}"
        case HodeiError():
            return Result.FAILED, error.code, ""
        case _:
            return Result.FAILED, "internal", ""


def _fitting(text: str, most: int) -> str:
    if len(text) <= most and text.isprintable():
        return text
    return shorten("".join(c if c.isprintable() else "\ufffd" for c in text), most)
