"""The buses under test."""

from __future__ import annotations

import pytest

from tests.support.postgres import postgres_dsn, postgres_server, postgres_template

pytest.register_assert_rewrite("hodei.testing")

__all__ = ["postgres_dsn", "postgres_server", "postgres_template"]
