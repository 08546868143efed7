"""Where in a script a placeholder can stand."""

from __future__ import annotations

from enum import Enum


class Place(Enum):
    """What the script's language makes of text there."""

    CODE = "code"
    """A word or an expression."""
    DOUBLE = "double"
    """Between double quotes of a shell, where variables are replaced."""
    HERE = "here"
    """In a here-document of a shell in which variables are replaced."""
    QUOTED = "quoted"
    """In text that is taken as it is."""
    ARITHMETIC = "arithmetic"
    """Where a shell calculates."""
    COMMENT = "comment"
