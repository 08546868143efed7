"""Provider types describe their settings well enough for a form to be made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from hodei.app.wiring import provider_factories

FACTORIES = provider_factories()


def fields(schema: object, path: str = "") -> Iterator[tuple[str, Mapping[str, object]]]:
    """Every setting, those within others included."""
    if not isinstance(schema, Mapping):
        return
    properties = schema.get("properties")
    for name, field in properties.items() if isinstance(properties, Mapping) else ():
        yield f"{path}{name}", field
        yield from fields(field, f"{path}{name}.")
    for below in ("items", "additionalProperties"):
        yield from fields(schema.get(below), f"{path}*.")


@pytest.mark.parametrize("kind", ["docker", "kubernetes", "process"])
def test_every_setting_has_words_and_a_type(kind: str) -> None:
    found = dict(fields(FACTORIES[kind].settings_schema()))
    assert found
    for path, field in found.items():
        assert field.get("title"), path
        assert field.get("description"), path
        assert field.get("type") or field.get("enum") or field.get("anyOf"), path


def test_what_is_secret_goes_in_and_never_out() -> None:
    found = dict(fields(FACTORIES["docker"].settings_schema()))
    hidden = {path for path, field in found.items() if field.get("writeOnly")}
    assert hidden == {"registries", "registries.*.password"}
