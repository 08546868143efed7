"""Rules in words, in English and Spanish."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from hodei.domain.schedules.cron import Cron
from hodei.domain.schedules.languages import ENGLISH, SPANISH, Language

_MOST_TIMES = 6
"""Times of day that are listed one by one."""
LANGUAGES: Mapping[str, Language] = MappingProxyType({"en": ENGLISH, "es": SPANISH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The same sentence in every language of the product."""

    en: str
    es: str


def cron_words(cron: Cron) -> Words:
    """What an expression means. `H` is told as the value that it stands for."""
    return _each(lambda language: _sentence(cron, language))


def interval_words(every_ms: int, anchor: datetime | None = None) -> Words:
    """Every so often; `anchor` is the first time, as it is to be read."""

    def words(language: Language) -> str:
        told = language.every(*_amount(every_ms))
        return told if anchor is None else f"{told}, {language.counted_from(_moment(anchor))}"

    return _each(words)


def once_words(at: datetime) -> Words:
    """One time, as it is to be read."""
    return _each(lambda language: language.once(_moment(at)))


def _each(words: Callable[[Language], str]) -> Words:
    said = {name: words(language) for name, language in LANGUAGES.items()}
    return Words(**{name: text[:1].upper() + text[1:] for name, text in said.items()})


def _moment(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds")


def _amount(ms: int) -> tuple[float, str]:
    for unit, size in (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000)):
        if ms % size == 0:
            return ms // size, unit
    return ms / 1000, "second"


# ---- cron


def _sentence(cron: Cron, language: Language) -> str:
    time = _time(cron, language)
    days = _days(cron, language)
    months = (
        ""
        if len(cron.months) == 12
        else language.in_months(
            _listed([language.months[month - 1] for month in cron.months], language)
        )
    )
    return " ".join(filter(None, [time + ("," if days or months else ""), days, months]))


def _time(cron: Cron, language: Language) -> str:
    times = len(cron.hours) * len(cron.minutes) * len(cron.seconds)
    if times <= _MOST_TIMES:
        return language.at_times(_listed([*_times(cron)], language))
    parts = []
    if cron.seconds != (0,):
        parts.append(_part(cron.seconds, 60, "second", language))
    if cron.minutes != tuple(range(60)) or cron.seconds == (0,):
        parts.append(_part(cron.minutes, 60, "minute", language))
    if cron.hours != tuple(range(24)):
        parts.append(_part(cron.hours, 24, "hour", language))
    elif len(cron.minutes) == 1:
        parts.append(language.every(1, "hour"))
    return language.of_parts(parts)


def _times(cron: Cron) -> Sequence[str]:
    with_seconds = cron.seconds != (0,)
    return [
        f"{hour:02}:{minute:02}" + (f":{second:02}" if with_seconds else "")
        for hour in cron.hours
        for minute in cron.minutes
        for second in cron.seconds
    ]


def _part(values: Sequence[int], size: int, unit: str, language: Language) -> str:
    if len(values) == size:
        return language.every(1, unit)
    step = _step(values, size)
    if step is not None:
        return language.every(step, unit)
    runs = _runs(values)
    if unit == "hour" and len(runs) == 1:
        return language.between(f"{runs[0][0]:02}:00", f"{runs[0][1]:02}:59")
    texts = [language.spread(str(a), str(b)) if b - a > 1 else "" for a, b in runs]
    told: list[str] = []
    for (first, last), text in zip(runs, texts, strict=True):
        told += [text] if text else [str(value) for value in range(first, last + 1)]
    return language.at_values(unit, _listed(told, language), many=len(values) > 1)


def _step(values: Sequence[int], size: int) -> int | None:
    """The step of values that begin at 0, go evenly, and come out even at the end."""
    if len(values) < 2 or values[0] != 0:
        return None
    step = values[1]
    return step if size % step == 0 and tuple(values) == tuple(range(0, size, step)) else None


def _runs(values: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for value in values:
        if runs and runs[-1][1] == value - 1:
            runs[-1] = (runs[-1][0], value)
        else:
            runs.append((value, value))
    return runs


def _days(cron: Cron, language: Language) -> str:
    whole = len(cron.month_days.days) == 31
    week = len(cron.week_days.days) == 7
    if whole and week:
        return language.every(1, "day") if len(cron.hours) * len(cron.minutes) <= 6 else ""
    of_month = "" if whole else _month_days(cron, language)
    of_week = "" if week else _week_days(cron, language)
    if not (of_month and of_week):
        return of_month or of_week
    both = cron.month_days.every or cron.week_days.every
    return language.only_if(of_month, of_week) if both else language.either(of_month, of_week)


def _month_days(cron: Cron, language: Language) -> str:
    field, told = cron.month_days, []
    if field.days:
        texts: list[str] = []
        for first, last in _runs(field.days):
            if last - first > 1:
                texts.append(language.spread(str(first), str(last)))
            else:
                texts += [str(day) for day in range(first, last + 1)]
        told.append(language.on_days(_listed(texts, language), many=len(field.days) > 1))
    told += [language.last_day(back) for back in field.from_last]
    told += [language.nearest_weekday(day) for day in field.nearest]
    if field.last_workday:
        told.append(language.last_workday)
    return _listed(told, language)


def _week_days(cron: Cron, language: Language) -> str:
    field, told = cron.week_days, []
    if field.days:
        # Monday first, as a range to Sunday is read.
        days = sorted((day - 1) % 7 for day in field.days)
        names = [*language.weekdays[1:], language.weekdays[0]]
        runs = _runs(days)
        if len(runs) == 1 and len(days) > 2:
            told.append(language.weekday_range(names[days[0]], names[days[-1]]))
        else:
            told.append(language.on_weekdays([names[day] for day in days]))
    told += [language.nth_weekday(n, language.weekdays[day]) for day, n in field.nth]
    told += [language.nth_weekday(0, language.weekdays[day]) for day in field.last]
    return _listed(told, language)


def _listed(texts: Sequence[str], language: Language) -> str:
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {language.conjunction} {texts[-1]}"
