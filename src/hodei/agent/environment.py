"""The environment of the user's process.

It starts from the one the agent itself was given by the kernel, not from `os.environ`: the
interpreter may have added `LC_CTYPE` there (locale coercion), which the image never had.
"""

from __future__ import annotations

import os

from hodei.agent.settings import PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

HIDDEN = f"{PREFIX}ENV_"
"""What the bundle's launcher puts before the image's variables, out of reach of the loader."""
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def original_environment() -> dict[str, str]:
    """What the image has, and the provider added; without the agent's own settings."""
    try:
        with open("/proc/self/environ", "rb") as file:
            entries = parse_block(file.read())
    except OSError:
        entries = dict(os.environ)
    given: dict[str, str] = {}
    for name, value in entries.items():
        if name.startswith(HIDDEN):
            given[name[len(HIDDEN) :]] = value
        elif not name.startswith(PREFIX):
            given.setdefault(name, value)
    return given


def parse_block(block: bytes) -> dict[str, str]:
    """The kernel's form, `name=value` ended by NUL; of a repeated name the first counts."""
    entries: dict[str, str] = {}
    for item in block.split(b"\0"):
        name, separator, value = item.partition(b"=")
        if separator and name:
            entries.setdefault(os.fsdecode(name), os.fsdecode(value))
    return entries


def job_environment(
    base: Mapping[str, str],
    env: Mapping[str, str],
    secret_env: Mapping[str, str],
    identity: Mapping[str, str],
) -> dict[str, str]:
    """The image's environment, then the job's, its secrets, and who it is, later ones winning."""
    merged = {**base, **env, **secret_env, **identity}
    merged.setdefault("PATH", DEFAULT_PATH)
    merged.setdefault("PYTHONUNBUFFERED", "1")
    return merged
