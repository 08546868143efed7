"""Services are added to a server so that a call costs the same however many methods there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import grpc

from hodei.api.grpc.reading import OURS

if TYPE_CHECKING:
    from hodei.api.grpc.reading import Handler

    GenericHandler = grpc.GenericRpcHandler[Any, Any]
else:
    GenericHandler = grpc.GenericRpcHandler

Wrap = Callable[[str, "Handler"], "Handler"]
"""What a method of ours, by its full name, goes through."""


class _Table(GenericHandler):
    """All methods by their full names."""

    def __init__(self) -> None:
        self.methods: dict[str, Handler] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        """What the library asks with each call."""
        return self.methods.get(handler_call_details.method)


class _ByName:
    """Takes services, as the generated functions add them, into one table.

    The library waits for the next call of each registered method by a future of its own, and
    looks at all of them with every call: 60 us of CPU where there are 76. Interceptors it runs
    anew with every call, so that methods go through `wrap` here, once.
    """

    def __init__(self, table: _Table, wrap: Wrap) -> None:
        self._table = table
        self._wrap = wrap

    def add_generic_rpc_handlers(self, handlers: Sequence[GenericHandler]) -> None:
        """Not needed: the same methods come by name."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Handler]) -> None:
        """The methods of one service."""
        for name, handler in handlers.items():
            method = f"/{service}/{name}"
            ours = method.startswith(OURS)
            self._table.methods[method] = self._wrap(method, handler) if ours else handler


def by_name(server: grpc.aio.Server, wrap: Wrap) -> grpc.aio.Server:
    """`server`, for the generated functions that add a service to it."""
    table = _Table()
    server.add_generic_rpc_handlers((table,))
    return cast(grpc.aio.Server, _ByName(table, wrap))
