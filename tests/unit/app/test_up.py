"""When `hodei up` opens a browser."""

from __future__ import annotations

import pytest

from hodei.app.up import on_a_desktop


@pytest.mark.parametrize(
    ("environ", "terminal", "wanted"),
    [
        ({"DISPLAY": ":0"}, True, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True, True),
        ({"DISPLAY": ":0", "HODEI_NO_BROWSER": "0"}, True, True),
        ({"DISPLAY": ":0", "HODEI_NO_BROWSER": "1"}, True, False),
        ({"DISPLAY": ":0"}, False, False),
        ({"DISPLAY": ""}, True, False),
        ({}, True, False),
    ],
)
def test_a_browser_opens_only_where_somebody_sees_it(
    environ: dict[str, str], terminal: bool, wanted: bool
) -> None:
    assert on_a_desktop(environ, terminal) is wanted
