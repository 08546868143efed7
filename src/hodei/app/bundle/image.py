"""The agent's own image: the bundle and nothing else, for a pod's first container to copy from."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

from hodei.app.bundle.layout import ENTRY_POINT, MOUNT_POINT
from hodei.app.bundle.manifest import BundleInfo

NOBODY = "65532:65532"
"""A number, so that clusters which forbid root can see that it is not."""
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def write_image(info: BundleInfo, name: str, out: Path) -> None:
    """Writes an archive as of `docker save`; the same bundle gives the same bytes.

    Raises OSError.
    """
    layer = _layer(info.path)
    layer_id = hashlib.sha256(layer).hexdigest()
    config = {
        "architecture": ARCHITECTURES[info.architecture],
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {
            "Entrypoint": list(ENTRY_POINT),
            "User": NOBODY,
            "Labels": {"hodei.agent": info.version},
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_id}"]},
        "history": [{"created_by": "hodei agent image"}],
    }
    described = json.dumps(config, sort_keys=True).encode()
    manifest = [
        {"Config": "config.json", "RepoTags": [name], "Layers": [f"{layer_id}.tar"]},
    ]
    files = {
        "config.json": described,
        f"{layer_id}.tar": layer,
        "manifest.json": json.dumps(manifest).encode(),
    }
    new = out.with_name(f"{out.name}.{os.getpid()}.new")
    try:
        with tarfile.open(new, "w", format=tarfile.GNU_FORMAT) as archive:
            for path, content in files.items():
                entry = tarfile.TarInfo(path)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        os.replace(new, out)
    finally:
        new.unlink(missing_ok=True)


def _layer(bundle: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted([bundle, *bundle.rglob("*")]):
            inside = Path(MOUNT_POINT.lstrip("/")) / path.relative_to(bundle)
            archive.add(path, str(inside), recursive=False, filter=_plain)
    return packed.getvalue()


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    return entry
