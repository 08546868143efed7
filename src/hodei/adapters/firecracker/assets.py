"""Files that many microVMs share: the kernel, and the drive with the init and the agent's bundle.

Each is made once, is never written again, and is linked into the jails: a link costs nothing, and
what the cache forgets lives on as long as somebody uses it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hodei.adapters.firecracker.errors import Refusal
from hodei.adapters.firecracker.guest import FOLDERS, init_program
from hodei.adapters.firecracker.programs import run
from hodei.domain.errors import ProviderUnavailable
from hodei.domain.spec import Architecture

READ_ONLY = 0o444
BLOCK = 4096
INODE_BYTES = 256
SPARE_INODES = 256
MKFS_S = 600.0
ELF = b"\x7fELF"


class Assets:
    """In one directory, which several servers may use at once."""

    def __init__(self, folder: Path, architecture: Architecture) -> None:
        self._folder = folder
        self._architecture = architecture

    def kernel(self, source: Path) -> Path:
        """A copy of the kernel in the same file system as the jails. Blocks, raises OSError."""
        seen = source.stat()
        key = _digest(str(source), seen.st_size, seen.st_mtime_ns, seen.st_ino)
        made = self._folder / f"kernel-{key}"
        if not made.exists():
            with _new(self._folder) as work:
                shutil.copyfile(source, work / "kernel")
                _publish(work / "kernel", made)
        return made

    async def system(self, bundle: Path) -> Path:
        """The drive with the init and the bundle. Raises Refusal, OSError."""
        program = init_program(self._architecture)
        if program is None:
            raise ProviderUnavailable(f"there is no init for {self._architecture} guests yet")
        key = _digest(hashlib.sha256(program).hexdigest(), *_listing(bundle))
        made = self._folder / f"system-{key}"
        if not made.exists():
            with _new(self._folder) as work:
                tree = work / "tree"
                tree.mkdir()
                for name in FOLDERS[:-1]:
                    (tree / name).mkdir()
                shutil.copytree(bundle, tree / FOLDERS[-1], symlinks=True)
                init = tree / "init"
                init.write_bytes(program)
                init.chmod(0o555)
                await tree_image(tree, work / "image")
                _publish(work / "image", made)
        return made


async def tree_image(tree: Path, image: Path) -> None:
    """An ext4 image that holds the tree and little else, without mounting. Raises Refusal."""
    size, inodes = tree_size(tree)
    total = (size + inodes * INODE_BYTES) * 21 // 20 + (4 << 20)
    argv = ("mkfs.ext4", "-q", "-F", "-m", "0", "-b", str(BLOCK), "-I", str(INODE_BYTES))
    options = ("-O", "^has_journal,^resize_inode", "-E", "lazy_itable_init=1,nodiscard")
    count = ("-N", str(inodes + SPARE_INODES))
    what = ("-d", str(tree), str(image), f"{-(-total // 1024)}k")
    try:
        await run(*argv, *options, *count, *what, patience_s=MKFS_S)
    except Refusal:
        image.unlink(missing_ok=True)
        raise


async def empty_image(image: Path, size_mb: int) -> None:
    """An empty ext4 image of that size, which takes next to nothing of the disk yet."""
    argv = ("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal,^resize_inode")
    await run(*argv, "-E", "lazy_itable_init=1,nodiscard", str(image), f"{size_mb}M")


def tree_size(tree: Path) -> tuple[int, int]:
    """Bytes in blocks, and entries. Blocks."""
    size, count = BLOCK, 1
    seen: set[int] = set()
    for folder, folders, names in os.walk(tree):
        for name in (*folders, *names):
            found = os.lstat(os.path.join(folder, name))
            if found.st_ino in seen and found.st_nlink > 1:
                continue
            seen.add(found.st_ino)
            count += 1
            size += -(-max(found.st_size, 1) // BLOCK) * BLOCK
    return size, count


def link(source: Path, target: Path) -> None:
    """The same file under another name; nothing happens when it is there. Raises OSError."""
    try:
        os.link(source, target)
    except FileExistsError:
        return


def _listing(folder: Path) -> Iterator[object]:
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(where, name)
            seen = path.lstat()
            yield (str(path.relative_to(folder)), seen.st_size, seen.st_mtime_ns, seen.st_mode)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


@contextmanager
def _new(folder: Path) -> Iterator[Path]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="new-", dir=folder) as work:
        yield Path(work)


def _publish(made: Path, place: Path) -> None:
    made.chmod(READ_ONLY)
    os.replace(made, place)
