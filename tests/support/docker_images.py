"""Images for tests, made of this machine's own files: no registry is reached.

They carry the names that the product's guide uses, and are stand-ins for the images of these
names: a static busybox is their user land, and beside it lie this Debian's own Python, Node.js or
curl with the libraries that they ask for. The layers are kept outside the clone, by what went
into them.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.support.docker import ImageFiles, PrivateEngine, busybox_layer, tar

ALPINE = "alpine:latest"
PYTHON = "python:3.11-slim"
NODE = "node:20-slim"
CURL = "curlimages/curl:latest"
STATIC = "hodei-test/static:1"
MUSL = "hodei-test/musl:1"
ODD = "hodei-test/odd:1"
FOREIGN = "hodei-test/foreign:1"
"""Made for a machine that this one is not."""

SYSTEM_PYTHON = Path("/usr/bin/python3.11")
NOT_NEEDED = ("test", "idlelib", "tkinter", "lib2to3", "ensurepip", "__pycache__", "turtledemo")
MAKE = Path(__file__).with_name("docker_show.c")
CACHE = Path(tempfile.gettempdir()) / f"hodei-test-layers-{os.getuid()}"

# As the image of this name does it: a word that is no program is an argument of curl.
CURL_ENTRY = """#!/bin/sh
case "$1" in -*|http*) set -- curl "$@" ;; esac
exec "$@"
"""


def basic_images() -> list[ImageFiles]:
    """Those that are made within a moment."""
    user_land = busybox_layer()
    other = "arm64" if os.uname().machine == "x86_64" else "amd64"
    return [
        ImageFiles(ALPINE, [user_land], {"Cmd": ["/bin/sh"], "Env": [f"PATH={PATH}"]}),
        ImageFiles(ODD, [user_land, _odd_layer()], ODD_CONFIG),
        ImageFiles(FOREIGN, [user_land], architecture=other),
        ImageFiles(STATIC, [tar({"show": (_compiled("-static"), 0o755)})]),
        ImageFiles(MUSL, [_musl_layer()]),
        curl_image(),
    ]


PATH = "/usr/local/bin:/usr/bin:/bin"
ODD_CONFIG: Mapping[str, object] = {
    "User": "worker",
    "WorkingDir": "/srv/app",
    "Entrypoint": ["/bin/entry", "--fixed"],
    "Cmd": ["its", "own"],
    "Env": [
        f"PATH=/opt/own:{PATH}",
        "FROM_IMAGE=yes",
        "OVERRIDDEN=by the image",
        "LD_PRELOAD=/x.so",
    ],
    "StopSignal": "SIGUSR1",
}


def curl_image() -> ImageFiles:
    """curl behind an entry point, run by somebody who is not root."""
    layers = [
        busybox_layer(),
        _programs(["/usr/bin/curl"]),
        tar({"entrypoint.sh": (CURL_ENTRY.encode(), 0o755)}),
    ]
    return ImageFiles(
        CURL,
        layers,
        {"User": "1000", "Entrypoint": ["/entrypoint.sh"], "Cmd": ["curl", "--help"]},
    )


def python_image() -> ImageFiles:
    """The machine's own Python with its standard library."""
    library = Path(sysconfig.get_path("stdlib", vars={"installed_base": "/usr", "base": "/usr"}))
    modules = sorted(path for path in library.rglob("*") if path.is_file() and _needed(path))
    extensions = [str(path) for path in modules if path.suffix == ".so"]
    files = closure([str(SYSTEM_PYTHON), *extensions])
    files |= {str(path): path for path in modules}
    links = {
        "usr/local/bin/python3": str(SYSTEM_PYTHON),
        "usr/local/bin/python": str(SYSTEM_PYTHON),
    }
    layer = _cached("python", files, links)
    return ImageFiles(
        PYTHON, [busybox_layer(), layer], {"Cmd": ["python3"], "Env": [f"PATH={PATH}"]}
    )


def node_image() -> ImageFiles:
    """The machine's own Node.js."""
    files = closure(["/usr/bin/node"])
    # Debian's build has parts of the library beside it, where others have them in the program.
    for name in ("acorn", "acorn-walk", "cjs-module-lexer", "undici"):
        parts = Path("/usr/share/nodejs", name).rglob("*.js")
        files |= {str(path): path for path in parts if path.is_file()}
    layer = _cached("node", files, {})
    return ImageFiles(NODE, [busybox_layer(), layer], {"Cmd": ["node"], "Env": [f"PATH={PATH}"]})


def load_basic(engine: PrivateEngine) -> None:
    """Makes the quick ones known to an engine."""
    for image in basic_images():
        engine.load(image)


def _needed(path: Path) -> bool:
    return not any(part in NOT_NEEDED or part.startswith("config-") for part in path.parts)


def _odd_layer() -> bytes:
    entry = b'#!/bin/sh\necho "entry: $*"\nshift\nexec "$@"\n'
    own = b'#!/bin/sh\necho "own program: $*"\n'
    return tar(
        {
            "bin/entry": (entry, 0o755),
            "opt/own/its": (own, 0o755),
            "srv/app/here": (b"in the working directory\n", 0o644),
        }
    )


def _musl_layer() -> bytes:
    """A dynamic program of another C library, and nothing else."""
    loader = Path("/lib/ld-musl-x86_64.so.1")
    found = next(Path("/usr/lib").glob("*-linux-musl/libc.so"))
    return tar({"show": (_compiled(), 0o755), str(loader)[1:]: (found.read_bytes(), 0o755)})


def _compiled(*flags: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "show")
        command = ["musl-gcc", *flags, "-O1", "-o", str(made), str(MAKE)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return made.read_bytes()


def _programs(paths: Sequence[str]) -> bytes:
    return tar({name[1:]: (path.read_bytes(), 0o755) for name, path in closure(paths).items()})


def closure(paths: Sequence[str]) -> dict[str, Path]:
    """The files, the libraries that they ask for, and the loader, by where they have to be."""
    found = {name: Path(name) for name in paths}
    for line in _ldd(paths):
        words = line.split()
        # "libz.so.1 => /lib/x/libz.so.1 (0x...)", or a loader: "/lib64/ld.so (0x...)".
        named = words[2] if "=>" in words else words[0] if words else ""
        if named.startswith("/") and line.startswith("\t"):
            found[named] = Path(named).resolve()
    return found


def _ldd(paths: Sequence[str]) -> Iterable[str]:
    done = subprocess.run(["ldd", *paths], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.splitlines()


def _cached(name: str, files: Mapping[str, Path], links: Mapping[str, str]) -> bytes:
    """A layer of these files; packed once."""
    key = hashlib.sha256(repr(sorted(links.items())).encode())
    for place, path in sorted(files.items()):
        facts = path.stat()
        key.update(f"{place} {path} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    kept = CACHE / f"{name}-{key.hexdigest()[:16]}.tar"
    if kept.is_file():
        return kept.read_bytes()
    content: dict[str, tuple[bytes | str, int]] = {
        place[1:]: (path.read_bytes(), 0o755) for place, path in files.items()
    }
    content |= {place: (target, 0o777) for place, target in links.items()}
    layer = tar(content)
    CACHE.mkdir(mode=0o700, exist_ok=True)
    fresh = kept.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(layer)
    fresh.replace(kept)
    return layer
