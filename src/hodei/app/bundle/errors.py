"""What can be wrong with the agent bundle, each with a sentence that says what to change.

BundleError (HodeiError)
├── InterpreterUnsuitable   no bundle can be made of this Python
├── BundleUnwritable        there is no room or no permission where it should go
└── BundleBroken            what lies there is not what was built
"""

from __future__ import annotations

from hodei.domain.errors import HodeiError


class BundleError(HodeiError):
    """Root of this tree."""

    code = "agent_bundle"


class InterpreterUnsuitable(BundleError):
    """The interpreter is no CPython for glibc on a known architecture, or lacks a module."""


class BundleUnwritable(BundleError):
    """The directory cannot be made or written."""


class BundleBroken(BundleError):
    """A file of the bundle is missing, was changed, or is unknown to its manifest."""
