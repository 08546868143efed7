"""The Firecracker provider keeps the contract, on the real Firecracker."""

from __future__ import annotations

from hodei.testing.provider_contract import ProviderContract


class TestFirecracker(ProviderContract):
    """With guests that boot at once."""
