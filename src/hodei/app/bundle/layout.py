"""Where everything lies inside a bundle, seen from a worker.

bin/hodei-agent     the launcher, the only file that anybody executes
bin/python          the interpreter, as its maker linked it
lib/                the loader, the C library and every other shared library
lib/pythonX.Y/      the standard library's part that the agent needs, and `hodei.agent`
licenses/           the licence of each component
manifest.json       every file with its hash
"""

from __future__ import annotations

MOUNT_POINT = "/.hodei"
"""The path under which a worker must see the bundle; it is built in."""
LAUNCHER = "bin/hodei-agent"
INTERPRETER = "bin/python"
LIBRARIES = "lib"
LICENSES = "licenses"
MANIFEST = "manifest.json"
ENTRY_POINT = (f"{MOUNT_POINT}/{LAUNCHER}",)
"""What to execute; it takes no arguments, its settings are `HODEI_AGENT_` variables."""


def standard_library(version: tuple[int, int]) -> str:
    """The folder in which CPython looks for its modules."""
    return f"{LIBRARIES}/python{version[0]}.{version[1]}"


def is_executable(path: str, loader: str) -> bool:
    """Whether a file of the bundle needs the permission to be executed."""
    return path in (LAUNCHER, INTERPRETER, f"{LIBRARIES}/{loader}")
