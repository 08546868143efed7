"""What the documents say exists: their links lead somewhere, their commands are run by tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documents import ROOT, Fence, commands, fences, significant

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
    shown = [(each.language, each.proof, _plain(document, each)) for each in fences(document)]
    return depths, shown


def _plain(document: Path, fence: Fence) -> str:
    """Commands without what is said about them."""
    if document.parent == ROOT:
        # The first page talks to readers in its examples as well.
        lines = fence.script.splitlines() if fence.language == "sh" else []
        return "\n".join(" ".join(sorted(significant(line))) for line in lines)
    return re.sub(r"\s+#.*$", "", fence.text, flags=re.MULTILINE)


CLI = "tests/e2e/cli/test_documents.py"
RUN = {
    "docs/guide/README.md": "tests/e2e/docker/test_guide.py",
    "docs/providers.md": "tests/e2e/cli/test_third_party_provider.py",
    "README.md": CLI,
    "docs/identity.md": CLI,
    "docs/operations.md": CLI,
    "docs/schedules.md": CLI,
    "docs/shell.md": CLI,
    "docs/templates.md": CLI,
    "docs/tls.md": CLI,
    "docs/webhooks.md": CLI,
    "docs/deploy-kubernetes.md": "tests/kubernetes/deploy/release.py",
    "docs/kubernetes.md": "tests/kubernetes/jobs/test_documents.py",
}
"""Whose blocks without a proof a test runs as they stand."""

BY_HAND: set[str] = set()
"""What no test runs: document, and the first line of the block; the document says why."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_proofs_are_tests(document: Path) -> None:
    for fence in fences(document):
        for proof in fence.proofs:
            file, _, name = proof.partition("::")
            assert file.startswith(("tests/", ".ci/")), f"{fence}: {file} is no test"
            assert (ROOT / file).is_file(), f"{fence}: {file} is not there"
            assert not name or f"def {name}(" in (ROOT / file).read_text(), f"{fence}: {name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_is_run_by_a_test(document: Path) -> None:
    for fence in commands(document):
        if fence.by_hand:
            continue
        if fence.proofs:
            assert not _missing(fence), f"{fence}: its proof has not {_missing(fence)}"
        else:
            test = RUN.get(_original(document))
            assert test, f"{fence}: no test runs it, and it names none"
            said = (ROOT / test).read_text("utf-8")
            assert "run_commands" in said and document.name.removesuffix("_ES.md") in said


def _original(document: Path) -> str:
    """The English document, whose commands the Spanish one shows as well."""
    return str(document.relative_to(ROOT)).replace("_ES", "")


def _missing(fence: Fence) -> set[str]:
    """Words of the commands that none of their proofs has."""
    said = "\n".join((ROOT / each.partition("::")[0]).read_text("utf-8") for each in fence.proofs)
    return {
        word
        for word in significant(fence.script)
        if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", said)
    }


def test_what_is_left_to_readers_is_listed() -> None:
    found = {
        f"{fence.document}: {fence.script.splitlines()[0]}"
        for document in DOCUMENTS
        for fence in commands(document)
        if fence.by_hand
    }
    assert found == BY_HAND


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_are_marked_as_such(document: Path) -> None:
    shown = re.compile(r"^(\$ |make |hodei |kubectl |docker )", re.MULTILINE)
    assert not [
        str(each) for each in fences(document) if not each.language and shown.search(each.text)
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "hodei jobs cancel --wait --reason 'x --y' JOB  # --why",
            "hodei jobs cancel --wait --reason",
        ),
        ("A_B=1 .venv/bin/hodei serve", "A_B hodei serve"),
        ("docker load <a.tar && docker push r/x:1", "docker load push"),
        ("make chaos \\\n  X=--y | grep z", "make chaos grep z"),
    ],
)
def test_what_is_significant(text: str, words: str) -> None:
    assert significant(text) == set(words.split())
