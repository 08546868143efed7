"""Root file systems like those of images, and the agent's bundle started in one of them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hodei.app.bundle import ENTRY_POINT
from hodei.wire.gen import worker_pb2 as pb
from tests.contract.peer.scripted_server import OTP, Record, ScriptedServer

HERE = Path(__file__).parent
NOBODY = 65534
RUN = "/run/hodei"
PACKAGES = {
    "gcc": "gcc",
    "as": "binutils",
    "aarch64-linux-gnu-as": "binutils-aarch64-linux-gnu",
    "qemu-aarch64-static": "qemu-user-static",
    "musl-gcc": "musl-tools",
    "busybox": "busybox-static",
    "openssl": "openssl",
}
"""What these tests start -> the Debian package that has it."""


def require_components() -> None:
    """Fails, naming what to install, unless everything is there."""
    missing = sorted({PACKAGES[name] for name in PACKAGES if shutil.which(name) is None})
    if missing:
        pytest.fail(f"missing for these tests: apt-get install {' '.join(missing)}")
    if os.geteuid():
        pytest.fail("these tests mount file systems: they must be run as root")


def compile_c(compiler: str, source: str, target: Path, *options: str) -> Path:
    """Compiles a C file of this folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [compiler, "-Os", *options, "-o", str(target), str(HERE / source)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def make_images(folder: Path) -> dict[str, Path]:
    """One root of each kind; every one has `/show`, and `/static` which needs no C library."""
    images = {name: folder / name for name in ("scratch", "busybox", "musl", "glibc")}
    static = compile_c("gcc", "show.c", folder / "static", "-static")
    library = compile_c("gcc", "hostile.c", folder / "hostile.so", "-shared", "-fPIC", "-nostdlib")
    for root in images.values():
        for name in (".hodei", "proc", "dev", "run/hodei", "etc"):
            (root / name).mkdir(parents=True)
        (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        shutil.copy(static, root / "static")
        shutil.copy(static, root / "show")
        _add_traps(root, library)
    _add_busybox(images["busybox"])
    _add_musl(images["musl"])
    _add_glibc(images["glibc"])
    return images


def _add_traps(root: Path, library: Path) -> None:
    """What the variables of HOSTILE point to, and a configuration that ends OpenSSL."""
    hostile = root / "hostile"
    hostile.mkdir()
    for name in ("libc.so.6", "libm.so.6", "libpython3.11.so.1.0", "libssl.so.3", "trap.so"):
        shutil.copy(library, hostile / name)
    for name in ("os", "encodings", "sitecustomize", "usercustomize", "binascii"):
        (hostile / f"{name}.py").write_text("raise SystemExit(66)\n")
    configuration = (
        "config_diagnostics = 1\nopenssl_conf = a\n[a]\nproviders = b\n[b]\nc = d\n"
        "[d]\nmodule = /hostile/trap.so\nactivate = 1\n"
    )
    for place in (hostile, root / "usr/lib/ssl"):
        place.mkdir(parents=True, exist_ok=True)
        (place / "openssl.cnf").write_text(configuration)


def _add_busybox(root: Path) -> None:
    (root / "bin").mkdir()
    shutil.copy(str(shutil.which("busybox")), root / "bin/busybox")
    for name in ("sh", "env", "cat"):
        (root / "bin" / name).symlink_to("busybox")


def _add_musl(root: Path) -> None:
    compile_c("musl-gcc", "show.c", root / "show")
    loader = next(Path("/lib").glob("ld-musl-*.so.1"))
    (root / "lib").mkdir()
    shutil.copy(loader.resolve(), root / "lib" / loader.name)


def _add_glibc(root: Path) -> None:
    """This machine's own; `binds_of` shows its folders inside."""
    compile_c("gcc", "show.c", root / "show")
    shutil.rmtree(root / "usr")
    for name in ("usr", "lib", "lib64", "bin", "etc"):
        (root / name).mkdir(exist_ok=True)


def binds_of(root: Path) -> dict[str, str]:
    """Which folders of this machine an image shows."""
    shown = {"/dev": "/dev"}
    if root.name == "glibc":
        shown |= {f"/{name}": str(Path("/", name).resolve()) for name in ("usr", "lib", "bin")}
        shown["/lib64"] = str(Path("/lib64").resolve())
    return shown


HOSTILE = {
    "LD_PRELOAD": "/hostile/trap.so",
    "LD_AUDIT": "/hostile/trap.so",
    "LD_LIBRARY_PATH": "/hostile",
    "LD_BIND_NOW": "1",
    "LD_DEBUG": "all",
    "GLIBC_TUNABLES": "glibc.malloc.check=3:glibc.nonsense=x",
    "GCONV_PATH": "/hostile",
    "LOCPATH": "/hostile",
    "LC_ALL": "ja_JP.EUC-JP",
    "PYTHONHOME": "/hostile",
    "PYTHONPATH": "/hostile",
    "PYTHONINSPECT": "1",
    "PYTHONMALLOC": "debug",
    "PYTHONOPTIMIZE": "nonsense",
    "OPENSSL_CONF": "/hostile/openssl.cnf",
    "OPENSSL_MODULES": "/hostile",
    "RES_OPTIONS": "nonsense",
    "TMPDIR": "/nowhere",
}
"""An image's environment that ends a program which listens to it."""


@dataclass
class Container:
    """One image that runs the agent as its first process, read-only, as nobody."""

    root: Path
    bundle: Path
    folder: Path
    server: ScriptedServer
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self, image_env: Mapping[str, str], **settings: str) -> None:
        """Starts the agent; keywords are its settings without prefix."""
        given = {"SERVER": f"unix:{RUN}/agent.sock", "WORKER_ID": "w", "OTP": OTP, **settings}
        env = {**image_env, **{f"HODEI_AGENT_{name}": value for name, value in given.items()}}
        await self.execute(ENTRY_POINT, env)

    async def execute(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """Starts any program in it."""
        run = self.folder / "run"
        for path in (run, *run.iterdir()):
            path.chmod(0o777)
        plan = {
            "root": str(self.root),
            "bundle": str(self.bundle),
            "uid": NOBODY,
            "env": dict(env),
            "argv": list(argv),
            "binds": binds_of(self.root) | {RUN: str(run)},
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(HERE / "enter.py"),
            json.dumps(plan),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.processes.append(process)

    async def ended(self) -> tuple[int, str]:
        """Exit code and output of the program started last, once it has ended."""
        process = self.processes[-1]
        async with asyncio.timeout(90):
            output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode()

    async def run(self, argv: Sequence[str] = (), *, script: str = "") -> Record:
        """Has the agent run a program or a shell script; what it reported."""
        kind = pb.COMMAND_TYPE_SHELL if script else pb.COMMAND_TYPE_EXEC
        order = pb.RunAttempt(
            attempt_id="a", job_id="j", attempt_number=1, type=kind, argv=argv, script=script
        )
        await self.until(lambda: bool(self.server.hellos))
        await self.server.send(pb.ServerFrame(run=order))
        record = self.server.of("a")
        await self.until(lambda: bool(record.exits))
        return record

    async def until(self, condition: Callable[[], object]) -> None:
        """Waits for what the server sees; fails with the agent's words when it ended instead."""
        waiting = asyncio.create_task(self.server.until(condition))
        ending = asyncio.create_task(self.processes[-1].wait())
        await asyncio.wait((waiting, ending), return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if not waiting.done() and not condition():
            waiting.cancel()
            raise AssertionError(f"the agent ended: {await self.ended()}")
        await waiting

    async def close(self) -> None:
        """Ends what runs; the first process of the image dies with its parent."""
        for process in self.processes:
            if process.returncode is None:
                process.kill()
            await process.communicate()


def variables(record: Record) -> dict[str, str]:
    """What `/show` printed."""
    lines = record.text().decode().splitlines()
    return dict(line.split("=", 1) for line in lines)
