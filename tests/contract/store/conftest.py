"""The stores under test."""

from __future__ import annotations

import pytest

from tests.support.postgres import postgres_dsn, postgres_server, postgres_template

pytest.register_assert_rewrite("hodei.testing", "tests.contract.store.pair")

__all__ = ["postgres_dsn", "postgres_server", "postgres_template"]
