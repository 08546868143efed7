"""Settings of a provider as a file, for whoever deploys a server together with its cluster."""

from __future__ import annotations

from pathlib import Path

import yaml

from hodei.domain.errors import shorten


def settings_in(path: Path) -> dict[str, object]:
    """What the file holds, unchecked. Raises ValueError that says why it cannot be used."""
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"is no YAML: {shorten(' '.join(str(error).split()), 200)}") from error
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise ValueError("must hold settings by name")
    return found
