"""The launcher: a static program of 256 bytes of machine code that starts the interpreter.

An image's environment is meant for the image's programs. `LD_PRELOAD` would load a library of
the image into the agent, `LD_LIBRARY_PATH` would replace the agent's libraries, `GCONV_PATH` and
`LOCPATH` feed it foreign data. Nothing that is started through a loader can defend itself: the
loader obeys before the first instruction of the program. So the first program has no loader. It
renames every variable that does not begin with `HODEI_AGENT_`: `NAME=value` becomes
`HODEI_AGENT_ENV_NAME=value`. No library knows such a name, and the agent gives each job the
variables back under their own names.

Then it executes the bundle's loader with a fixed list of arguments. If that fails it says so on
stderr and ends with 127.

The code is assembled from the `.s` files of this package into the `.hex` files beside them, so
that nobody needs an assembler to build a bundle; a test assembles them again and compares. Code
takes the first 256 bytes; behind it lie the parameters: 16 bytes of mark, the addresses of the
arguments ended by a zero, and their text.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from importlib.resources import files

from hodei.app.bundle.elf import address_in_program, program

HIDDEN_PREFIX = "HODEI_AGENT_ENV_"
"""What the launcher puts before the name of a variable of the image."""
CODE_BYTES = 256
_MARK = HIDDEN_PREFIX.encode()
_ADDRESS = struct.Struct("<Q")


def machine_code(architecture: str) -> bytes:
    """The code for x86_64 or aarch64."""
    return bytes.fromhex(files(__name__).joinpath(f"{architecture}.hex").read_text("ascii"))


def make_launcher(architecture: str, arguments: Sequence[str]) -> bytes:
    """An executable that becomes `arguments`; the first of them is the file to execute."""
    code = machine_code(architecture)
    table = CODE_BYTES + len(_MARK)
    place = table + _ADDRESS.size * (len(arguments) + 1)
    addresses, text = b"", b""
    for argument in arguments:
        addresses += _ADDRESS.pack(address_in_program(place + len(text)))
        text += argument.encode() + b"\0"
    return program(architecture, code + _MARK + addresses + _ADDRESS.pack(0) + text)
