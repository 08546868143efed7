"""Every kind of fault comes once before a run may end, though it finds nothing to hurt at first."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest

from chaos.faults import Faults
from chaos.field import Field
from chaos.ground import Hurt, Note
from chaos.ledger import Ledger


class Ground:
    """Pods that come late, and a kubelet."""

    def __init__(self) -> None:
        self.looks = 0

    def faults(self) -> Mapping[str, tuple[Hurt, int]]:
        """Both kinds."""
        return {"pod": (self._pod, 1), "kubelet": (self._kubelet, 1)}

    def _pod(self, _random: Random, note: Note) -> bool:
        self.looks += 1
        if self.looks == 3:
            note("a pod is removed")
        return self.looks >= 3

    def _kubelet(self, _random: Random, note: Note) -> bool:
        note("the kubelet is killed")
        return True


def made(ground: Ground, ledger: Ledger, *chosen: str) -> Faults:
    """Faults of a field that has nothing but `ground`."""
    field = cast(Field, SimpleNamespace(engine=None, grounds=[ground]))
    return Faults(field, ledger, Random(1), chosen)


async def test_each_kind_comes_before_the_end() -> None:
    ground, ledger = Ground(), Ledger(seed=1)
    faults = made(ground, ledger, "pod", "kubelet")
    await faults.run(seconds=0, pause_s=0.0001)
    assert faults.came == {"pod": 1, "kubelet": 1}
    assert faults.each_came.is_set()
    assert ground.looks == 3
    assert len(ledger.faults) == 2


async def test_a_name_that_is_no_fault_is_answered_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"no fault pods; there are server, .*, pod, kubelet"):
        made(Ground(), Ledger(seed=1), "pods")
