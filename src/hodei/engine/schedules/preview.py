"""What a rule means before it is saved: in words, its next times, and what may surprise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from uuid import UUID

from hodei.domain.parsing.schedule import TimingDraft
from hodei.domain.schedules.cron import Cron, parse_cron
from hodei.domain.schedules.next_fire import Note, wall_of
from hodei.domain.schedules.rule import (
    CronRule,
    IntervalRule,
    LocalSlot,
    Rule,
    Slot,
    Timing,
    seed_of,
)
from hodei.domain.schedules.words import Words, cron_words, interval_words, once_words

_LOOK_AHEAD = timedelta(days=400)
"""A clock change comes within it where clocks are changed every year."""
_MOST_SLOTS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:
    """Something that is allowed and may surprise."""

    code: str
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A rule as people understand it."""

    words: Words
    next: Sequence[LocalSlot]
    warnings: Sequence[Warning]


def words_of(rule: Rule, zone: tzinfo, seed: bytes = b"") -> Words:
    """The rule in words."""
    if isinstance(rule, CronRule):
        return cron_words(parse_cron(rule.expression, seed=seed))
    if isinstance(rule, IntervalRule):
        return interval_words(rule.every_ms, wall_of(rule.anchor, zone))
    return once_words(wall_of(rule.at, zone))


def preview(
    draft: TimingDraft, *, after: datetime, count: int, schedule_id: UUID | None = None
) -> Preview:
    """The rule of a draft; `H` is that of the schedule, or an example without one."""
    seed = seed_of(schedule_id) if schedule_id else b""
    timing = replace(draft.timing, seed=seed)
    slots = list(islice(timing.slots(after), max(count, 2)))
    cron = (
        parse_cron(timing.rule.expression, seed=seed) if isinstance(timing.rule, CronRule) else None
    )
    warnings = list(_of_expression(cron, hashed=schedule_id is None)) if cron else []
    warnings += _of_clocks(timing, after) if cron and not cron.elapsed else []
    warnings += _of_times(draft, slots)
    return Preview(
        words=words_of(timing.rule, timing.zone, seed),
        next=[LocalSlot.of(slot, timing.zone) for slot in slots[:count]],
        warnings=warnings,
    )


def _of_expression(cron: Cron, *, hashed: bool) -> Iterator[Warning]:
    if cron.hashed and hashed:
        yield Warning(
            code="spread",
            words=Words(
                en="H stands for a value that each schedule has for itself; these are examples.",
                es="H es un valor propio de cada programación; estos son ejemplos.",
            ),
        )
    if not (cron.month_days.every or cron.week_days.every):
        yield Warning(
            code="either_day",
            words=Words(
                en="Day of month and day of week are both given: either one is enough.",
                es="Se dan el día del mes y el de la semana: basta con uno de los dos.",
            ),
        )
    longest = max(cron.month_days.days, default=0)
    if longest > 28 and len(cron.month_days.days) < 31 and cron.month_days.plain:
        yield Warning(
            code="short_months",
            words=Words(
                en=f"Months without a day {longest} are passed over; L is the last day of any.",
                es=f"Se saltan los meses sin día {longest}; L es el último día de cualquiera.",
            ),
        )
    for unit, part, size in (("minute", cron.parts[1], 60), ("hour", cron.parts[2], 24)):
        step = part.removeprefix("*/")
        if step != part and step.isdigit() and size % int(step):
            es = {"minute": "minutos", "hour": "horas"}[unit]
            begins = {"minute": ("hour", "hora"), "hour": ("day", "día")}[unit]
            yield Warning(
                code="uneven_step",
                words=Words(
                    en=f"{step} {unit}s do not divide the {begins[0]}: the count begins anew "
                    f"with each one. An interval keeps the distance.",
                    es=f"{step} {es} no dividen {'la' if unit == 'minute' else 'el'} {begins[1]}: "
                    "la cuenta empieza de nuevo cada vez. Un intervalo mantiene la distancia.",
                ),
            )


def _of_clocks(timing: Timing, after: datetime) -> Iterator[Warning]:
    seen: set[Note] = set()
    for slot in islice(timing.until(after, after + _LOOK_AHEAD), _MOST_SLOTS):
        if slot.note is None or slot.note in seen:
            continue
        seen.add(slot.note)
        local = slot.at.astimezone(timing.zone)
        told = f"{local:%Y-%m-%d %H:%M}"
        if slot.note is Note.GAP:
            words = Words(
                en=f"The clocks jump over the time meant: it fires at {told}, right after.",
                es=f"Los relojes se saltan esa hora: se ejecuta a las {told}, justo después.",
            )
        else:
            words = Words(
                en=f"The clocks show {told} twice: it fires the first time only.",
                es=f"Los relojes marcan {told} dos veces: solo se ejecuta la primera.",
            )
        yield Warning(code=slot.note.value, words=words)


def _of_times(draft: TimingDraft, slots: Sequence[Slot]) -> Iterator[Warning]:
    if not slots:
        yield Warning(
            code="no_slot",
            words=Words(
                en="It has no time to fire any more.", es="Ya no tiene ninguna hora de ejecución."
            ),
        )
    if len(slots) > 1 and draft.jitter_ms:
        distance = (slots[1].at - slots[0].at) / timedelta(milliseconds=1)
        if draft.jitter_ms >= distance:
            yield Warning(
                code="long_jitter",
                words=Words(
                    en="The jitter is longer than the time between two slots: they may come late.",
                    es="La dispersión supera el tiempo entre dos ejecuciones: pueden retrasarse.",
                ),
            )
