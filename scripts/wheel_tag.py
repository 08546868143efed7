"""A hook of the build: a wheel that carries the agent's bundle is for that bundle's machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

GLIBC = "manylinux_2_34"
"""The oldest C library that a bundle is made with."""


class WheelTag(BuildHookInterface[Any]):
    """Found by hatchling; the only class here."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Sets the tag before the wheel is written."""
        folder = Path(self.root, "src/hodei/app/bundle/packed")
        found = [path.name.split("-")[1] for path in sorted(folder.glob("agent-*.tar.xz"))]
        if version == "standard" and found:
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{GLIBC}_{found[0]}"
