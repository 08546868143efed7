"""Where agents call: a unix socket for those on this machine.

It lies in a directory of its own, which containers get to see, and serves the worker protocol and
nothing else: whoever is in a container may call it, and without a password or a session of its
own gets nowhere.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from hodei.domain.errors import Unavailable

FOLDER, NAME = "agents", "agent.sock"
MAX_SOCKET_PATH = 100
"""The kernel takes 107 bytes."""


def agent_socket(data_dir: Path) -> Path:
    """Where agents of this machine reach the server: the same path after every restart.

    Its directory is made now: closed to this machine's other users by the one above, open to
    whatever user a container runs as, which sees it without those above. Raises Unavailable.
    """
    path = data_dir / "run" / FOLDER / NAME
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        short = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"hodei-{os.getuid()}-{short}" / FOLDER / NAME
    private = path.parent.parent
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    if private.stat().st_uid != os.getuid():
        raise Unavailable(f"{private} belongs to somebody else; set HODEI_DATA_DIR")
    path.parent.mkdir(mode=0o755, exist_ok=True)
    path.parent.chmod(0o755)
    return path
