"""What the web UI says beforehand about roles is what the server will decide."""

from __future__ import annotations

import json
import re
from pathlib import Path

from hodei.domain.access.roles import (
    ALL_PROJECTS,
    GRANTS,
    OF_INSTALLATION,
    SHARED_READING,
    Permission,
    Role,
)

API = Path(__file__).resolve().parents[2] / "web" / "src" / "api"


def test_the_least_role_of_each_permission() -> None:
    said = json.loads((API / "grants.json").read_text(encoding="utf-8"))

    least = {one: next(role for role in Role if one in GRANTS[role]) for one in Permission}
    assert said == {one.value: role.value for one, role in least.items()}


def test_what_belongs_to_no_project() -> None:
    source = (API / "roles.ts").read_text(encoding="utf-8")
    listed = re.search(r"const OF_INSTALLATION = \[(.*?)\]", source, re.DOTALL)

    assert listed is not None
    said = set(re.findall(r'"([^"]+)"', listed[1]))
    assert said == {one.value for one in OF_INSTALLATION - SHARED_READING}
    assert f'ALL_PROJECTS = "{ALL_PROJECTS}"' in source
