"""Errors over gRPC: one map from the error tree to status codes, with google.rpc details."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from hodei.api.grpc.correlation import told
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

if TYPE_CHECKING:
    Context = grpc.aio.ServicerContext[Any, Any]

logger = logging.getLogger(__name__)

DOMAIN = "hodei"

CODES: Mapping[type[HodeiError], grpc.StatusCode] = {
    InvalidRequest: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    IdempotencyMismatch: grpc.StatusCode.ALREADY_EXISTS,
    StaleVersion: grpc.StatusCode.ABORTED,
    Conflict: grpc.StatusCode.FAILED_PRECONDITION,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    Forbidden: grpc.StatusCode.PERMISSION_DENIED,
    TooManyRequests: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    ProviderError: grpc.StatusCode.UNAVAILABLE,
}


def code_of(error: HodeiError) -> grpc.StatusCode:
    """The status of an error: that of the nearest class in its tree that the map names."""
    for kind in type(error).__mro__:
        code = CODES.get(kind)
        if code is not None:
            return code
    return grpc.StatusCode.INTERNAL


def rich_status(error: HodeiError) -> status_pb2.Status:
    """The status with its details: ErrorInfo with our stable code, and the field violations."""
    status = status_pb2.Status(code=code_of(error).value[0], message=str(error))
    status.details.append(
        _packed(error_details_pb2.ErrorInfo(reason=error.code.upper(), domain=DOMAIN))
    )
    if isinstance(error, InvalidRequest) and error.violations:
        bad = error_details_pb2.BadRequest()
        for violation in error.violations:
            given = f" (given: {violation.value})" if violation.value else ""
            bad.field_violations.add(
                field=violation.field, description=f"{violation.message}{given}"
            )
        status.details.append(_packed(bad))
    return status


async def abort(context: Context, error: Exception) -> NoReturn:
    """Ends a call with the status of `error`; an unexpected one is logged, not shown."""
    if not isinstance(error, HodeiError):
        logger.error("request failed", exc_info=error)
        internal = "internal error; see the server's log"
        await context.abort(grpc.StatusCode.INTERNAL, internal, told())
    status = rich_status(error)
    details = (("grpc-status-details-bin", status.SerializeToString()), *told())
    await context.abort(code_of(error), status.message, details)


def _packed(message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
