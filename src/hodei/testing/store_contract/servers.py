"""Servers that other servers may call."""

from __future__ import annotations

from hodei.ports.store import Store


class ServerContract:
    """ServerStore."""

    async def test_a_server_is_found_where_it_was_announced_last(
        self, store: Store, other_store: Store
    ) -> None:
        await store.announce_server("a", "10.0.0.1:50053")
        await store.announce_server("b", "10.0.0.2:50053")
        assert await other_store.server_address("a") == "10.0.0.1:50053"
        await store.announce_server("a", "10.0.0.3:50053")
        assert await other_store.server_address("a") == "10.0.0.3:50053"
        assert await other_store.server_address("b") == "10.0.0.2:50053"

    async def test_one_that_went_is_not_found(self, store: Store) -> None:
        await store.announce_server("a", "10.0.0.1:50053")
        await store.forget_server("a")
        await store.forget_server("never-seen")
        assert await store.server_address("a") is None
        assert await store.server_address("never-seen") is None
