"""The first program of a guest, and the drive that it and the agent's bundle lie on.

`init.c` is compiled, packed and kept beside its source, so that no server needs a compiler; a test
compiles it again and compares.
"""

from __future__ import annotations

import base64
import gzip
from importlib.resources import files

from hodei.domain.spec import Architecture

ORDERS_PORT = 1025
"""Of the host, where the init asks for its orders."""
AGENT_PORT = 1026
"""Of the host, where the agent reaches the server."""
JOB_GROUP = "/hodei/job"
"""Which the init makes for the job, and limits where the guest's kernel can."""
FOLDERS = ("dev", "proc", "image", "scratch", "root", ".hodei")
"""What the system drive has beside the init; mounted over in the guest."""


def init_program(architecture: Architecture) -> bytes | None:
    """The init for an architecture; None: there is none yet."""
    packed = files(__name__).joinpath(f"init-{architecture.value}.b64")
    if not packed.is_file():
        return None
    return gzip.decompress(base64.b64decode(packed.read_bytes()))
