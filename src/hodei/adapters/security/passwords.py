"""Passwords as Argon2id hashes, with the parameters of RFC 9106 for servers short of memory."""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import ARGON2_VERSION

TIME_COST = 3
MEMORY_KIB = 64 * 1024
LANES = 4
AT_ONCE = 2
"""More would take more memory, and not be faster: whoever comes then waits in line."""
_SALT_BYTES, _HASH_BYTES = 16, 32


class Argon2Passwords:
    """Implements `Passwords`. The parameters are stored with each hash; others than these make
    it outdated."""

    def __init__(
        self,
        *,
        time_cost: int | None = None,
        memory_kib: int | None = None,
        lanes: int | None = None,
    ) -> None:
        time_cost, memory_kib = time_cost or TIME_COST, memory_kib or MEMORY_KIB
        lanes = lanes or LANES
        self._hasher = PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=lanes, type=Type.ID
        )
        self._threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="passwords")
        self._nobody = (
            f"$argon2id$v={ARGON2_VERSION}$m={memory_kib},t={time_cost},p={lanes}"
            f"${_random(_SALT_BYTES)}${_random(_HASH_BYTES)}"
        )

    async def hash(self, password: str) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        loop = asyncio.get_running_loop()
        against = self._nobody if stored is None else stored
        fits = await loop.run_in_executor(self._threads, self._fits, against, password)
        return fits and stored is not None

    def outdated(self, stored: str) -> bool:
        try:
            return self._hasher.check_needs_rehash(stored)
        except InvalidHashError:
            return True

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (Argon2Error, InvalidHashError):
            return False


def _random(size: int) -> str:
    """What Argon2 hashes are written with: base64 without padding."""
    return b64encode(os.urandom(size)).rstrip(b"=").decode()
