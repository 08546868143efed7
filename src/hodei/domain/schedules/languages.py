"""How the parts of a rule are said in one language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The phrases that `hodei.domain.schedules.words` puts together."""

    conjunction: str
    months: Sequence[str]
    weekdays: Sequence[str]
    """Sunday first."""
    last_workday: str
    every: Callable[[float, str], str]
    """A number and one of second, minute, hour, day."""
    at_times: Callable[[str], str]
    at_values: Callable[..., str]
    """Unit, values, and whether they are many."""
    between: Callable[[str, str], str]
    spread: Callable[[str, str], str]
    of_parts: Callable[[Sequence[str]], str]
    in_months: Callable[[str], str]
    on_days: Callable[..., str]
    last_day: Callable[[int], str]
    nearest_weekday: Callable[[int], str]
    on_weekdays: Callable[[Sequence[str]], str]
    weekday_range: Callable[[str, str], str]
    nth_weekday: Callable[[int, str], str]
    """Which one of the month, 0 for the last; and the name of the weekday."""
    either: Callable[[str, str], str]
    only_if: Callable[[str, str], str]
    once: Callable[[str], str]
    counted_from: Callable[[str], str]


def _listed(texts: Sequence[str], conjunction: str) -> str:
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {conjunction} {texts[-1]}"


# ---- English

_EN_NTH = ("last", "first", "second", "third", "fourth", "fifth")


def _en_every(number: float, unit: str) -> str:
    return f"every {unit}" if number == 1 else f"every {number:g} {unit}s"


ENGLISH = Language(
    conjunction="and",
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    weekdays=("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    last_workday="on the last weekday (Monday to Friday) of the month",
    every=_en_every,
    at_times=lambda times: f"at {times}",
    at_values=lambda unit, values, many: f"at {unit}{'s' if many else ''} {values}",
    between=lambda first, last: f"from {first} to {last}",
    spread=lambda first, last: f"{first} to {last}",
    of_parts=", ".join,
    in_months=lambda names: f"in {names}",
    on_days=lambda days, many: f"on day{'s' if many else ''} {days} of the month",
    last_day=lambda back: (
        f"{back} day{'s' if back > 1 else ''} before the last day of the month"
        if back
        else "on the last day of the month"
    ),
    nearest_weekday=lambda day: (
        f"on the weekday (Monday to Friday) nearest to day {day} of the month"
    ),
    on_weekdays=lambda names: f"on {_listed([f'{name}s' for name in names], 'and')}",
    weekday_range=lambda first, last: f"{first} to {last}",
    nth_weekday=lambda number, name: f"on the {_EN_NTH[number]} {name} of the month",
    either=lambda one, other: f"{one} or {other}",
    only_if=lambda one, other: f"{one}, but only {other}",
    once=lambda moment: f"once, at {moment}",
    counted_from=lambda moment: f"counted from {moment}",
)

# ---- Spanish

_ES_UNITS = {"second": "segundo", "minute": "minuto", "hour": "hora", "day": "día"}
_ES_NTH = ("último", "primer", "segundo", "tercer", "cuarto", "quinto")


def _es_every(number: float, unit: str) -> str:
    name = _ES_UNITS[unit]
    if number == 1:
        return "todos los días" if unit == "day" else f"cada {name}"
    return f"cada {number:g} {name}s".replace(".", ",")


def _es_times(times: str) -> str:
    return f"{'a la' if times.startswith('01:') else 'a las'} {times}"


def _es_values(unit: str, values: str, many: bool) -> str:
    name = _ES_UNITS[unit]
    article = {"hora": ("a la", "a las")}.get(name, ("en el", "en los"))[many]
    return f"{article} {name}{'s' if many else ''} {values}"


def _es_plural(name: str) -> str:
    return name if name.endswith("s") else f"{name}s"


SPANISH = Language(
    conjunction="y",
    months=(
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
    weekdays=("domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"),
    last_workday="el último día laborable (de lunes a viernes) del mes",
    every=_es_every,
    at_times=_es_times,
    at_values=_es_values,
    between=lambda first, last: f"de {first} a {last}",
    spread=lambda first, last: f"{first} a {last}",
    of_parts=", ".join,
    in_months=lambda names: f"en {names}",
    on_days=lambda days, many: f"{'los días' if many else 'el día'} {days} del mes",
    last_day=lambda back: (
        f"{back} día{'s' if back > 1 else ''} antes del último día del mes"
        if back
        else "el último día del mes"
    ),
    nearest_weekday=lambda day: (
        f"el día laborable (de lunes a viernes) más cercano al día {day} del mes"
    ),
    on_weekdays=lambda names: f"los {_listed([_es_plural(name) for name in names], 'y')}",
    weekday_range=lambda first, last: f"de {first} a {last}",
    nth_weekday=lambda number, name: f"el {_ES_NTH[number]} {name} del mes",
    either=lambda one, other: f"{one} o {other}",
    only_if=lambda one, other: f"{one}, pero solo {other}",
    once=lambda moment: f"una vez, el {moment}",
    counted_from=lambda moment: f"contando desde {moment}",
)
