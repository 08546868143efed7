"""A gate at which a job of this machine waits until a test has seen what it came for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Gate:
    """Closed until `open`; the job goes by a file."""

    folder: Path

    @property
    def wait(self) -> str:
        """Shell that ends once the gate is open."""
        return f"until [ -e {self._file} ]; do sleep 0.02; done"

    def open(self) -> None:
        """Lets the job through, now or when it comes."""
        self._file.touch()

    @property
    def _file(self) -> Path:
        return self.folder / "open"
