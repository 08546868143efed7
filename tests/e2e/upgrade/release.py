"""The release before this one, from its archive, on this environment's libraries."""

from __future__ import annotations

import hashlib
import os
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

VERSION = "0.1.0"
SHA256 = "24cfabc79f3a3402de810733d730d193a57b87f359060898b23a70308e78b516"
_ARCHIVE = Path(__file__).with_name(f"hodei-{VERSION}.tar.xz")
_MAIN = (
    "import sys; sys.path.insert(0, sys.argv.pop(1));"
    " from hodei.app.cli.main import main; sys.exit(main())"
)


@contextmanager
def previous_release() -> Iterator[Path]:
    """The unpacked archive, to be given to `command`."""
    packed = _ARCHIVE.read_bytes()
    assert hashlib.sha256(packed).hexdigest() == SHA256, f"{_ARCHIVE} is not the one on record"
    with TemporaryDirectory(prefix="hodei-release-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        with tarfile.open(_ARCHIVE) as archive:
            # Debian 12's Python knows no filters yet; the archive is on record.
            archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            archive.extractall(folder)
        yield Path(folder)


def command(release: Path, *words: str) -> list[str]:
    """The command line program of an unpacked release; its code comes before this checkout's."""
    return [sys.executable, "-c", _MAIN, str(release), *words]
