"""The images of these tests, built from this machine's own files: no registry is reached.

They carry the names that the product's guide uses, and are stand-ins for the images of these
names: `alpine:latest` is a static busybox, the others are programs of this Debian with the
libraries that they ask for.
"""

from __future__ import annotations

from tests.support.docker import ImageFiles, PrivateEngine, busybox_layer

ALPINE = "alpine:latest"


def load_all(engine: PrivateEngine) -> None:
    """Makes every image known to an engine."""
    engine.load(ImageFiles(ALPINE, [busybox_layer()]))
