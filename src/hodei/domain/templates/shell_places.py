"""Where placeholders stand in a shell script.

It follows quotes, substitutions, comments and here-documents as far as the places depend on
them. What it misjudges costs a text its quoting, and never makes code of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum, auto

from hodei.domain.templates.placeholder import TOKEN
from hodei.domain.templates.places import Place

_WORD = re.compile(r"[A-Za-z_]+")
_BEFORE_WORD = frozenset(" \t\n;&|()`")
_DELIMITER = re.compile(r"[ \t]*((?:\\.|'[^'\n]*'|\"[^\"\n]*\"|[^\s;&|<>()'\"\\])+)")


class _Frame(Enum):
    TOP = auto()
    PAREN = auto()
    BACKTICK = auto()
    BRACE = auto()
    DOUBLE = auto()
    SINGLE = auto()
    DOLLAR_SINGLE = auto()
    ARITHMETIC = auto()
    ROUND = auto()
    """A parenthesis inside of arithmetic."""


_PLACES = {
    _Frame.TOP: Place.CODE,
    _Frame.PAREN: Place.CODE,
    _Frame.BACKTICK: Place.CODE,
    _Frame.BRACE: Place.QUOTED,
    _Frame.DOUBLE: Place.DOUBLE,
    _Frame.SINGLE: Place.QUOTED,
    _Frame.DOLLAR_SINGLE: Place.QUOTED,
    _Frame.ARITHMETIC: Place.ARITHMETIC,
    _Frame.ROUND: Place.ARITHMETIC,
}


def shell_places(script: str) -> Mapping[int, Place]:
    """The place of each placeholder, by where it begins; those that are not told are unclear."""
    reader = _Reader(script)
    reader.run()
    return reader.places


class _Reader:
    """One walk over a script."""

    def __init__(self, script: str) -> None:
        self._text = script
        self._at = 0
        self._frames = [_Frame.TOP]
        self._cases = [0]
        """Per frame of commands: `case` words whose `esac` has not come."""
        self._pending: list[tuple[str, bool, bool]] = []
        """Here-documents whose text begins on the next line: end, raw, without tabs."""
        self.places: dict[int, Place] = {}

    def run(self) -> None:
        while self._at < len(self._text):
            if self._placeholder(_PLACES[self._frames[-1]]):
                continue
            for read in self._readers():
                if read():
                    break

    def _readers(self) -> tuple[Callable[[], bool], ...]:
        """What may come next, in the order in which it is looked for; the last always does."""
        match self._frames[-1]:
            case _Frame.SINGLE:
                return (self._to_single,)
            case _Frame.DOLLAR_SINGLE:
                return self._escape, self._to_single
            case _Frame.DOUBLE:
                return self._escape, self._substitution, self._to_double
            case _Frame.BRACE:
                return self._escape, self._quote, self._substitution, self._to_brace
            case _Frame.ARITHMETIC | _Frame.ROUND:
                return self._escape, self._substitution, self._calculation
            case _:
                return self._escape, self._quote, self._substitution, self._command

    def _placeholder(self, place: Place) -> bool:
        token = TOKEN.match(self._text, self._at) if self._sees("{{") else None
        if token is None:
            return False
        if token[1]:
            self.places[self._at] = place
        self._at = token.end()
        return True

    def _sees(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _push(self, frame: _Frame, length: int) -> bool:
        self._frames.append(frame)
        self._cases.append(0)
        self._at += length
        return True

    def _pop(self, length: int) -> bool:
        self._frames.pop()
        self._cases.pop()
        self._at += length
        return True

    def _closed(self, sign: str) -> bool:
        if self._sees(sign):
            return self._pop(1)
        self._at += 1
        return True

    def _to_single(self) -> bool:
        return self._closed("'")

    def _to_double(self) -> bool:
        return self._closed('"')

    def _to_brace(self) -> bool:
        return self._closed("}")

    def _escape(self) -> bool:
        if not self._sees("\\"):
            return False
        self._at += 2
        return True

    def _quote(self) -> bool:
        if self._sees("'"):
            return self._push(_Frame.SINGLE, 1)
        if self._sees('"'):
            return self._push(_Frame.DOUBLE, 1)
        return self._sees("$'") and self._push(_Frame.DOLLAR_SINGLE, 2)

    def _substitution(self) -> bool:
        if self._sees("$(("):
            return self._push(_Frame.ARITHMETIC, 3)
        if self._sees("$("):
            return self._push(_Frame.PAREN, 2)
        if self._sees("${"):
            return self._push(_Frame.BRACE, 2)
        if self._sees("$[") and self._frames[-1] is not _Frame.DOUBLE:
            return self._push(_Frame.ARITHMETIC, 2)
        if not self._sees("`"):
            return False
        if _Frame.BACKTICK in self._frames:
            while self._frames[-1] is not _Frame.BACKTICK:
                self._pop(0)
            return self._pop(1)
        return self._push(_Frame.BACKTICK, 1)

    def _calculation(self) -> bool:
        if self._sees("("):
            return self._push(_Frame.ROUND, 1)
        if self._frames[-1] is _Frame.ROUND:
            return self._closed(")")
        if self._sees("))"):
            return self._pop(2)
        return self._closed("]")

    def _command(self) -> bool:
        begins = self._at == 0 or self._text[self._at - 1] in _BEFORE_WORD
        character = self._text[self._at]
        match character:
            case "\n":
                self._at += 1
                self._here_documents()
            case "#" if begins:
                self._comment()
            case "<" if self._sees("<<<"):
                self._at += 3
            case "<" if self._sees("<<"):
                self._here()
            case "(" if begins and self._sees("(("):
                self._push(_Frame.ARITHMETIC, 2)
            case "(":
                self._push(_Frame.PAREN, 1)
            case ")" if self._frames[-1] is _Frame.PAREN and not self._cases[-1]:
                self._pop(1)
            case _ if begins and (word := _WORD.match(self._text, self._at)):
                self._keyword(word[0])
            case _:
                self._at += 1
        return True

    def _keyword(self, word: str) -> None:
        if word == "case":
            self._cases[-1] += 1
        elif word == "esac":
            self._cases[-1] = max(0, self._cases[-1] - 1)
        self._at += len(word)

    def _comment(self) -> None:
        end = self._text.find("\n", self._at)
        self._until(len(self._text) if end < 0 else end, Place.COMMENT)

    def _until(self, end: int, place: Place) -> None:
        """Goes on to `end`; what stands between is of one kind."""
        for token in TOKEN.finditer(self._text, self._at, end):
            if token[1]:
                self.places[token.start()] = place
        self._at = end

    def _here(self) -> None:
        stripped = self._sees("<<-")
        self._at += 3 if stripped else 2
        word = _DELIMITER.match(self._text, self._at)
        if word is None:
            return
        self._at = word.end()
        raw = any(sign in word[1] for sign in "\\'\"")
        end = re.sub(r"\\(.)|['\"]", r"\1", word[1])
        self._pending.append((end, raw, stripped))

    def _here_documents(self) -> None:
        for end, raw, stripped in self._pending:
            begin = self._at
            while self._at < len(self._text):
                stop = self._text.find("\n", self._at)
                stop = len(self._text) if stop < 0 else stop
                line = self._text[self._at : stop]
                if (line.lstrip("\t") if stripped else line) == end:
                    break
                self._at = min(stop + 1, len(self._text))
            stop, self._at = self._at, begin
            self._until(stop, Place.QUOTED if raw else Place.HERE)
            self._at = min(stop + len(end) + 1, len(self._text)) if not stripped else self._eol()
        self._pending = []

    def _eol(self) -> int:
        stop = self._text.find("\n", self._at)
        return len(self._text) if stop < 0 else stop + 1
