"""Schedules of a run: one on each provider, and what became of each of their slots."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from chaos.ground import Place
from chaos.ledger import Accepted, Kind, Ledger, Slot, Timed
from chaos.programs import LINES, spec
from hodei.client import AsyncClient

AHEAD = timedelta(seconds=1)
PATIENCE_S = 120.0
LOOK_S = 0.25
PAGE = 100
WAITING = frozenset({"submitting", "waiting"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A schedule that was made, and when it is meant to fire: milliseconds since 1970."""

    name: str
    provider: str
    slots: Sequence[int]


async def plan(client: AsyncClient, places: Sequence[Place], seconds: float) -> list[Plan]:
    """Makes a schedule for each place that fires while the load runs."""
    made: list[Plan] = []
    for place in places:
        anchor = datetime.now(UTC).replace(microsecond=0) + AHEAD
        end = anchor + timedelta(seconds=seconds)
        body = spec(Kind.SCHEDULED, place)
        del body["name"]
        name = f"chaos-{place.provider}"
        raw = await client.create_schedule(
            {
                "name": name,
                "rule": {
                    "kind": "interval",
                    "every_ms": place.every_ms,
                    "anchor": anchor.isoformat(),
                },
                "ends_at": end.isoformat(),
                "overlap": "allow",
                "catch_up": {"policy": "all"},
                "target": {"spec": body},
            }
        )
        first, begun = _ms(anchor.isoformat()), _ms(raw["created_at"])
        slots = [at for at in range(first, _ms(end.isoformat()), place.every_ms) if at > begun]
        made.append(Plan(name=name, provider=place.provider, slots=slots))
    return made


async def outcomes(client: AsyncClient, plans: Sequence[Plan], ledger: Ledger) -> None:
    """Waits until every slot was decided, some time at most; their jobs are accepted ones."""
    clock = asyncio.get_running_loop().time
    until = clock() + PATIENCE_S
    async with httpx.AsyncClient(base_url=f"{client.url}/api/v1") as raw:
        for each in plans:
            while True:
                rows = await _rows(raw, each.name)
                if _decided(each, rows) or clock() > until:
                    break
                await asyncio.sleep(LOOK_S)
            ledger.schedules.append(Timed(name=each.name, slots=each.slots, rows=rows))
            for row in rows:
                if row.job_id is not None:
                    ledger.accepted[row.job_id] = Accepted(
                        job_id=row.job_id,
                        kind=Kind.SCHEDULED,
                        provider=each.provider,
                        lines=LINES[Kind.SCHEDULED],
                        retries=False,
                    )


def _decided(made: Plan, rows: Sequence[Slot]) -> bool:
    if any(row.outcome in WAITING for row in rows):
        return False
    return all(any(row.at <= at <= row.until for row in rows) for at in made.slots)


async def _rows(raw: httpx.AsyncClient, name: str) -> list[Slot]:
    rows: list[Slot] = []
    asked: dict[str, Any] = {"limit": PAGE}
    while True:
        answer = await raw.get(f"/schedules/{name}/firings", params=asked)
        page = answer.raise_for_status().json()
        rows += [
            Slot(
                at=_ms(item["slot"]),
                until=_ms(item["until"] or item["slot"]),
                outcome=item["outcome"],
                job_id=item["job_id"],
            )
            for item in page["items"]
        ]
        if page["next_cursor"] is None:
            return rows
        asked = {"limit": PAGE, "cursor": page["next_cursor"]}


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
