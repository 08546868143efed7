"""The import contracts of pyproject.toml cover the tree that is there."""

from __future__ import annotations

import tomllib

from tests.architecture.measures import PACKAGE, ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_top_level_package_has_a_layer() -> None:
    layers = {
        name.strip()
        for contract in PYPROJECT["tool"]["importlinter"]["contracts"]
        for layer in contract.get("layers", [])
        for name in layer.split("|")
    }
    there = {path.parent.name for path in PACKAGE.glob("*/*.py")}
    assert there - layers == set()


def test_locks_are_hashed_and_hold_no_address() -> None:
    for name in ("runtime", "dev", "build"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        pins = [line for line in text.splitlines() if not line.startswith(" ")]
        assert pins
        assert all("==" in line and line.endswith("\\") for line in pins)
        assert "://" not in text
        assert text.count("--hash=sha256:") >= len(pins)
