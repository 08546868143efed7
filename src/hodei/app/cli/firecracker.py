"""`hodei firecracker`: the kernel that guests boot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hodei.adapters.firecracker.settings import DEFAULT_KERNEL
from hodei.app.cli import exits
from hodei.app.cli.session import fail, print_json

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]

HOW = """A guest kernel is an uncompressed vmlinux with everything that it needs built in, since a
guest has no modules: {needed}; and for all that jobs can use: {wished}.
Two ways to one:
  - the kernels that Firecracker's project publishes for its own tests (CI artifacts), 5.10 or 6.1
  - a kernel of your own: Firecracker's recommended guest configuration, with OVERLAY_FS=y,
    VIRTIO_VSOCKETS=y, PID_NS=y and MEMCG=y; then `make vmlinux`
Put it at {place}, or set the provider's `kernel`."""

app = typer.Typer(no_args_is_help=True, help="What microVMs need on this machine.")


@app.callback()
def group() -> None:
    """What microVMs need on this machine."""


@app.command("kernel")
def kernel(
    path: Annotated[Path, typer.Argument(help="The file to look at.")] = Path(DEFAULT_KERNEL),
    as_json: Json = False,
) -> None:
    """Say whether a file can be the guests' kernel, and how to get one when it cannot."""
    from hodei.adapters.firecracker.kernels import NEEDED, WISHED, inspect

    found = inspect(path)
    if as_json:
        print_json(
            {
                "path": str(path),
                "version": found.version,
                "fault": found.fault,
                "warnings": list(found.warnings),
            }
        )
    elif not found.fault:
        print(f"{path}: Linux {found.version}, can be a guest's kernel")
        for name in found.warnings:
            print(f"  without {name}")
    if found.fault:
        how = HOW.format(needed=", ".join(NEEDED), wished=", ".join(WISHED), place=DEFAULT_KERNEL)
        fail(found.fault if as_json else f"{found.fault}\n{how}", exits.ERROR)
