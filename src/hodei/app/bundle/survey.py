"""What has to go into a bundle: modules and libraries, found by loading all of the agent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from hodei.app.bundle.elf import Elf
from hodei.app.bundle.errors import InterpreterUnsuitable
from hodei.app.bundle.imports import EXTRA, agent_modules, imported_names
from hodei.app.bundle.inside import ask

OLDEST_C_LIBRARY = (2, 34)
"""Before it, name resolution was in libraries that are loaded on demand only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The parts of one bundle, by where they lie on this machine."""

    version: tuple[int, int, int]
    c_library: str
    openssl: str
    """Its own words, e.g. `OpenSSL 3.0.15 3 Sep 2024`."""
    architecture: str
    executable: Path
    loader: Path
    sources: Mapping[str, Path]
    """Path below the standard library's folder -> source file."""
    extensions: Mapping[str, Path]
    """File name -> module in machine code."""
    libraries: Mapping[str, Path]
    """Name by which it is asked for -> shared library, the loader included."""

    @property
    def loader_name(self) -> str:
        """Under which the loader is asked for, e.g. `ld-linux-x86-64.so.2`."""
        return next(name for name, path in self.libraries.items() if path == self.loader)

    @property
    def inputs(self) -> list[Path]:
        """Every file of this machine that goes into the bundle, sorted."""
        files = {self.executable, self.loader}
        for part in (self.sources, self.extensions, self.libraries):
            files.update(part.values())
        return sorted(files)


def survey(python: str, agent: Path) -> Survey:
    """Looks at the interpreter `python` and the agent's package. Raises InterpreterUnsuitable."""
    foreign = imported_names(agent)
    wanted = [*(name if needed else f"?{name}" for name, needed in foreign.items()), *EXTRA]
    answer = ask(python, "survey", str(agent.parent.parent), *agent_modules(agent), *wanted)
    found = cast("dict[str, object]", answer)
    _refuse_foreign(python, found)
    executable = Path(cast(str, found["executable"]))
    modules = cast("dict[str, str]", found["modules"])
    extensions = {Path(file).name: Path(file) for file in modules.values() if file.endswith(".so")}
    program = Elf(str(executable), executable.read_bytes())
    mapped = [Path(file) for file in cast("list[str]", found["mapped"])]
    libraries = _closure([executable, *extensions.values()], _by_name(mapped))
    loader = libraries.get(Path(program.loader).name)
    if loader is None:
        raise InterpreterUnsuitable(f"{executable} has no loader: it is linked statically")
    return Survey(
        version=cast("tuple[int, int, int]", found["version"]),
        c_library=cast(str, found["c_library"]),
        openssl=cast(str, found["openssl"]),
        architecture=program.architecture,
        executable=executable,
        loader=loader,
        sources=_sources(modules, cast("list[str]", found["packages"])),
        extensions=extensions,
        libraries=libraries,
    )


def _refuse_foreign(python: str, found: Mapping[str, object]) -> None:
    if found["implementation"] != "cpython":
        raise InterpreterUnsuitable(f"{python} is {found['implementation']}, not CPython")
    name, _, number = cast(str, found["c_library"]).partition(" ")
    if name != "glibc" or tuple(map(int, number.split("."))) < OLDEST_C_LIBRARY:
        oldest = ".".join(map(str, OLDEST_C_LIBRARY))
        known = found["c_library"] or "another C library"
        raise InterpreterUnsuitable(f"{python} uses {known}; glibc {oldest} or newer is needed")


def _sources(modules: Mapping[str, str], packages: Iterable[str]) -> dict[str, Path]:
    places = {}
    inner = frozenset(packages)
    for name, file in modules.items():
        if file.endswith(".py"):
            path = name.replace(".", "/")
            places[f"{path}/__init__.py" if name in inner else f"{path}.py"] = Path(file)
    return places


def _by_name(mapped: Iterable[Path]) -> dict[str, Path]:
    """The loaded shared libraries under the names by which they are asked for."""
    found = {}
    for path in mapped:
        if ".so" not in path.name:
            continue
        name = Elf(str(path), path.read_bytes()).soname
        found[name or path.name] = path
    return found


def _closure(roots: Iterable[Path], known: Mapping[str, Path]) -> dict[str, Path]:
    """Everything that the roots ask for, and what that asks for. Raises InterpreterUnsuitable."""
    found: dict[str, Path] = {}
    pending = list(roots)
    while pending:
        asking = pending.pop()
        elf = Elf(str(asking), asking.read_bytes())
        for name in [*elf.needed, *filter(None, [Path(elf.loader).name])]:
            if name in found:
                continue
            if name not in known:
                raise InterpreterUnsuitable(f"{asking} asks for {name}, which is not loaded")
            found[name] = known[name]
            pending.append(known[name])
    return found
