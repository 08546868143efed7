"""Generates `docs/api/openapi.json` from the operations of the HTTP interface.

usage: generate_openapi.py [--check]   with --check nothing is written; exit code 1 when stale
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from hodei.api.http.app import openapi_document

OUT = Path(__file__).resolve().parent.parent / "docs" / "api" / "openapi.json"


def main() -> int:
    """Generates, or compares with what is there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    fresh = json.dumps(openapi_document(), indent=1, ensure_ascii=False) + "\n"
    if check:
        if OUT.exists() and OUT.read_text(encoding="utf-8") == fresh:
            return 0
        print("stale, run `make generate`:", OUT.name)
        return 1
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
