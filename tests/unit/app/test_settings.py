"""What `hodei config check` shows can be given to Hodei again."""

from __future__ import annotations

from datetime import timedelta

from hodei.app.settings import Settings, effective, read_settings

WRITTEN = {
    "HODEI_JOB_RETENTION": "90d",
    "HODEI_LOG_RETENTION": "36h",
    "HODEI_DELIVERY_RETENTION": "1d 30m",
}


def test_durations_are_shown_as_they_are_written() -> None:
    shown = effective(read_settings(WRITTEN))
    found = {name: shown[name] for name in WRITTEN}
    assert found == {
        "HODEI_JOB_RETENTION": "90d",
        "HODEI_LOG_RETENTION": "1d12h",
        "HODEI_DELIVERY_RETENTION": "1d30m",
    }
    assert effective(read_settings(found)) == shown


def test_every_duration_that_is_shown_can_be_read() -> None:
    usual = Settings()
    names = [name for name, value in vars_of(usual).items() if isinstance(value, timedelta)]
    shown = effective(usual)
    given = {f"HODEI_{name.upper()}": shown[f"HODEI_{name.upper()}"] for name in names}
    again = vars_of(read_settings(given))
    assert len(names) > 3
    assert {name: again[name] for name in names} == {name: vars_of(usual)[name] for name in names}


def vars_of(settings: Settings) -> dict[str, object]:
    """The settings by their attributes' names."""
    return {name: getattr(settings, name) for name in Settings.__dataclass_fields__}
