"""Hodei: a self-hosted job platform that stores, places, runs and shows jobs."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.2.0"
