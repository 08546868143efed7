"""The agent as byte code, so that the workers of this machine need not compile it at each start.

<data_dir>/agent-code/<key>/hodei/agent/    never changed and never removed by itself: an agent
                                            loads parts of itself when it first needs them, for
                                            as long as it lives
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import py_compile
import shutil
import sys
import tempfile
from pathlib import Path

import hodei.agent
from hodei.app.bundle.imports import agent_sources

logger = logging.getLogger(__name__)

FOLDER = "agent-code"
MAIN = "__main__.py"
OPTIONS = ("-I", "-S", "-B")
"""Isolated from the site and from the environment."""
OPTIMIZE = 2


def agent_command(data_dir: Path) -> tuple[str, ...]:
    """How the agent starts on this machine: from byte code in the data directory, made now
    unless it is there, or from its source where none can be made."""
    try:
        program = _compiled(data_dir / FOLDER) / MAIN
        return (sys.executable, *OPTIONS, str(program.with_suffix(".pyc")))
    except (OSError, py_compile.PyCompileError) as error:
        logger.warning("agents start from source, slowly", extra={"error": str(error)})
        return (sys.executable, *OPTIONS, str(_source()))


def _source() -> Path:
    return Path(hodei.agent.__path__[0]).resolve()


def _compiled(folder: Path) -> Path:
    """The directory of the agent's byte code. Raises OSError and PyCompileError."""
    package = _source().parent
    sources = agent_sources(_source())
    place = folder / _key(package, sources)
    agent = place / package.name / _source().name
    if place.is_dir():
        return agent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
    try:
        for path in sources:
            target = made / package.name / path.relative_to(package).with_suffix(".pyc")
            # Never compared with its source, which an upgrade may replace under a living agent.
            py_compile.compile(
                str(path),
                cfile=str(target),
                doraise=True,
                optimize=OPTIMIZE,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
            _flush(target)
        _put(made, place)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return agent


def _flush(path: Path) -> None:
    """To the disk before its directory has its name: what has that name is whole."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put(made: Path, place: Path) -> None:
    try:
        made.rename(place)
    except OSError:
        # Another server of this data directory was first, and its code is the same.
        if not place.is_dir():
            raise


def _key(package: Path, sources: list[Path]) -> str:
    """Names the sources and what the interpreter takes for byte code."""
    digest = hashlib.sha256(importlib.util.MAGIC_NUMBER + bytes((OPTIMIZE,)))
    for path in sources:
        digest.update(f"{path.relative_to(package)}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
