"""Stored log text: appended once, read by ranges."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

from hodei.domain.logs import Carried, Flag, Flagged, Level, LogHead, Run, Segment, Stream
from hodei.ports.store import LogAppend, Store, Unit, Verdict
from hodei.testing.store_contract.rows import append, save, text_segment


def ten_segments() -> list[Segment]:
    """Ten lines each: 1..10, 11..20, and so on."""
    made: list[Segment] = []
    for number in range(10):
        lines = [f"{'E' if n == 3 else 'line'} {number * 10 + n + 1}" for n in range(10)]
        first_byte = made[-1].end_byte if made else 0
        made.append(text_segment(number * 10 + 1, lines, first_byte))
    return made


async def add_log(store: Store) -> tuple[UUID, list[Segment]]:
    """A stored log of ten segments, in two steps."""
    attempt_id, made = uuid4(), ten_segments()
    await save(store, Unit(logs=(append(attempt_id, 0, 4, *made[:4]),)))
    await save(store, Unit(logs=(append(attempt_id, 4, 10, *made[4:]),)))
    return attempt_id, made


class LogContract:
    """LogStore, and `LogAppend` of `JobStore.commit`."""

    async def test_a_log_that_nobody_wrote(self, store: Store) -> None:
        nobody = uuid4()
        assert await store.log_state(nobody) is None
        assert list(await store.segments(nobody)) == []
        assert list(await store.segments_before(nobody, line=9)) == []
        assert list(await store.segment_metas(nobody)) == []

    async def test_the_head_is_kept_whole(self, store: Store) -> None:
        head = LogHead(
            acked_seq=2**40,
            next_line=2**33,
            next_byte=2**34,
            received_bytes=2**35,
            carried=(
                Carried(stream=Stream.STDERR, tail=b"\x00\xff", rewind=True, time_ms=2**41),
                Carried(stream=Stream.STDOUT, continuing=True),
            ),
            warn_count=1,
            error_count=2,
            first_error_line=3,
            discarded_bytes=4,
            capped=True,
            transport_chain=bytes(range(32)),
            finished=True,
            complete=True,
            sha256="ab" * 32,
        )
        attempt_id = uuid4()
        await save(store, Unit(logs=(LogAppend(attempt_id=attempt_id, after_seq=0, head=head),)))
        state = await store.log_state(attempt_id)
        assert state is not None
        assert state.head == head

    async def test_segments_are_kept_whole(self, store: Store) -> None:
        segment = Segment(
            first_line=2**33,
            line_count=3,
            first_byte=2**34,
            text=b"\x00a\n\xff\xfe\n" + b"x" * 100_000 + b"\n",
            runs=(Run(0, Stream.STDOUT, 5), Run(1, Stream.STDERR, 3)),
            levels=bytes([Level.NONE, Level.ERROR, Level.WARN]),
            flags=(Flagged(1, Flag.CONTINUED | Flag.MARKER), Flagged(2, Flag.UNTERMINATED)),
        )
        attempt_id = uuid4()
        await save(store, Unit(logs=(append(attempt_id, 0, 1, segment),)))
        assert list(await store.segments(attempt_id)) == [segment]
        assert list(await store.segment_metas(attempt_id)) == [replace(segment, text=b"")]

    async def test_appending_goes_on_where_it_stopped(self, store: Store) -> None:
        attempt_id, made = await add_log(store)
        assert list(await store.segments(attempt_id)) == made
        state = await store.log_state(attempt_id)
        assert state is not None
        assert (state.head.acked_seq, state.head.next_line) == (10, 101)

    async def test_an_append_elsewhere_is_stale(self, store: Store) -> None:
        attempt_id, made = await add_log(store)
        extra = text_segment(101, ["more"])
        for wrong in (0, 4, 9, 11):
            unit = Unit(logs=(append(attempt_id, wrong, 12, extra),))
            assert list(await store.commit([unit])) == [Verdict.STALE]
        assert list(await store.segments(attempt_id)) == made

    async def test_a_head_may_move_alone(self, store: Store) -> None:
        attempt_id, made = await add_log(store)
        moved = LogHead(acked_seq=11, next_line=101, received_bytes=5, warn_count=7)
        await save(store, Unit(logs=(LogAppend(attempt_id=attempt_id, after_seq=10, head=moved),)))
        state = await store.log_state(attempt_id)
        assert state is not None
        assert state.head == moved
        assert list(await store.segments(attempt_id)) == made

    async def test_of_concurrent_appends_one_wins(self, store: Store, other_store: Store) -> None:
        attempt_id = uuid4()
        for step in range(4):
            results = await asyncio.gather(
                *(
                    own.commit(
                        [
                            Unit(
                                logs=(
                                    append(
                                        attempt_id,
                                        step,
                                        step + 1,
                                        text_segment(step + 1, [f"writer {writer}"]),
                                    ),
                                )
                            )
                        ]
                    )
                    for writer, own in enumerate([store, other_store] * 3)
                )
            )
            assert [verdict for [verdict] in results].count(Verdict.SAVED) == 1
        found = await store.segments(attempt_id)
        assert [segment.first_line for segment in found] == [1, 2, 3, 4]

    async def test_logs_of_many_attempts_in_one_commit(self, store: Store) -> None:
        ids = [uuid4() for _ in range(10)]
        await save(
            store,
            *(
                Unit(logs=(append(attempt_id, 0, 1, text_segment(1, [str(attempt_id)])),))
                for attempt_id in ids
            ),
        )
        for attempt_id in ids:
            [segment] = await store.segments(attempt_id)
            assert segment.text == f"{attempt_id}\n".encode()

    async def test_ranges_begin_with_the_segment_that_holds_the_line(self, store: Store) -> None:
        attempt_id, made = await add_log(store)
        for line, first in ((1, 0), (10, 0), (11, 1), (15, 1), (95, 9), (100, 9)):
            assert list(await store.segments(attempt_id, from_line=line)) == made[first:]
            [one] = await store.segments(attempt_id, from_line=line, limit=1)
            assert one == made[first]
        assert list(await store.segments(attempt_id, from_line=101)) == []
        assert list(await store.segments(attempt_id, from_line=25, limit=3)) == made[2:5]

    async def test_segments_by_their_first_lines(self, store: Store) -> None:
        attempt_id, made = await add_log(store)
        found = await store.segments_at(attempt_id, [91, 1, 12, 31, 2**40])
        assert list(found) == [made[0], made[3], made[9]]
        assert list(await store.segments_at(attempt_id, [])) == []

    async def test_the_last_segments_before_a_line(self, store: Store) -> None:
        attempt_id, made = await add_log(store)
        for line, count in ((1, 0), (2, 1), (11, 1), (12, 2), (100, 10), (5_000, 10)):
            assert list(await store.segments_before(attempt_id, line=line)) == made[:count]
        assert list(await store.segments_before(attempt_id, line=55, limit=2)) == made[4:6]

    async def test_metas_carry_everything_but_text(self, store: Store) -> None:
        attempt_id, made = await add_log(store)
        metas = await store.segment_metas(attempt_id)
        assert list(metas) == [replace(segment, text=b"") for segment in made]
        assert sum(meta.error_count for meta in metas) == 10
        assert metas[0].first_error_line == 4
