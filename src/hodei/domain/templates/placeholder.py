"""Placeholders: `{{ name }}` in the texts of a template's spec, and the places they stand in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

NAME = r"[a-z][a-z0-9_]{0,62}"
_BLANK = r"[ \t\r\n\f\v]*"
TOKEN = re.compile(rf"\{{\{{!|\{{\{{{_BLANK}({NAME}){_BLANK}\}}\}}")
"""A placeholder, or `{{!`, which stands for `{{` where a placeholder would be read otherwise."""
_WHOLE = re.compile(rf"\{{\{{{_BLANK}({NAME}){_BLANK}\}}\}}")
_WOULD_BE_READ = re.compile(rf"\{{\{{(?=!|{_BLANK}{NAME}{_BLANK}\}}\}})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A text of a spec with placeholders in it."""

    path: str
    """As violations name it: `env.CITY`, `command.argv[2]`."""
    text: str
    names: tuple[str, ...]
    """Of the parameters, in order, each as often as it stands there."""

    @property
    def whole(self) -> str | None:
        """The name, when the text is nothing but one placeholder."""
        return whole(self.text)


def whole(text: str) -> str | None:
    """The name, when `text` is nothing but one placeholder."""
    found = _WHOLE.fullmatch(text)
    return found[1] if found else None


def names_in(text: str) -> tuple[str, ...]:
    """Names of the placeholders in a text."""
    return tuple(found[1] for found in TOKEN.finditer(text) if found[1])


def filled(text: str, fill: Callable[[str], str]) -> str:
    """The text with every placeholder replaced by what `fill` says of its name."""
    if "{{" not in text:
        return text
    return TOKEN.sub(lambda found: fill(found[1]) if found[1] else "{{", text)


def escaped(text: str) -> str:
    """A text of a template that gives `text` back, whatever it looks like."""
    return _WOULD_BE_READ.sub("{{!", text) if "{{" in text else text


def texts(data: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text among the values of plain data, with its path."""
    match data:
        case str():
            yield path, data
        case Mapping():
            for key, value in data.items():
                yield from texts(value, f"{path}.{key}" if path else str(key))
        case Sequence():
            for index, value in enumerate(data):
                yield from texts(value, f"{path}[{index}]")


def spots(data: object) -> list[Spot]:
    """Where placeholders stand."""
    return [
        Spot(path=path, text=text, names=names)
        for path, text in texts(data)
        if "{{" in text and (names := names_in(text))
    ]


def with_texts(data: object, change: Callable[[str], str]) -> object:
    """A copy of plain data with every text among its values changed."""
    match data:
        case str():
            return change(data)
        case Mapping():
            return {key: with_texts(value, change) for key, value in data.items()}
        case list() | tuple():
            return [with_texts(value, change) for value in data]
        case _:
            return data
