"""The agent's own directory: its spool and the working directories of its attempts."""

from __future__ import annotations

import os

WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class Workspace:
    """Makes what is asked for when it is asked for; a read-only root asks for nothing."""

    __slots__ = ("_made", "_private", "directory")

    def __init__(self, directory: str) -> None:
        """`directory` as the settings have it; empty means a private temporary one."""
        self._private = not directory
        temporary = os.environ.get("TMPDIR") or "/tmp"
        self.directory = directory or f"{temporary}/hodei-agent-{os.urandom(8).hex()}"
        self._made: list[str] = []

    def attempt_work(self, attempt_id: str) -> str:
        """Makes the attempt's working directory; its absolute path. Raises OSError."""
        # An id of other characters could leave the directory.
        plain = attempt_id and WORD.issuperset(attempt_id)
        name = attempt_id if plain else attempt_id.encode().hex()
        path = os.path.abspath(f"{self.directory}/attempts/{name or 'none'}/work")
        self._make(self.directory)
        os.makedirs(path, mode=0o755, exist_ok=True)
        return path

    def spool_path(self) -> str:
        """A path for the overflow of the output; the directory is made if that is possible."""
        try:
            self._make(self.directory)
        except OSError:
            # Opening the file will fail as well, and the spool knows how to live with it.
            return f"{self.directory}/spool"
        return f"{self.directory}/spool-{os.getpid()}"

    def close(self) -> None:
        """Removes the directory if it is the agent's own idea."""
        if self._private and os.path.isdir(self.directory):
            remove_tree(self.directory)

    def _make(self, path: str) -> None:
        os.makedirs(path, mode=0o700, exist_ok=True)


def remove_attempt(work: str) -> None:
    """Removes a directory of `attempt_work` and the one around it."""
    remove_tree(work)
    try:
        os.rmdir(os.path.dirname(work))
    except OSError:
        return


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
