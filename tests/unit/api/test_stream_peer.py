"""The server's end of a worker stream whose agent does not read."""

from __future__ import annotations

from uuid import uuid4

from hodei.api.grpc.peer import MAX_UNREAD, StreamPeer
from hodei.domain.errors import Conflict


async def test_answers_that_nobody_reads_do_not_pile_up_for_ever() -> None:
    peer = StreamPeer()
    for _ in range(3 * MAX_UNREAD):
        peer.ack_exit(uuid4())
    waiting = [frame async for batch in peer.batches() for frame in batch.frames]
    assert len(waiting) == MAX_UNREAD
    assert isinstance(peer.error, Conflict)
