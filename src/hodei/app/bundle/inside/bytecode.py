"""Compiles every source file of a folder, in place, and answers how many there were.

Arguments: the folder, and the path under which a worker will see it. The byte code is of the
unchecked kind: it is never compared with a source, and holds no time and no path of this machine.
Order and process are always the same, since whether a constant is shared shows in the bytes.
"""

from __future__ import annotations

import os
import py_compile
import sys


def main() -> None:
    folder, shown = sys.argv[1:]
    paths = [
        os.path.join(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if name.endswith(".py")
    ]
    for path in sorted(paths):
        py_compile.compile(
            path,
            cfile=path + "c",
            dfile=os.path.join(shown, os.path.relpath(path, folder)),
            doraise=True,
            optimize=2,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        os.unlink(path)
    sys.stdout.write(repr(len(paths)))


main()
