"""Generates the protobuf and gRPC modules of `hodei.wire.gen` from `proto/`.

usage: generate_proto.py [--check]     with --check nothing is written; exit code 1 when stale
"""

from __future__ import annotations

import argparse
import filecmp
import importlib.resources
import re
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
OUT = ROOT / "src" / "hodei" / "wire" / "gen"


def generate(out: Path) -> None:
    """Writes the modules below `out`, with imports rewritten to the package they live in."""
    sources = sorted(str(path) for path in PROTO.rglob("*.proto"))
    include = str(importlib.resources.files("grpc_tools") / "_proto")
    code = protoc.main(
        [
            "protoc",
            f"-I{PROTO}",
            f"-I{include}",
            f"--python_out={out}",
            f"--grpc_python_out={out}",
            f"--mypy_out=quiet:{out}",
            f"--mypy_grpc_out=quiet:{out}",
            *sources,
        ]
    )
    if code != 0:
        raise SystemExit(code)
    flat = out / "hodei" / "v1"
    for path in sorted(flat.iterdir()):
        text = path.read_text()
        text = re.sub(r"from hodei\.v1 import", "from hodei.wire.gen import", text)
        text = re.sub(r"import hodei\.v1\.", "import hodei.wire.gen.", text)
        text = re.sub(r"(?<![\w/])hodei\.v1\.(\w+_pb2)", r"hodei.wire.gen.\1", text)
        (out / path.name).write_text(text)
        path.unlink()
    flat.rmdir()
    flat.parent.rmdir()
    (out / "__init__.py").write_text(
        '"""Generated from `proto/`; see scripts/generate_proto.py."""\n'
    )


def main() -> int:
    """Generates, or compares with what is there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    if not check:
        OUT.mkdir(parents=True, exist_ok=True)
        generate(OUT)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        fresh = sorted(path.name for path in Path(scratch).iterdir())
        _, differing, missing = filecmp.cmpfiles(scratch, OUT, fresh, shallow=False)
    if differing or missing:
        print("stale, run `make generate`:", ", ".join([*differing, *missing]))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
