"""Which words a page shows, and whether one of them was left in English."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

SOURCES = Path(__file__).resolve().parents[2] / "web" / "src"
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
def english_only() -> frozenset[str]:
    """Sentences that stand in an English file and in no Spanish one."""
    words: dict[str, set[str]] = {"en": set(), "es": set()}
    for path in SOURCES.rglob("i18n/**/*.json"):
        words[path.stem] |= texts(json.loads(path.read_text(encoding="utf-8")))
    return frozenset(one for one in words["en"] - words["es"] if "{{" not in one and len(one) > 3)


def check_spanish(page: Page) -> None:
    """Fails when a text of the page is one of the English files' only."""
    left = english_only() & set(page.evaluate(SPOKEN))
    assert left == set(), f"{page.url}: {left}"
