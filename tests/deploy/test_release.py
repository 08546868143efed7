"""The wheel: the same bytes twice, and all of Hodei in an empty virtual environment."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from hodei import __version__
from tests.support.ports import free_port
from tests.support.server import clean_environment, data_directory
from tests.support.stack_images import run
from tests.support.stack_registry import wheels

PACKED = """
import sys
from pathlib import Path
from hodei.app.bundle import read_bundle
from hodei.app.bundle.cache import ensure_bundle
from hodei.app.bundle.packed import packed_bundle, version_of
place = ensure_bundle(Path(sys.argv[1]))
assert packed_bundle() and version_of(packed_bundle()) == place.name == read_bundle(place).version
"""

pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `make wheel` makes."""
    folder = tmp_path_factory.mktemp("release")
    run("scripts/wheel", str(folder))
    return folder


def wheel_in(folder: Path) -> Path:
    """The one wheel of a folder."""
    (found,) = folder.glob("hodei-*.whl")
    return found


def test_the_wheel_holds_pages_bundle_and_licence(release: Path) -> None:
    names = zipfile.ZipFile(wheel_in(release)).namelist()
    assert "hodei/ui/index.html.br" in names
    assert [name for name in names if name.startswith("hodei/app/bundle/packed/agent-")]
    assert [name for name in names if name.endswith("licenses/LICENSE")]
    assert not [name for name in names if "/.vite/" in name or "__pycache__" in name]
    assert __version__ in wheel_in(release).name


def test_the_same_commit_gives_the_same_bytes(release: Path, tmp_path: Path) -> None:
    run("scripts/wheel", str(tmp_path), TZ="Asia/Tokyo", PYTHONHASHSEED="7")
    for again in tmp_path.iterdir():
        first, second = ((folder / again.name).read_bytes() for folder in (release, tmp_path))
        assert hashlib.sha256(first).hexdigest() == hashlib.sha256(second).hexdigest(), again


def test_the_list_of_components_fits_its_schema(release: Path) -> None:
    text = (release / f"hodei-{__version__}.cdx.json").read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    parts = {part["bom-ref"] for part in json.loads(text)["components"]}
    lock = Path("requirements/runtime.txt").resolve().read_text("ascii")
    pinned = {line.split()[0].rstrip(";") for line in lock.splitlines() if "==" in line}
    assert {f"pkg:pypi/{pin.replace('==', '@')}" for pin in pinned} <= parts
    assert any(part.startswith("pkg:npm/react@") for part in parts)
    assert not any(part.startswith("pkg:npm/vitest@") for part in parts)
    assert "agent-bundle/CPython" in parts


def test_an_empty_environment_runs_the_first_job(release: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", str(tmp_path / "venv"))
    programs = tmp_path / "venv" / "bin"
    offline = ("install", "--quiet", "--no-index", "--find-links", str(wheels()))
    run(str(programs / "pip"), *offline, str(wheel_in(release)))
    with data_directory() as data:
        run(str(programs / "python"), "-c", PACKED, str(data))
        ports = {name: str(free_port()) for name in ("HODEI_HTTP_PORT", "GRPC_PORT")}
        done = subprocess.run(
            [str(programs / "hodei"), "up", "--once"],
            env=clean_environment(HODEI_DATA_DIR=str(data), HODEI_METRICS_PORT="0", **ports),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Hello from Hodei!" in done.stdout
    assert "not built" not in said
