"""Reads the settings of a provider field by field and remembers every fault."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hodei.domain.errors import InvalidRequest, Violation, shorten

MAX_ENTRIES = 100
"""Of a list or an object in settings."""
_REGISTRY = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryLogin:
    """A login at one registry of images."""

    username: str
    password: str = field(repr=False)


class SettingsReader:
    """What every type of provider reads alike; a type's own fields are methods of a subclass.

    A method gives the default for a value that is wrong: `finish` refuses the whole then.
    `secret` are fields whose values are never shown; `where` is the place of what is read.
    """

    def __init__(
        self,
        given: Mapping[str, object],
        secret: Collection[str] = (),
        *,
        where: str = "settings",
    ) -> None:
        # null is "not set": forms send it for an emptied field.
        self._given = {name: value for name, value in given.items() if value is not None}
        self._secret = secret
        self._where = where
        self._faults: list[Violation] = []

    def finish(self, known: Collection[str]) -> None:
        """Raises InvalidRequest if there was any fault, or a field that is not `known`."""
        for name in self._given:
            if name not in known:
                self.fault(name, f"unknown setting; known are {', '.join(known)}")
        if self._faults:
            raise InvalidRequest(self._faults)

    def fault(self, name: str, message: str, value: object = "") -> None:
        """Notes what is wrong with a field."""
        shown = "" if value == "" or name in self._secret else shorten(value)
        self._faults.append(Violation(field=f"{self._where}.{name}", message=message, value=shown))

    @property
    def faulty(self) -> bool:
        """Whether anything was wrong so far."""
        return bool(self._faults)

    def given(self, name: str, default: object = None) -> object:
        """The value as it came."""
        return self._given.get(name, default)

    def choice(self, name: str, choices: Iterable[str], default: str) -> str:
        """One of a few words, such as the values of an enumeration."""
        value = self._given.get(name, default)
        allowed = [str(each) for each in choices]
        if not isinstance(value, str) or value not in allowed:
            self.fault(name, f"must be one of {', '.join(allowed)}", value)
            return default
        return value

    def whole(self, name: str, low: int, high: int, default: int) -> int:
        """A whole number from `low` to `high`."""
        value = self._given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(name, f"must be a whole number from {low} to {high}", value)
            return default
        return value

    def optional_whole(self, name: str, low: int, high: int) -> int | None:
        """The same, or None where it is not set."""
        return self.whole(name, low, high, low) if name in self._given else None

    def cores(self, name: str, most: float) -> float | None:
        """A number of CPU cores, or None where it is not set."""
        value = self._given.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
            self.fault(name, f"must be a number above 0 and at most {most:g}", value)
            return None
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        """true or false."""
        value = self._given.get(name, default)
        if not isinstance(value, bool):
            self.fault(name, "must be true or false", value)
            return default
        return value

    def items(self, name: str, what: str = "entries") -> Sequence[object]:
        """The items of a list, whatever they are."""
        value = self._given.get(name, ())
        if not isinstance(value, list | tuple) or len(value) > MAX_ENTRIES:
            self.fault(name, f"must be a list of at most {MAX_ENTRIES} {what}", value)
            return ()
        return value

    def entries(self, name: str) -> Mapping[str, object]:
        """The fields of an object, whatever they are."""
        value = self._given.get(name, {})
        if not isinstance(value, Mapping) or len(value) > MAX_ENTRIES:
            self.fault(name, f"must be an object of at most {MAX_ENTRIES} entries")
            return {}
        return {str(key): each for key, each in value.items()}

    def registries(self) -> dict[str, RegistryLogin]:
        """Logins by the host of their registry."""
        found = {}
        for host, login in self.entries("registries").items():
            where = f"registries.{host}"
            user = login.get("username") if isinstance(login, Mapping) else None
            word = login.get("password") if isinstance(login, Mapping) else None
            if not _REGISTRY.fullmatch(host):
                self.fault(where, "must be named by the registry's host, with its port if any")
            elif not isinstance(login, Mapping) or login.keys() - {"username", "password"}:
                self.fault(where, "must be an object with username and password")
            elif not isinstance(user, str) or not user or not isinstance(word, str):
                self.fault(where, "must have a username and a password")
            else:
                found[host] = RegistryLogin(username=user, password=word)
        return found
