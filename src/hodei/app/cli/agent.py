"""`hodei agent`: the bundle that carries the agent into any image, and an image of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hodei.app.cli import exits
from hodei.app.cli.session import fail, print_json

if TYPE_CHECKING:
    from hodei.app.bundle import BundleInfo

MEGABYTE = 1_000_000

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
Place = Annotated[Path, typer.Argument(help="The bundle's directory.")]

app = typer.Typer(no_args_is_help=True, help="The agent's bundle: build, check, pack, image.")


@app.command("build")
def build(out: Place = Path("dist/agent-bundle"), as_json: Json = False) -> None:
    """Make the bundle for this machine's architecture; the directory is replaced."""
    from hodei.app.bundle import BundleError
    from hodei.app.bundle import build as build_bundle

    try:
        _show(build_bundle(out), as_json)
    except BundleError as error:
        fail(str(error), exits.ERROR)


@app.command("check")
def check(bundle: Place = Path("dist/agent-bundle"), as_json: Json = False) -> None:
    """Compare every file of a bundle with its manifest."""
    from hodei.app.bundle import BundleError, read_bundle

    try:
        _show(read_bundle(bundle), as_json)
    except BundleError as error:
        fail(str(error), exits.ERROR)


@app.command("pack")
def pack(
    folder: Annotated[Path, typer.Argument(help="Where the archive is to lie.")],
) -> None:
    """Make the bundle as one archive, as wheels carry it: scripts/wheel does the rest."""
    from tempfile import TemporaryDirectory

    from hodei.app.bundle import BundleError
    from hodei.app.bundle import build as build_bundle
    from hodei.app.bundle.packed import pack as write_archive

    try:
        with TemporaryDirectory(prefix="hodei-bundle-") as place:
            print(write_archive(build_bundle(Path(place) / "bundle"), folder))
    except (BundleError, OSError) as error:
        fail(str(error), exits.ERROR)


@app.command("image")
def image(
    out: Annotated[Path, typer.Argument(help="The archive to write.")],
    name: Annotated[str, typer.Option(help="Name and tag of the image.")] = "hodei-agent:latest",
) -> None:
    """Make the image that brings the agent into pods, as an archive for docker load and its kin."""
    from tempfile import TemporaryDirectory

    from hodei.app.bundle import BundleError
    from hodei.app.bundle import build as build_bundle
    from hodei.app.bundle.image import write_image

    try:
        with TemporaryDirectory(prefix="hodei-bundle-") as folder:
            info = build_bundle(Path(folder) / "bundle")
            write_image(info, name, out)
    except (BundleError, OSError) as error:
        fail(str(error), exits.ERROR)
    print(f"{out}: {name}, agent {info.version}, {info.architecture}")


def _show(info: BundleInfo, as_json: bool) -> None:
    from hodei.app.bundle import ENTRY_POINT, MOUNT_POINT

    if as_json:
        print_json(
            {
                "path": str(info.path),
                "version": info.version,
                "architecture": info.architecture,
                "size_bytes": info.size_bytes,
                "mount_point": MOUNT_POINT,
                "entry_point": ENTRY_POINT,
            }
        )
        return
    print(
        f"{info.path}: version {info.version}, {info.architecture}, "
        f"{info.size_bytes / MEGABYTE:.1f} MB; mount it at {MOUNT_POINT}, "
        f"start {' '.join(ENTRY_POINT)}"
    )
