"""The agent's own directory: its spool and the working directories of its attempts.

A working directory serves the next attempt too if the one before left no trace in it: it is
empty, and its change time, which nobody can set, is still that of its making, so neither its
mode nor its owner nor any entry was ever touched. Any other is removed and made anew.
"""

from __future__ import annotations

import os


class Workspace:
    """Makes what is asked for when it is asked for; a read-only root asks for nothing."""

    __slots__ = ("_count", "_mark", "_private", "_spare", "_spool", "directory")

    def __init__(self, directory: str) -> None:
        """`directory` as the settings have it; empty means a private temporary one."""
        self._private = not directory
        temporary = os.environ.get("TMPDIR") or "/tmp"
        self.directory = os.path.abspath(
            directory or f"{temporary}/hodei-agent-{os.urandom(8).hex()}"
        )
        self._spool = f"{self.directory}/spool-{os.getpid()}"
        self._count = 1
        self._spare = ""
        """A working directory that nobody uses, or none."""
        self._mark: tuple[object, ...] = ()
        """What the working directory in use, or the spare one, was like when it was made."""

    def take(self) -> str:
        """An empty working directory for one attempt; its absolute path. Raises OSError."""
        work, self._spare = self._spare, ""
        if work:
            # While it lay idle only a cleaner of temporary files may have come by.
            if self._is_untouched(work, listed=False):
                return work
            remove_tree(work)
        return self._make_work()

    def give_back(self, work: str) -> None:
        """Takes a directory of `take` back, whatever the attempt left in it."""
        if self._is_untouched(work, listed=True):
            self._spare = work
        else:
            remove_tree(work)

    def spool_path(self) -> str:
        """A path for the overflow of the output; whoever opens it makes the directory."""
        return self._spool

    def close(self) -> None:
        """Removes the spare directory, and the agent's own if it is the agent's own idea."""
        if self._spare:
            remove_tree(self._spare)
            self._spare = ""
        if self._private and os.path.isdir(self.directory):
            remove_tree(self.directory)

    def _make_work(self) -> str:
        while True:
            path = f"{self.directory}/attempts/work-{self._count}"
            try:
                os.mkdir(path, 0o755)
            except FileNotFoundError:
                os.makedirs(self.directory, mode=0o700, exist_ok=True)
                os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            except FileExistsError:
                # Something resisted its removal, perhaps that of an agent before this one.
                self._count += 1
            else:
                self._count += 1
                self._mark = _mark(path)
                return path

    def _is_untouched(self, work: str, *, listed: bool) -> bool:
        """Whether it is as it was made; `listed` to have a look at its entries as well."""
        try:
            return _mark(work) == self._mark and not (listed and os.listdir(work))
        except OSError:
            return False


def _mark(path: str) -> tuple[object, ...]:
    """What tells a changed directory from an unchanged one. Raises OSError."""
    found = os.lstat(path)
    try:
        # Change times have steps of some milliseconds: a job may set a default ACL within one.
        attributes = sorted(os.listxattr(path, follow_symlinks=False))
    except OSError:
        attributes = []
    return (
        (found.st_dev, found.st_ino, found.st_mode, found.st_nlink),
        (found.st_uid, found.st_gid, found.st_ctime_ns),
        attributes,
    )


def remove_tree(top: str) -> None:
    """Removes a directory and all in it without following links; what resists stays.

    No process of the attempt is alive by now, so nothing changes under our hands.
    """
    pending = [top]
    while pending:
        folder = pending[-1]
        below = _empty(folder)
        if below:
            pending += below
            continue
        pending.pop()
        try:
            os.rmdir(folder)
        except OSError:
            # Its parent cannot go either: leave them all.
            pending = [path for path in pending if not folder.startswith(path + "/")]


def _empty(folder: str) -> list[str]:
    """Unlinks the files of a directory; its sub-directories."""
    below = []
    try:
        os.chmod(folder, 0o700)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    below.append(entry.path)
                else:
                    os.unlink(entry.path)
    except OSError:
        return below
    return below
