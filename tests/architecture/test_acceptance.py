"""Every test that the acceptance list of the web UI names is there."""

from __future__ import annotations

import re

from tests.architecture.measures import ROOT

LIST = ROOT / "docs" / "web-acceptance.md"
NAMED = re.compile(r"`((?:tests|web)/[\w./-]+)(?:::(\w+)|: ([^`]+))?`")
CHECKS = 40


def test_each_named_test_exists() -> None:
    named = NAMED.findall(LIST.read_text(encoding="utf-8"))
    assert len(named) > CHECKS
    for path, function, words in named:
        file = ROOT / path
        assert file.exists(), path
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        assert not function or f"def {function}(" in text, f"{path}::{function}"
        assert words in text, f"{path}: {words}"


def test_all_checks_are_listed_once() -> None:
    rows = re.findall(r"^\| (\d+) \|", LIST.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [str(number) for number in range(1, CHECKS + 1)]
