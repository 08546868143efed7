"""Traces: which ids they have. All are derived, so that every replica knows them, also after a
restart, and nothing of them is stored.

A job is one trace whose id is the job's own. The ids of its spans are digests of what they tell of.
"""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID


def trace_id(job_id: UUID) -> str:
    """That of a job: 32 hex digits."""
    return job_id.hex


def span_id(subject: UUID, name: str) -> str:
    """That of what happened to a job or an attempt under this name: 16 hex digits."""
    return sha256(subject.bytes + name.encode()).hexdigest()[:16]


def traceparent(job_id: UUID, attempt_id: UUID) -> str:
    """By which the user's process joins the trace, below the span of its run."""
    return f"00-{trace_id(job_id)}-{span_id(attempt_id, RUN)}-01"


RUN = "run"
"""Name of the span of the user's process."""
