"""What the provider tells its agent, read once from the environment and then removed from it.

Nothing of it reaches a job: every name begins with `HODEI_AGENT_` and `environment` drops those.
"""

from __future__ import annotations

import os

from hodei.agent.processes import signal_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

PREFIX = "HODEI_AGENT_"
LIMIT_MODES = ("cgroup", "given", "rlimit", "none")
WORKDIR_MODES = ("attempt", "inherit")
PASSWORD_FILE_BYTES = 32_768
LOG_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class SettingsError(Exception):
    """A setting is missing or wrong; `str()` names it and says what is allowed."""


class AgentSettings:
    """The agent's settings; the password is handed out once by `take_otp`.

    `identity` is what follows the password's line: the certificate and key, PEM, to show to a
    server of `tls://` for enrolling; perhaps empty.
    """

    __slots__ = (
        "_otp",
        "ca",
        "cgroup",
        "directory",
        "identity",
        "image_entrypoint",
        "limits",
        "log_level",
        "register_timeout_s",
        "reusable",
        "server",
        "spool_bytes",
        "stop_signal",
        "workdir",
        "worker_id",
    )

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        """Takes every `HODEI_AGENT_` entry out of `environ`. Raises SettingsError."""
        given = {}
        for name in [name for name in environ if name.startswith(PREFIX)]:
            given[name[len(PREFIX) :]] = environ.pop(name)
        self.server = _required(given, "SERVER")
        self.worker_id = _required(given, "WORKER_ID")
        self.ca = given.get("CA", "")
        self.directory = given.get("DIR", "")
        self.cgroup = given.get("CGROUP", "")
        self.limits = _choice(given, "LIMITS", LIMIT_MODES, "none")
        self.workdir = _choice(given, "WORKDIR", WORKDIR_MODES, "inherit")
        self.reusable = _choice(given, "REUSABLE", ("0", "1"), "0") == "1"
        self.spool_bytes = _integer(given, "SPOOL_BYTES", 256 << 20)
        self.register_timeout_s = _integer(given, "REGISTER_TIMEOUT_S", 300)
        self.image_entrypoint = given.get("IMAGE_ENTRYPOINT", "")
        self.stop_signal = signal_number(given.get("STOP_SIGNAL", ""))
        self.log_level = LOG_LEVELS[_choice(given, "LOG_LEVEL", tuple(LOG_LEVELS), "info")]
        password = given.get("OTP") or _read_once(given.get("OTP_FILE", ""))
        self._otp, _, identity = password.partition("\n")
        self.identity = identity
        if not self._otp:
            raise SettingsError(f"{PREFIX}OTP or {PREFIX}OTP_FILE must hold the one-time password")

    def take_otp(self) -> str:
        """The one-time password, forgotten here once it is taken."""
        otp, self._otp = self._otp, ""
        return otp


def _required(given: dict[str, str], name: str) -> str:
    value = given.get(name, "")
    if not value:
        raise SettingsError(f"{PREFIX}{name} must be set")
    return value


def _choice(given: dict[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = given.get(name) or default
    if value not in allowed:
        raise SettingsError(f"{PREFIX}{name} must be one of {', '.join(allowed)}, not {value!r}")
    return value


def _integer(given: dict[str, str], name: str, default: int) -> int:
    value = given.get(name) or str(default)
    if not value.isdecimal():
        raise SettingsError(f"{PREFIX}{name} must be a whole number, not {value!r}")
    return int(value)


def _read_once(path: str) -> str:
    """The content of the password file, which is removed where the agent may do so."""
    if not path:
        return ""
    try:
        with open(path, encoding="utf-8") as file:
            content = file.read(PASSWORD_FILE_BYTES).strip()
    except OSError as error:
        raise SettingsError(f"{PREFIX}OTP_FILE cannot be read: {error.strerror}") from error
    try:
        os.unlink(path)
    except OSError:
        return content
    return content
