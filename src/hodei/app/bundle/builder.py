"""Makes an agent bundle out of the running interpreter.

Nothing but the interpreter's own files and the agent's source is needed: no compiler, no linker,
no tool for ELF files. The bundle's loader is told on its command line where the libraries are,
so the interpreter stays as its maker linked it, whether it has a shared libpython or not.

Equal inputs give equal bytes: files are trimmed by rule, byte code knows neither times nor
places, permissions and times are set.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hodei.agent
from hodei.app.bundle import layout
from hodei.app.bundle.elf import Elf
from hodei.app.bundle.errors import BundleUnwritable
from hodei.app.bundle.imports import agent_sources
from hodei.app.bundle.inside import ask
from hodei.app.bundle.launcher import make_launcher
from hodei.app.bundle.licenses import components, license_texts
from hodei.app.bundle.manifest import BundleInfo, write_manifest
from hodei.app.bundle.survey import Survey, survey

TIME = 315_532_800
"""Every file's time: the begin of 1980, the oldest that all archive formats can hold."""
START = "start"


def own_agent() -> Path:
    """Where this installation has the agent's source."""
    return Path(hodei.agent.__path__[0]).resolve()


def build(out_dir: Path, *, python: str = sys.executable, agent: Path | None = None) -> BundleInfo:
    """Makes the bundle of `python` and the agent in `out_dir`, which it replaces as a whole.

    Takes about a second. Raises InterpreterUnsuitable and BundleUnwritable; what was there
    before stays then.
    """
    agent = agent or own_agent()
    found = survey(python, agent)
    with writing(out_dir):
        out_dir.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}-", dir=out_dir.parent))
    try:
        with writing(out_dir):
            info = build_into(made, found, python=python, agent=agent)
            _replace(out_dir, made)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return BundleInfo(
        path=out_dir,
        version=info.version,
        architecture=info.architecture,
        size_bytes=info.size_bytes,
    )


def build_into(folder: Path, found: Survey, *, python: str, agent: Path) -> BundleInfo:
    """Makes a bundle in `folder`, which is empty. Raises OSError, InterpreterUnsuitable."""
    library = layout.standard_library(found.version[:2])
    _copy_binaries(folder, found, library)
    _compile_sources(folder / library, found, python, agent)
    launcher = make_launcher(found.architecture, _command(found, library))
    _write(folder / layout.LAUNCHER, launcher)
    parts = components(found)
    for name, text in license_texts(parts).items():
        _write(folder / layout.LICENSES / name, text.encode())
    _set_permissions(folder, found.loader_name)
    shown = {part.name: f"{part.detail} ({part.license})".strip() for part in parts}
    info = write_manifest(folder, found.architecture, shown)
    _set_times(folder)
    return info


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turns what the file system refuses into BundleUnwritable."""
    try:
        yield
    except OSError as error:
        raise BundleUnwritable(
            f"the agent bundle cannot be written to {place}: {error.strerror or error}"
        ) from error


def _command(found: Survey, library: str) -> list[str]:
    """What the launcher executes, as seen from a worker."""
    inside = layout.MOUNT_POINT
    return [
        f"{inside}/{layout.LIBRARIES}/{found.loader_name}",
        # The cache is the image's, and so are the libraries that it knows.
        "--inhibit-cache",
        "--library-path",
        f"{inside}/{layout.LIBRARIES}",
        f"{inside}/{layout.INTERPRETER}",
        "-I",
        "-S",
        "-B",
        "-X",
        "utf8",
        f"{inside}/{library}/{START}.pyc",
    ]


def _copy_binaries(folder: Path, found: Survey, library: str) -> None:
    _copy(found.executable, folder / layout.INTERPRETER)
    for name, source in found.libraries.items():
        _copy(source, folder / layout.LIBRARIES / name)
    # The interpreter takes this folder, even if empty, for the mark of its own place.
    modules = folder / library / "lib-dynload"
    modules.mkdir(parents=True)
    for name, source in found.extensions.items():
        _copy(source, modules / name)


def _copy(source: Path, target: Path) -> None:
    _write(target, Elf(str(source), source.read_bytes()).trimmed())


def _compile_sources(folder: Path, found: Survey, python: str, agent: Path) -> None:
    for place, source in found.sources.items():
        _write(folder / place, source.read_bytes())
    package = agent.parent
    for source in agent_sources(agent):
        if source.name != "__main__.py":
            _write(folder / "hodei" / source.relative_to(package), source.read_bytes())
    start = Path(__file__).parent / "inside" / f"{START}.py"
    _write(folder / start.name, start.read_bytes())
    shown = f"{layout.MOUNT_POINT}/{layout.standard_library(found.version[:2])}"
    ask(python, "bytecode", str(folder), shown)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _set_permissions(folder: Path, loader: str) -> None:
    """For everybody to read and nobody to write, whatever the umask says."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        shown = path.relative_to(folder).as_posix()
        plain = path.is_file() and not layout.is_executable(shown, loader)
        path.chmod(0o644 if plain else 0o755)


def _set_times(folder: Path) -> None:
    (folder / layout.MANIFEST).chmod(0o644)
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (TIME, TIME))


def _replace(place: Path, made: Path) -> None:
    if not place.exists():
        made.rename(place)
        return
    with tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent) as away:
        old = Path(away, "old")
        place.rename(old)
        made.rename(place)
