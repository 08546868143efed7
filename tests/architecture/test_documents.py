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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_proofs_are_tests(document: Path) -> None:
    for fence in fences(document):
        if fence.proof:
            file, _, name = fence.proof.partition("::")
            assert (ROOT / file).is_file(), f"{fence}: {file} is not there"
            assert not name or f"def {name}(" in (ROOT / file).read_text(), f"{fence}: {name}"
