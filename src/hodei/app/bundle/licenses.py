"""Which component of a bundle is under which licence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from hodei.app.bundle.survey import Survey

HODEI, CPYTHON = "Apache-2.0", "PSF-2.0"
_GLIBC = r"(ld-linux[-\w]*|lib(c|m|dl|pthread|rt|util|resolv|anl|mvec))\.so\.\d+"
_KNOWN = (
    (re.compile(_GLIBC), "glibc", "LGPL-2.1-or-later"),
    (re.compile(r"libcrypt\.so\.\d+"), "libxcrypt", "LGPL-2.1-or-later"),
    (re.compile(r"libpython\d.*"), "CPython", CPYTHON),
    (re.compile(r"lib(ssl|crypto)\.so\.[3-9]\d*"), "OpenSSL", "Apache-2.0"),
    (re.compile(r"libffi\.so\.\d+"), "libffi", "MIT-libffi"),
    (re.compile(r"libexpat\.so\.\d+"), "Expat", "MIT-expat"),
    (re.compile(r"libz\.so\.\d+"), "zlib", "Zlib"),
)
_NOTICE = """\
This folder holds copies of other people's programs, unchanged except that symbols for debuggers
and search paths of the machine on which it was made are left out. Each shared library can be
replaced by another version of itself. Their licences lie beside this file.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A program that is in the bundle."""

    name: str
    license: str
    """The name of a text in `texts/`; empty: known to the maker of its package only."""
    detail: str = ""
    """Its version, or the file that it was taken from."""


def components(found: Survey) -> list[Component]:
    """What a bundle consists of, by name."""
    version = ".".join(map(str, found.version))
    details = {"CPython": version, "glibc": found.c_library, "OpenSSL": found.openssl}
    every = {
        "Hodei": Component(name="Hodei", license=HODEI),
        "CPython": Component(name="CPython", license=CPYTHON, detail=version),
    }
    for name, path in found.libraries.items():
        component = _component(name, path, details)
        every[component.name] = component
    return [every[name] for name in sorted(every)]


def license_texts(parts: Iterable[Component]) -> dict[str, str]:
    """Name of the text's file -> text, with a notice that says which belongs to what."""
    texts = {
        f"{part.license}.txt": files(__package__)
        .joinpath("texts", f"{part.license}.txt")
        .read_text("utf-8")
        for part in parts
        if part.license
    }
    lines = [f"{p.name} {p.detail}".strip() + f": {p.license or 'see its package'}" for p in parts]
    return texts | {"NOTICE.txt": _NOTICE + "\n".join(lines) + "\n"}


def _component(name: str, path: Path, details: dict[str, str]) -> Component:
    for pattern, owner, terms in _KNOWN:
        if pattern.fullmatch(name):
            return Component(name=owner, license=terms, detail=details.get(owner, ""))
    return Component(name=name, license="", detail=path.name)
