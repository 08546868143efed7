"""Imports all of the agent and answers what that loaded: modules, their files, libraries.

Arguments: the folder that holds the package `hodei`, then the modules to import, with a question
mark before those that may be missing. It imports nothing for itself, since that would be taken
for the agent's.
"""

from __future__ import annotations

import os
import sys


def _module_files() -> dict[str, str]:
    """Name -> file, source or shared object; built-in modules have none."""
    library = os.path.dirname(os.__file__)
    found: dict[str, str] = {}
    for module in list(sys.modules.values()):
        spec = getattr(module, "__spec__", None)
        if spec is None:
            continue
        path = spec.origin
        if path == "frozen":
            # The interpreter has it inside; the file is wanted where it looks for landmarks.
            path = os.path.join(library, spec.name.replace(".", "/") + ".py")
        if path and path.endswith((".py", ".so")) and os.path.exists(path):
            found[spec.name] = os.path.realpath(path)
    return found


def _mapped_files() -> list[str]:
    with open("/proc/self/maps", encoding="utf-8") as file:
        lines = [line.rstrip("\n").split(None, 5) for line in file]
    return sorted({words[5] for words in lines if len(words) == 6 and words[5][0] == "/"})


def _c_library() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except ValueError:
        return ""


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    for name in sys.argv[2:]:
        try:
            __import__(name.lstrip("?"))
        except ImportError:
            if name[0] != "?":
                raise
    modules = _module_files()
    ssl = sys.modules.get("_ssl")
    answer = {
        "implementation": sys.implementation.name,
        "version": tuple(sys.version_info[:3]),
        "c_library": _c_library(),
        "openssl": getattr(ssl, "OPENSSL_VERSION", ""),
        "executable": os.path.realpath("/proc/self/exe"),
        "library": os.path.realpath(os.path.dirname(os.__file__)),
        "packages": sorted(name for name in modules if hasattr(sys.modules[name], "__path__")),
        "modules": modules,
        "mapped": _mapped_files(),
    }
    sys.stdout.write(repr(answer))


main()
