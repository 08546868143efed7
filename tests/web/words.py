"""Which words a page shows, and whether one of them was left in English."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

SOURCES = Path(__file__).resolve().parents[2] / "web" / "src"
VALUE = re.compile(r"\{\{.*?\}\}")
WORD = re.compile(r"[a-z]{4}(?![^{]*\}\})", re.IGNORECASE)
"""A word that is not the name of a value."""
SPOKEN = """() => {
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_ALL);
    for (let at = walk.nextNode(); at; at = walk.nextNode()) {
        const element = at.nodeType === 1 ? at : at.parentElement;
        if (element.closest('[lang=en], code, pre, script')) continue;
        if (at.nodeType === 3) found.push(at.data.trim());
        else if (at.nodeType === 1)
            for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
                found.push(at.getAttribute(name) ?? '');
    }
    return found.concat(document.title.split(' · '));
}"""


def texts(node: object) -> set[str]:
    """All texts of a file of words."""
    if isinstance(node, dict):
        return set().union(*(texts(one) for one in node.values()))
    return {str(node)}


@cache
def _words() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"en": set(), "es": set()}
    for path in SOURCES.rglob("i18n/**/*.json"):
        found[path.stem] |= texts(json.loads(path.read_text(encoding="utf-8")))
    return found


@cache
def english_only() -> frozenset[str]:
    """Sentences that stand in an English file and in no Spanish one."""
    left = _words()["en"] - _words()["es"]
    return frozenset(one for one in left if "{{" not in one and len(one) > 3)


@cache
def with_values(language: str) -> re.Pattern[str]:
    """Any sentence of one language only that a name or a number is put into."""
    other = _words()["es" if language == "en" else "en"]
    told = [one for one in _words()[language] - other if "{{" in one and WORD.search(one)]
    return re.compile("|".join(".+".join(map(re.escape, VALUE.split(one))) for one in told))


def left_in_english(said: set[str]) -> set[str]:
    """Those that are one of the English files' only, with or without values in it."""
    filled = {one for one in said if with_values("en").fullmatch(one)}
    return (said & english_only()) | {one for one in filled if not with_values("es").fullmatch(one)}


def check_spanish(page: Page) -> None:
    """Fails when a text of the page is one of the English files' only."""
    left = left_in_english(set(page.evaluate(SPOKEN)))
    assert left == set(), f"{page.url}: {left}"
