"""A gRPC server that gives each submission back and does nothing else: `python -m bench.echo`.

The same library, event loop and messages as Hodei's own. Says on stdout where it listens, and
serves until the end of stdin.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import uvloop

from bench.system import program
from hodei.wire.gen import jobs_pb2

SERVICE = jobs_pb2.DESCRIPTOR.services_by_name["JobExecutionService"].full_name


async def queue_job(request: jobs_pb2.QueueJobRequest, context: Any) -> jobs_pb2.Job:
    """A job of this spec, stored nowhere."""
    return jobs_pb2.Job(id="0" * 36, spec=request.spec, owner="bench")


async def main() -> None:
    """Serves until the end of stdin."""
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(
        queue_job,
        request_deserializer=jobs_pb2.QueueJobRequest.FromString,
        response_serializer=jobs_pb2.Job.SerializeToString,
    )
    methods = grpc.method_handlers_generic_handler(SERVICE, {"QueueJob": handler})
    server.add_generic_rpc_handlers((methods,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(0)


@asynccontextmanager
async def echo() -> AsyncIterator[grpc.aio.Channel]:
    """A channel to such a server in a process of its own."""
    process = await program("bench.echo")
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        target = (await process.stdout.readline()).decode().strip()
        async with grpc.aio.insecure_channel(target) as channel:
            yield channel
    finally:
        process.stdin.close()
        await process.wait()


if __name__ == "__main__":
    uvloop.run(main())
