"""How long a pod that does not come up is waited for, and what is said meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from hodei.adapters.kubernetes import pods
from hodei.adapters.kubernetes.manifests import INSTALL, JOB
from hodei.adapters.kubernetes.settings import KubernetesSettings
from hodei.domain.errors import CapacityExhausted, ProviderUnavailable
from hodei.domain.parsing.answers import Answer

LEAST_S = 0.05
_NODE = "node"


class Patience:
    """What one pod waits for. Times are seconds of one clock of the caller."""

    def __init__(self, settings: KubernetesSettings, image: str) -> None:
        self._unschedulable_s = settings.unschedulable_s
        self._pull_retry_s = settings.pull_retry_s
        self._images: Mapping[str, str] = {JOB: image, INSTALL: settings.agent_image}
        self._since: dict[str, float] = {}
        self._told: dict[str, str] = {}
        self._left_s: float | None = None

    @property
    def left_s(self) -> float | None:
        """After how long the pod has to be judged again, if there is no news of it."""
        return self._left_s

    def judge(self, pod: Answer, now_s: float) -> str:
        """What the pod waits for; empty: nothing is in its way.

        Raises CapacityExhausted or ProviderUnavailable once it has waited for too long.
        """
        self._left_s = None
        if words := pods.unschedulable(pod):
            if self._is_over(_NODE, self._unschedulable_s, now_s):
                raise CapacityExhausted(f"no node takes the pod: {words}")
            return words
        self._since.pop(_NODE, None)
        if words := pods.gated(pod):
            return words
        name, words = pods.unpulled(pod)
        if not name:
            return ""
        if not pods.says_nothing(words):
            self._told[name] = words
        words = self._told.get(name, words)
        if self._is_over(name, self._pull_retry_s, now_s):
            raise ProviderUnavailable(pods.not_pulled(name, self._images[name], words))
        return words

    def _is_over(self, what: str, limit_s: float, now_s: float) -> bool:
        left_s = self._since.setdefault(what, now_s) + limit_s - now_s
        self._left_s = max(LEAST_S, left_s)
        return left_s <= 0
