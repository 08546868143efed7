"""The agent bundle: a worker's program with its own interpreter, loader and C library.

`build` makes one from the running interpreter; `ensure_bundle` keeps one in the data directory,
and `BundleSupply` hands that one to providers.
It must be mounted at `MOUNT_POINT`, and `ENTRY_POINT` is what a container is told to execute.
"""

from __future__ import annotations

from hodei.app.bundle.builder import build
from hodei.app.bundle.cache import ensure_bundle
from hodei.app.bundle.errors import (
    BundleBroken,
    BundleError,
    BundleUnwritable,
    InterpreterUnsuitable,
)
from hodei.app.bundle.layout import ENTRY_POINT, MOUNT_POINT
from hodei.app.bundle.manifest import BundleInfo, read_bundle
from hodei.app.bundle.supply import BundleSupply

__all__ = [
    "ENTRY_POINT",
    "MOUNT_POINT",
    "BundleBroken",
    "BundleError",
    "BundleInfo",
    "BundleSupply",
    "BundleUnwritable",
    "InterpreterUnsuitable",
    "build",
    "ensure_bundle",
    "read_bundle",
]
