"""Writes what a release consists of, as a CycloneDX 1.6 document in JSON.

Usage: scripts/sbom.py FILE. The Python packages are those of requirements/runtime.txt, the
JavaScript packages those that end up in the web pages (web/package-lock.json without the ones for
development), the rest what the agent's bundle of this machine holds. Equal locks and an equal
SOURCE_DATE_EPOCH give equal bytes.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from hodei import __version__
from hodei.app.bundle import build

ROOT = Path(__file__).resolve().parents[1]
EXPRESSION = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")
EPOCH = 1767225600
Component = dict[str, Any]


def document() -> dict[str, Any]:
    """The whole of it."""
    parts = sorted([*python_packages(), *web_packages(), *bundled()], key=lambda p: p["bom-ref"])
    own = f"pkg:pypi/hodei@{__version__}"
    when = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH") or EPOCH), UTC)
    content = json.dumps(parts, sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, own + content)}",
        "version": 1,
        "metadata": {
            "timestamp": when.isoformat().replace("+00:00", "Z"),
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "hodei",
                "version": __version__,
                "purl": own,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": parts,
        "dependencies": [{"ref": own, "dependsOn": [part["bom-ref"] for part in parts]}],
    }


def python_packages() -> Iterator[Component]:
    """Those of the lock for running, with the licences that the installed ones tell."""
    text = (ROOT / "requirements" / "runtime.txt").read_text("utf-8")
    for found in re.finditer(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", text, re.MULTILINE):
        name, version = found.groups()
        yield component(f"pkg:pypi/{name}@{version}", name, version, license_of(name))


def license_of(name: str) -> str:
    """What a package says of itself; empty when it is not installed or says nothing short."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return ""
    plain = told.get("License") or ""
    return told.get("License-Expression") or (plain if len(plain) < 60 else "")


def web_packages() -> Iterator[Component]:
    """Those of the lock that are not for development only, with the hashes of the lock."""
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text("utf-8"))
    seen = set()
    for place, facts in lock["packages"].items():
        name = place.rpartition("node_modules/")[2]
        if not name or facts.get("dev") or (name, facts["version"]) in seen:
            continue
        seen.add((name, facts["version"]))
        # The at sign of a scope is encoded, the slash behind it is not.
        purl = f"pkg:npm/{quote(name, safe='/')}@{facts['version']}"
        kind, _, digest = facts["integrity"].partition("-")
        hashed = {"alg": f"SHA-{kind[3:]}", "content": base64.b64decode(digest).hex()}
        yield component(purl, name, facts["version"], facts.get("license", "")) | {
            "hashes": [hashed]
        }


def bundled() -> Iterator[Component]:
    """What the agent's bundle is made of: interpreter, C library and the rest."""
    with TemporaryDirectory() as folder:
        info = build(Path(folder) / "bundle")
        listed = json.loads((info.path / "manifest.json").read_text("utf-8"))["components"]
    for name, detail in listed.items():
        if name != "Hodei":
            version = re.match(r"[^ (]*", detail)
            yield component(f"agent-bundle/{name}", name, version.group() if version else "", "")


def component(ref: str, name: str, version: str, license: str) -> Component:
    """One entry; a licence that is an expression is told as one, any other by its name."""
    made: Component = {"type": "library", "bom-ref": ref, "name": name}
    if version:
        made["version"] = version
    if ref.startswith("pkg:"):
        made["purl"] = ref
    if license:
        by_name = {"license": {"name": license}}
        made["licenses"] = [{"expression": license} if EXPRESSION.fullmatch(license) else by_name]
    return made


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document(), indent=1, sort_keys=True) + "\n", "utf-8")
