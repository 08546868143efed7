"""What the documents say exists: their links lead somewhere, their proofs are tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documents import ROOT, fences

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
CODE = re.compile(r"^(`{3,}).*?^\1$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def anchors(document: Path) -> set[str]:
    """What a reader may jump to, as forges name it."""
    text = re.sub(r"^(`{3,}).*?^\1$", "", document.read_text("utf-8"), flags=re.M | re.S)
    titles = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title) for title in HEADING.findall(text))
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    lost = []
    for target, anchor in LINK.findall(CODE.sub("", document.read_text(encoding="utf-8"))):
        path = (document.parent / target).resolve() if target else document
        if not path.exists():
            lost.append(target)
        elif anchor and path.suffix == ".md" and anchor not in anchors(path):
            lost.append(f"{target}#{anchor}")
    assert not lost


SPANISH = [path for path in DOCUMENTS if path.name.endswith("_ES.md")]


@pytest.mark.parametrize("document", SPANISH, ids=lambda path: str(path.relative_to(ROOT)))
def test_both_languages_have_the_same_parts(document: Path) -> None:
    other = document.with_name(document.name.replace("_ES", ""))
    assert _parts(document) == _parts(other)


def _parts(document: Path) -> tuple[list[int], list[tuple[str, str, str]]]:
    """Depths of the headings, and the blocks of commands with their proofs."""
    text = re.sub(r"^(`{3,}).*?^\1$", "", document.read_text("utf-8"), flags=re.M | re.S)
    depths = [len(found) for found in re.findall(r"^(#+) ", text, re.MULTILINE)]
    # The first page talks to readers in its examples as well.
    same = document.parent != ROOT
    shown = [
        (each.language, each.proof, _plain(each.text) if same else "") for each in fences(document)
    ]
    return depths, shown


def _plain(text: str) -> str:
    """Commands without what is said about them."""
    return re.sub(r"\s+#.*$", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_proofs_are_tests(document: Path) -> None:
    for fence in fences(document):
        if fence.proof:
            file, _, name = fence.proof.partition("::")
            assert (ROOT / file).is_file(), f"{fence}: {file} is not there"
            assert not name or f"def {name}(" in (ROOT / file).read_text(), f"{fence}: {name}"
