"""The Python client.

    with Client() as hodei:
        job = hodei.submit(name="hello", command="echo hello", image="alpine:latest")
        for line in hodei.logs(job):
            print(line.text)
        print(hodei.wait(job).state)

`AsyncClient` is the same for asyncio.
"""

from __future__ import annotations

from hodei.client.asynchronous import AsyncClient, JobRef
from hodei.client.errors import (
    ApiError,
    Conflict,
    Forbidden,
    IdempotencyMismatch,
    InvalidRequest,
    NotFound,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from hodei.client.mapping import MapResult
from hodei.client.synchronous import Client
from hodei.client.terminal import Shell, ShellEnd, ShellOutput
from hodei.client.values import (
    Attempt,
    Explanation,
    Job,
    LogLine,
    Plan,
    Provider,
    QueueStatus,
    Worker,
)

__all__ = [
    "ApiError",
    "AsyncClient",
    "Attempt",
    "Client",
    "Conflict",
    "Explanation",
    "Forbidden",
    "IdempotencyMismatch",
    "InvalidRequest",
    "Job",
    "JobRef",
    "LogLine",
    "MapResult",
    "NotFound",
    "Plan",
    "Provider",
    "QueueStatus",
    "Shell",
    "ShellEnd",
    "ShellOutput",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
    "Worker",
]
