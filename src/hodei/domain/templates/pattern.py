"""Patterns for text, matched in time that grows with the text and never faster.

A pattern is what regular expressions of Python and JavaScript have in common and an automaton
can follow: characters, classes, groups, `|`, and the quantifiers `* + ? {m,n}`. It is compiled
to a short program, and the text is read once with the set of places where the program may be,
so that no pattern and no text can make it explode.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

LONGEST_PATTERN = 200
LONGEST_TEXT = 1_024
"""Characters of a text that is held against a pattern."""
MOST_STEPS = 400
"""Of a program; counted repetitions are written out."""
_MOST_REPEATS = 200
_DEEPEST = 20

Ranges = tuple[tuple[int, int], ...]
_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 13), (32, 32))
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_CONTROLS = {"t": 9, "n": 10, "r": 13, "f": 12, "v": 11}
_SPECIAL = frozenset(".^$*+?{}[]\\|()/-")
_END = 0x10FFFF


class BadPattern(ValueError):
    """It is not a pattern, or one that is not taken; the message says why."""


@dataclass(frozen=True, slots=True)
class _Char:
    ranges: Ranges

    def takes(self, code: int) -> bool:
        return any(low <= code <= high for low, high in self.ranges)


@dataclass(frozen=True, slots=True)
class _Seq:
    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Either:
    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Repeat:
    part: _Node
    least: int
    most: int | None


_Node = _Char | _Seq | _Either | _Repeat
_Step = _Char | tuple[int, ...]
"""A character to be read, or the steps to go on with."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> tuple[_Step, ...]:
    """The program of a pattern. Raises BadPattern."""
    if len(pattern) > LONGEST_PATTERN:
        raise BadPattern(f"must be at most {LONGEST_PATTERN} characters long")
    steps: list[_Step] = []
    _emit(_Parser(pattern).read(), steps)
    return tuple(steps)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern. Raises BadPattern."""
    steps = compiled(pattern)
    now = _closure(steps, [0])
    for character in text:
        code = ord(character)
        after = [at + 1 for at in now if at < len(steps) and _takes(steps[at], code)]
        if not after:
            return False
        now = _closure(steps, after)
    return len(steps) in now


def _takes(step: _Step, code: int) -> bool:
    return isinstance(step, _Char) and step.takes(code)


def _closure(steps: tuple[_Step, ...], begin: list[int]) -> set[int]:
    seen: set[int] = set()
    waiting = begin
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        if at < len(steps) and isinstance(step := steps[at], tuple):
            waiting += step
    return seen


def _emit(node: _Node, steps: list[_Step]) -> None:
    if len(steps) > MOST_STEPS:
        raise BadPattern("is too large; use smaller numbers in {m,n}")
    match node:
        case _Char():
            steps.append(node)
        case _Seq():
            for part in node.parts:
                _emit(part, steps)
        case _Either():
            _emit_either(node.parts, steps)
        case _Repeat():
            _emit_repeat(node, steps)


def _emit_either(parts: tuple[_Node, ...], steps: list[_Step]) -> None:
    ends = []
    for part in parts[:-1]:
        fork = len(steps)
        steps.append(())
        _emit(part, steps)
        ends.append(len(steps))
        steps.append(())
        steps[fork] = (fork + 1, len(steps))
    _emit(parts[-1], steps)
    for end in ends:
        steps[end] = (len(steps),)


def _emit_repeat(node: _Repeat, steps: list[_Step]) -> None:
    for _ in range(node.least):
        _emit(node.part, steps)
    if node.most is None:
        fork = len(steps)
        steps.append(())
        _emit(node.part, steps)
        steps.append((fork,))
        steps[fork] = (fork + 1, len(steps))
        return
    forks = []
    for _ in range(node.most - node.least):
        forks.append(len(steps))
        steps.append(())
        _emit(node.part, steps)
    for fork in forks:
        steps[fork] = (fork + 1, len(steps))


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        # The whole text is always held against the pattern: these say so once more.
        text = text.removeprefix("^")
        slashes = len(text) - len(text.rstrip("$").rstrip("\\")) - 1
        self._text = text[:-1] if text.endswith("$") and slashes % 2 == 0 else text
        self._at = 0
        self._depth = 0

    def read(self) -> _Node:
        node = self._either()
        if self._at < len(self._text):
            raise BadPattern("has a ')' without a '('")
        return node

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        taken = self._peek()
        if not taken:
            raise BadPattern("ends too early")
        self._at += 1
        return taken

    def _either(self) -> _Node:
        parts = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else _Either(tuple(parts))

    def _sequence(self) -> _Node:
        parts: list[_Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._quantified(self._atom()))
        return _Seq(tuple(parts))

    def _atom(self) -> _Node:
        match self._take():
            case "(":
                return self._group()
            case "[":
                return _Char(self._class())
            case ".":
                return _Char(_others(((10, 10), (13, 13))))
            case "\\":
                return _Char(self._escape())
            case ("*" | "+" | "?" | "{" | "^" | "$") as sign:
                raise BadPattern(
                    f"has a {sign!r} that is out of place; write '\\{sign}' for itself"
                )
            case other:
                return _Char(((ord(other), ord(other)),))

    def _group(self) -> _Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadPattern(f"must not be nested deeper than {_DEEPEST} groups")
        if self._peek() == "?":
            if not self._text.startswith("?:", self._at):
                raise BadPattern("may have groups ( ) and (?: ), and no look-around")
            self._at += 2
        node = self._either()
        if self._peek() != ")":
            raise BadPattern("has a '(' without a ')'")
        self._at += 1
        self._depth -= 1
        return node

    def _quantified(self, node: _Node) -> _Node:
        match self._peek():
            case "*":
                least, most = 0, None
            case "+":
                least, most = 1, None
            case "?":
                least, most = 0, 1
            case "{":
                return self._counted(node)
            case _:
                return node
        self._at += 1
        return self._once(_Repeat(node, least, most))

    def _counted(self, node: _Node) -> _Node:
        end = self._text.find("}", self._at)
        first, comma, second = self._text[self._at + 1 : end].partition(",")
        if end < 0 or not _is_count(first) or (second and not _is_count(second)):
            raise BadPattern("has a '{' that is no count such as {2,5}; write '\\{' for itself")
        least = int(first)
        most = int(second) if second else (None if comma else least)
        if most is not None and most < least:
            raise BadPattern(f"has the counts {{{least},{most}}} the wrong way round")
        self._at = end + 1
        return self._once(_Repeat(node, least, most))

    def _once(self, node: _Node) -> _Node:
        # What is lazy finds the same texts.
        if self._peek() == "?":
            self._at += 1
        if self._peek() in ("*", "+", "?", "{") and self._peek():
            raise BadPattern("repeats a repetition; put it into a group")
        return node

    def _escape(self) -> Ranges:
        letter = self._take()
        if letter.lower() in _CLASSES:
            ranges = _CLASSES[letter.lower()]
            return ranges if letter.islower() else _others(ranges)
        if letter in _CONTROLS:
            return ((_CONTROLS[letter], _CONTROLS[letter]),)
        if letter in _SPECIAL:
            return ((ord(letter), ord(letter)),)
        raise BadPattern(f"has '\\{letter}', which is not taken; \\d, \\w, \\s and \\. are")

    def _class(self) -> Ranges:
        negated = self._peek() == "^"
        if negated:
            self._at += 1
        found: list[tuple[int, int]] = []
        while self._peek() != "]":
            low = self._member()
            following = self._text[self._at + 1 : self._at + 2]
            single = len(low) == 1 and low[0][0] == low[0][1]
            if single and self._peek() == "-" and following not in ("", "]"):
                self._at += 1
                low = self._range(low, self._member())
            found += low
        self._at += 1
        if not found:
            raise BadPattern("has an empty class []")
        return _others(tuple(found)) if negated else tuple(found)

    def _member(self) -> Ranges:
        taken = self._take()
        if taken == "\\":
            return self._escape()
        if taken == "[":
            raise BadPattern("has a '[' inside a class; write '\\[' for itself")
        return ((ord(taken), ord(taken)),)

    @staticmethod
    def _range(low: Ranges, high: Ranges) -> Ranges:
        if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
            raise BadPattern("has a range that does not go upwards")
        return ((low[0][0], high[0][0]),)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= _MOST_REPEATS


def _others(ranges: Ranges) -> Ranges:
    return tuple(_gaps(sorted(ranges)))


def _gaps(ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    begin = 0
    for low, high in ranges:
        if low > begin:
            yield begin, low - 1
        begin = max(begin, high + 1)
    if begin <= _END:
        yield begin, _END
