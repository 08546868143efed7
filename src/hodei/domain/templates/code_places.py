"""Where placeholders stand in a Python or JavaScript program: in code, a string or a comment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hodei.domain.templates.placeholder import TOKEN
from hodei.domain.templates.places import Place

_BEFORE_REGEX = frozenset("(,=:[!&|?{};+-*%~^<>\n")
_WORDS_BEFORE_REGEX = re.compile(r"\b(?:return|typeof|case|in|of|do|else|void|delete)$")


def code_places(script: str, *, python: bool) -> Mapping[int, Place]:
    """The place of each placeholder, by where it begins."""
    reader = _Reader(script, python=python)
    reader.run()
    return reader.places


class _Reader:
    """One walk over a program."""

    def __init__(self, script: str, *, python: bool) -> None:
        self._text = script
        self._python = python
        self._at = 0
        self._braces: list[int] = []
        """Per `${` that is open: braces opened inside of it."""
        self.places: dict[int, Place] = {}

    def run(self) -> None:
        while self._at < len(self._text):
            self._step()

    def _step(self) -> None:
        token = TOKEN.match(self._text, self._at) if self._sees("{{") else None
        if token is not None:
            if token[1]:
                self.places[self._at] = Place.CODE
            self._at = token.end()
        elif self._sees("'''") and self._python:
            self._string("'''")
        elif self._sees('"""') and self._python:
            self._string('"""')
        elif self._text[self._at] in "'\"":
            self._string(self._text[self._at])
        elif self._python:
            self._python_code()
        else:
            self._javascript_code()

    def _sees(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _python_code(self) -> None:
        if self._sees("#"):
            self._until("\n", Place.COMMENT)
        else:
            self._at += 1

    def _javascript_code(self) -> None:
        match self._text[self._at]:
            case "/" if self._sees("//"):
                self._until("\n", Place.COMMENT)
            case "/" if self._sees("/*"):
                self._until("*/", Place.COMMENT)
            case "/" if self._begins_regex():
                self._regex()
            case "`":
                self._at += 1
                self._template()
            case "{":
                self._braced(1)
            case "}":
                self._braced(-1)
            case _:
                self._at += 1

    def _braced(self, step: int) -> None:
        self._at += 1
        if not self._braces:
            return
        self._braces[-1] += step
        if self._braces[-1] < 0:
            self._braces.pop()
            self._template()

    def _template(self) -> None:
        """The text of a template literal, up to its end or to code inside of it."""
        while self._at < len(self._text):
            if self._sees("\\"):
                self._at += 2
            elif self._sees("`"):
                self._at += 1
                return
            elif self._sees("${"):
                self._at += 2
                self._braces.append(0)
                return
            else:
                self._quoted_one()

    def _string(self, sign: str) -> None:
        self._at += len(sign)
        while self._at < len(self._text):
            if self._sees("\\"):
                self._at += 2
            elif self._sees(sign) or (len(sign) == 1 and self._sees("\n")):
                self._at += len(sign)
                return
            else:
                self._quoted_one()

    def _regex(self) -> None:
        self._at += 1
        inside = False
        while self._at < len(self._text) and not self._sees("\n"):
            if self._sees("\\"):
                self._at += 2
                continue
            if self._sees("/") and not inside:
                self._at += 1
                return
            inside = (inside or self._sees("[")) and not self._sees("]")
            self._quoted_one()

    def _begins_regex(self) -> bool:
        before = self._text[max(0, self._at - 80) : self._at].rstrip(" \t")
        return (
            not before
            or before[-1] in _BEFORE_REGEX
            or _WORDS_BEFORE_REGEX.search(before) is not None
        )

    def _quoted_one(self) -> None:
        token = TOKEN.match(self._text, self._at) if self._sees("{{") else None
        if token is not None and token[1]:
            self.places[self._at] = Place.QUOTED
        self._at = token.end() if token else self._at + 1

    def _until(self, end: str, place: Place) -> None:
        stop = self._text.find(end, self._at)
        stop = len(self._text) if stop < 0 else stop + len(end)
        for token in TOKEN.finditer(self._text, self._at, stop):
            if token[1]:
                self.places[token.start()] = place
        self._at = stop
