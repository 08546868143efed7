"""Random histories: whatever happens, every job ends once, truthfully, and nothing is left.

A failing seed is named with its story and the command that plays it again;
`SIMULATION_SEEDS=n` plays so many.
"""

from __future__ import annotations

import logging
import os

import pytest

from tests.unit.engine.checker import check
from tests.unit.engine.history import History

BLOCK = 20
AGAIN = "SIMULATION_SEED={} .venv/bin/pytest tests/unit/engine/test_simulation.py"
ONE = os.environ.get("SIMULATION_SEED")
SEEDS = [int(ONE)] if ONE else list(range(int(os.environ.get("SIMULATION_SEEDS", "120"))))


async def play(seed: int) -> History:
    history = History(seed)
    try:
        await history.play()
        check(history)
    except BaseException as error:
        story = "\n".join(history.story)
        raise AssertionError(f"{AGAIN.format(seed)}\n{error!r}\n{story}") from error
    finally:
        await history.close()
    return history


@pytest.mark.long
@pytest.mark.parametrize("first", SEEDS[::BLOCK])
async def test_every_job_ends_once_and_nothing_is_left(first: int) -> None:
    # Thousands of warnings about failures that were asked for cost more than the rest.
    logging.disable(logging.CRITICAL)
    try:
        for seed in SEEDS[SEEDS.index(first) :][:BLOCK]:
            await play(seed)
    finally:
        logging.disable(logging.NOTSET)
