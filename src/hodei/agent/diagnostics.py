"""One line per notable event on stderr. `logging` costs more than the agent's whole start."""

from __future__ import annotations

import os
from time import time

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_state = {"threshold": 20}


def set_level(threshold: int) -> None:
    """Lines below this number (debug 10, info 20, warning 30, error 40) are not written."""
    _state["threshold"] = threshold


def log(message: str, *, level: str = "info", **details: object) -> None:
    """Writes `time level agent: message key=value ...`; never raises, never blocks for long."""
    if LEVELS[level] < _state["threshold"]:
        return
    words = "".join(f" {name}={value}" for name, value in details.items())
    line = f"{time():.3f} {level} hodei-agent[{os.getpid()}]: {message}{words}\n"
    try:
        os.write(2, line.encode("utf-8", "replace"))
    except OSError:
        return
