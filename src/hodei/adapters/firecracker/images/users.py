"""Whom an image's programs run as, from its own lists of users and groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hodei.domain.errors import ImageUnavailable

MOST_BYTES = 1 << 20
LARGEST = 2**32 - 2


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """As numbers."""

    uid: int = 0
    gid: int = 0
    groups: Sequence[int] = ()


def resolve_user(user: str, tree: Path) -> User:
    """`name`, `uid`, `name:group` and so on. Raises ImageUnavailable for one that is not there."""
    name, colon, group = user.partition(":")
    rows = list(_rows(tree / "etc/passwd", 4))
    found = next((row for row in rows if name in (row[0], row[2])), None)
    if not name:
        uid, gid, known = 0, 0, "root"
    elif found is not None:
        uid, gid, known = int(found[2]), int(found[3]), found[0]
    elif name.isdecimal() and int(name) <= LARGEST:
        uid, gid, known = int(name), 0, ""
    else:
        raise ImageUnavailable(f"the image's user {name!r} is not in its /etc/passwd")
    groups = list(_rows(tree / "etc/group", 3))
    if colon and group:
        row = next((row for row in groups if group in (row[0], row[2])), None)
        if row is not None:
            gid = int(row[2])
        elif group.isdecimal() and int(group) <= LARGEST:
            gid = int(group)
        else:
            raise ImageUnavailable(f"the image's group {group!r} is not in its /etc/group")
        return User(uid=uid, gid=gid, groups=(gid,))
    others = [
        int(row[2]) for row in groups if len(row) > 3 and known in row[3].split(",") and known
    ]
    return User(uid=uid, gid=gid, groups=tuple(dict.fromkeys((gid, *others))))


def _rows(path: Path, least: int) -> Iterator[list[str]]:
    """Of a file of the image that is one itself: a link could lead out of the tree."""
    if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
        return
    with open(path, "rb") as file:
        content = file.read(MOST_BYTES).decode("utf-8", "replace")
    for line in content.splitlines():
        row = line.split(":")
        numbers = row[2:least]
        if len(row) >= least and all(each.isdecimal() and int(each) <= LARGEST for each in numbers):
            yield row
