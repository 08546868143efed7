"""A server in a container names its directories as the engine knows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hodei.adapters.docker.host_paths import own_container, translate
from hodei.domain.errors import ProviderUnavailable

ID = "ab" * 32
LINE = f"520 510 254:0 /data/containers/{ID}/hostname /etc/hostname rw,relatime - ext4 /dev/vda rw"
VOLUMES = {
    "/var/lib/hodei": "/engine/volumes/hodei_data/_data",
    "/var/lib/hodei/secrets": "/etc/hodei-secrets",
}


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/var/lib/hodei", "/engine/volumes/hodei_data/_data"),
        ("/var/lib/hodei/run/agents", "/engine/volumes/hodei_data/_data/run/agents"),
        ("/var/lib/hodei/secrets/a", "/etc/hodei-secrets/a"),
    ],
)
def test_a_path_is_that_of_the_volume_that_holds_it(path: str, there: str) -> None:
    assert translate(path, VOLUMES) == there


def test_a_path_outside_of_every_volume_is_refused_with_what_to_do() -> None:
    with pytest.raises(ProviderUnavailable, match="/var/lib/hodeix is in none of its volumes"):
        translate("/var/lib/hodeix", VOLUMES)


def test_a_container_knows_its_own_id(tmp_path: Path) -> None:
    mark, mounts = tmp_path / "mark", tmp_path / "mountinfo"
    mounts.write_text(f"1 2 0:1 / / rw - overlay overlay rw\n{LINE}\n", "ascii")
    assert own_container(mark, mounts) is None
    mark.touch()
    assert own_container(mark, mounts) == ID
    mounts.write_text("1 2 0:1 / / rw - overlay overlay rw\n", "ascii")
    assert own_container(mark, mounts) is None
