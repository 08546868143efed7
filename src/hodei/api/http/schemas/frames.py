"""Frames of the WebSockets, so that clients can be typed from the OpenAPI document too."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from hodei.api.http.schemas.jobs import JobRowView, JobView
from hodei.api.http.schemas.logs import LineView
from hodei.api.http.schemas.metrics import SampleView
from hodei.api.http.schemas.model import Model
from hodei.api.http.schemas.providers import Providers, ProviderView, Workers
from hodei.api.http.schemas.queue import QueueView
from hodei.api.http.schemas.schedules import ScheduleView
from hodei.api.http.schemas.system import Summary

MAX_TOPIC = 300
MAX_SINCE = 10**15


class SubscribeFrame(Model):
    """Client: send me this topic."""

    op: Literal["sub"]
    topic: str = Field(max_length=MAX_TOPIC)
    since: int | None = Field(default=None, ge=1, le=MAX_SINCE)
    """Of a log: the next line wanted. Other topics begin with the present state."""


class UnsubscribeFrame(Model):
    """Client: no more of this topic."""

    op: Literal["unsub"]
    topic: str = Field(max_length=MAX_TOPIC)


class DataFrame(Model):
    """Server: what is new in a topic (see the models named after topics)."""

    topic: str
    seq: int
    """Counts the data frames of this subscription, from 1."""
    data: dict[str, Any]


class ResyncFrame(Model):
    """Server: something of the topic was missed; read the present state again."""

    topic: str
    op: Literal["resync"]


class EndFrame(Model):
    """Server: nothing more will come; the subscription is over. A log says how it ended."""

    topic: str
    op: Literal["end"]
    attempt: int | None = None
    total: int | None = None
    complete: bool | None = None
    sha256: str | None = None


class ErrorFrame(Model):
    """Server: a frame or a topic was refused; a refused topic is not subscribed."""

    op: Literal["error"]
    topic: str | None = None
    code: str
    detail: str


class PingFrame(Model):
    """Server, every 15 s: the connection lives; `at` is the server's clock."""

    op: Literal["ping"]
    at: datetime


class JobsPatch(Model):
    """Topic jobs: rows that are new or changed."""

    rows: list[JobRowView]


class SchedulesPatch(Model):
    """Topic schedules: rows that are new or changed, or whose newest job has changed."""

    rows: list[ScheduleView]
    deleted: list[UUID]
    """Ids of schedules that are gone."""


class LogEnd(Model):
    """How the log of an attempt ended."""

    total: int
    complete: bool
    sha256: str


class LogBatch(Model):
    """Topic logs: consecutive lines of one attempt."""

    attempt: int
    total: int
    """Lines that are known to exist so far."""
    lines: list[LineView]
    skipped: int = 0
    """Lines before these that were left out because the client did not keep up."""
    ended: LogEnd | None = None
    """With the last batch of an attempt; another attempt may follow."""


class StatsBatch(Model):
    """Topic stats: samples, oldest first."""

    points: list[SampleView]


class TerminalResize(Model):
    """Client of a terminal: the window changed."""

    op: Literal["resize"]
    rows: int = Field(ge=1, le=1000)
    columns: int = Field(ge=1, le=1000)


class TerminalSignal(Model):
    """Client of a terminal: a signal to what runs in the foreground."""

    op: Literal["signal"]
    name: Literal["HUP", "INT", "QUIT", "ABRT", "KILL", "USR1", "USR2", "TERM"]


class TerminalEndInput(Model):
    """Client of a terminal: nothing more will be typed."""

    op: Literal["end"]


class TerminalTaken(Model):
    """Both sides of a terminal with `flow=1`: so many bytes more were taken."""

    op: Literal["taken"]
    bytes: int = Field(ge=1, le=1 << 30)


class TerminalExit(Model):
    """Server of a terminal: the shell is gone."""

    op: Literal["exit"]
    code: int
    error: str


class TerminalError(Model):
    """Server of a terminal: there is none to be had."""

    op: Literal["error"]
    code: str
    detail: str


CLIENT_FRAMES: tuple[type[BaseModel], ...] = (
    SubscribeFrame,
    UnsubscribeFrame,
    TerminalResize,
    TerminalSignal,
    TerminalEndInput,
    TerminalTaken,
)
SERVER_FRAMES: tuple[type[BaseModel], ...] = (
    DataFrame,
    ResyncFrame,
    EndFrame,
    ErrorFrame,
    PingFrame,
    TerminalExit,
    TerminalError,
)
TOPIC_DATA: tuple[type[BaseModel], ...] = (
    JobsPatch,
    SchedulesPatch,
    JobView,
    LogBatch,
    StatsBatch,
    Summary,
    Providers,
    ProviderView,
    Workers,
    QueueView,
)
