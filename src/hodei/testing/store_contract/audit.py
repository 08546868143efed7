"""The audit log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hodei.domain.audit import Entry, Interface, Result
from hodei.domain.errors import InvalidRequest
from hodei.ports.audit import AuditFilter
from hodei.ports.store import Store
from hodei.testing.store_contract.rows import T0, after

ANA = Entry(
    at=T0,
    actor="ana",
    via="token",
    action="token.create",
    target_kind="token",
    target="ci",
    project="web",
    source="127.0.0.1",
    interface=Interface.REST,
    correlation_id="abc",
    detail="role operator",
)
BEA = replace(
    ANA,
    at=after(60),
    actor="bea",
    action="secret.delete",
    target_kind="secret",
    target="KEY",
    project="",
    result=Result.DENIED,
    code="forbidden",
    interface=Interface.GRPC,
    correlation_id="",
    count=7,
)


async def _shown(store: Store, where: AuditFilter) -> list[str]:
    return [entry.actor for entry in await store.list_audit(where)]


class AuditContract:
    """AuditStore."""

    async def test_rows_come_back_as_they_were_the_newest_first(
        self, store: Store, other_store: Store
    ) -> None:
        await store.add_audit([])
        await store.add_audit([ANA, BEA])
        newest, oldest = await other_store.list_audit(AuditFilter())
        assert newest.id > oldest.id > 0
        assert replace(newest, id=0) == BEA
        assert replace(oldest, id=0) == ANA

    async def test_what_the_store_cannot_hold_is_replaced_and_not_refused(
        self, store: Store
    ) -> None:
        await store.add_audit([replace(ANA, actor="a\x00b\ud800").bounded()])
        assert await _shown(store, AuditFilter()) == ["a\ufffdb\ufffd"]

    async def test_pages_go_on_beyond_a_row_in_both_directions(self, store: Store) -> None:
        await store.add_audit([replace(ANA, target=str(number)) for number in range(5)])
        everything = AuditFilter()
        first = await store.list_audit(everything, limit=2)
        second = await store.list_audit(everything, limit=9, after=first[-1].id)
        assert [entry.target for entry in (*first, *second)] == ["4", "3", "2", "1", "0"]
        first = await store.list_audit(everything, limit=2, oldest=True)
        second = await store.list_audit(everything, limit=9, after=first[-1].id, oldest=True)
        assert [entry.target for entry in (*first, *second)] == ["0", "1", "2", "3", "4"]

    @pytest.mark.parametrize(
        "where",
        [
            AuditFilter(actor="ana"),
            AuditFilter(action="token.create"),
            AuditFilter(action="token."),
            AuditFilter(target="ci"),
            AuditFilter(project="web"),
            AuditFilter(projects=frozenset({"web", "data"})),
            AuditFilter(result=Result.OK),
            AuditFilter(interface=Interface.REST),
            AuditFilter(correlation_id="abc"),
            AuditFilter(end=after(60)),
        ],
    )
    async def test_each_filter_tells_rows_apart(self, store: Store, where: AuditFilter) -> None:
        await store.add_audit([ANA, BEA])
        assert await _shown(store, where) == ["ana"]

    @pytest.mark.parametrize(
        "where",
        [
            AuditFilter(actor="an"),
            AuditFilter(action="token"),
            AuditFilter(action="TOKEN."),
            AuditFilter(projects=frozenset()),
            AuditFilter(start=after(61)),
            AuditFilter(actor="ana", result=Result.DENIED),
        ],
    )
    async def test_what_fits_nothing_shows_nothing(self, store: Store, where: AuditFilter) -> None:
        await store.add_audit([ANA, BEA])
        assert await _shown(store, where) == []

    async def test_retention_removes_the_oldest_and_leaves_a_row(self, store: Store) -> None:
        await store.add_audit([ANA, ANA, BEA])
        assert await store.purge_audit(after(60), limit=1) == 1
        assert await store.purge_audit(after(60), limit=9) == 1
        assert await store.purge_audit(after(60), limit=9) == 0
        told = await store.list_audit(AuditFilter(action="audit.retention"))
        assert [(entry.actor, entry.count, entry.detail) for entry in told] == [
            ("system", 1, "removed 1 rows of before 2026-01-05T12:01:00Z")
        ] * 2
        assert await _shown(store, AuditFilter()) == ["system", "system", "bea"]

    async def test_a_project_may_keep_its_rows_shorter_or_longer(self, store: Store) -> None:
        short, long = replace(ANA, project="short"), replace(ANA, project="long")
        await store.add_audit([short, long, ANA, short])
        assert await store.purge_audit(after(60), limit=1, project="short") == 1
        assert await store.purge_audit(after(60), limit=9, project="short") == 1
        assert await store.purge_audit(after(60), limit=9, project="none") == 0
        assert await store.purge_audit(after(60), limit=9, without=["long"]) == 1
        told = await store.list_audit(AuditFilter(action="audit.retention"))
        assert [(entry.target_kind, entry.target, entry.project) for entry in told] == [
            ("", "", ""),
            ("project", "short", ""),
            ("project", "short", ""),
        ]
        kept = await store.list_audit(AuditFilter(actor="ana"))
        assert [entry.project for entry in kept] == ["long"]

    async def test_nothing_of_the_last_day_can_be_removed(self, store: Store) -> None:
        await store.add_audit([ANA])
        with pytest.raises(InvalidRequest):
            await store.purge_audit(after(10**9), limit=9)
        assert await _shown(store, AuditFilter()) == ["ana"]
