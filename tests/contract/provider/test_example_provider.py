"""The example of docs/providers.md against the contract of providers."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from uuid import UUID, uuid4

import pytest

from hodei.domain.errors import InvalidRequest
from hodei.ports.provider import Provider, ProviderContext
from hodei.testing.provider_contract import ProviderContract
from hodei.testing.provider_harness import INSTALLATION, PROVIDER, ProviderHarness, until

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "provider" / "hodei_namespace.py"
# Ends when it is asked, or with the code in the file `end`; makes a child for the file `child`.
STAND_IN = """
trap 'exit 0' TERM
echo >ready
while :; do
  if [ -e end ]; then exit "$(cat end)"; fi
  if [ -e child ]; then setsid sh -c 'trap "" TERM; echo >made; exec sleep 1111' & rm child; fi
  sleep 0.02
done
"""
SLEEP = b"sleep\x001111\x00"


def _example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hodei_namespace", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


example = _example()


def is_wrapper(pid: int, marked: Sequence[int]) -> bool:
    """Whether it is outside of any namespace, and no child of another one that is marked.

    Each worker has one such process, from its first moment: that it leads a session comes later.
    """
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines()
        found = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
        return len(found["NSpid"]) == 1 and int(found["PPid"][0]) not in marked
    return False


class NamespaceHarness(ProviderHarness):
    """Looks at /proc and at the directories by itself."""

    def __init__(self, data_dir: Path) -> None:
        self.tag = uuid4().hex[:12]
        self.data_dir = data_dir

    def create(self, installation: str = INSTALLATION) -> Provider:
        context = ProviderContext(
            installation_id=f"{self.tag}-{installation}",
            provider_id=PROVIDER,
            name="example",
            data_dir=str(self.data_dir / installation),
            agent_command=("sh", "-c", STAND_IN),
        )
        made: Provider = example.FACTORY.create({}, context)
        return made

    def processes(self, worker_id: UUID | None = None) -> list[int]:
        """Those with our mark, of one worker or of all."""
        marks: dict[int, str] = example.marked(self.tag)
        return [pid for pid, mark in marks.items() if mark.endswith(str(worker_id or ""))]

    def live(self, worker_id: UUID) -> int:
        marked = self.processes(worker_id)
        return sum(is_wrapper(pid, marked) for pid in marked)

    def traces(self) -> Sequence[str]:
        found = []
        for pid in self.processes():
            with suppress(OSError):
                found.append(Path(f"/proc/{pid}/cmdline").read_bytes().decode())
        return [*found, *map(str, self.data_dir.glob("*/workers/*"))]

    def folder(self, worker_id: UUID) -> Path:
        """The agent's own directory."""
        return next(self.data_dir.glob(f"*/workers/{worker_id}/agent"))

    async def add_child(self, worker_id: UUID) -> Callable[[], bool]:
        folder = self.folder(worker_id)
        (folder / "child").touch()
        await until((folder / "made").exists, "the child runs")

        def sleeps() -> bool:
            lines = []
            for pid in self.processes(worker_id):
                with suppress(OSError):
                    lines.append(Path(f"/proc/{pid}/cmdline").read_bytes())
            return SLEEP in lines

        await until(sleeps, "the child sleeps")
        return sleeps

    async def end(self, worker_id: UUID, exit_code: int) -> None:
        folder = self.folder(worker_id)
        await until((folder / "ready").exists, "the stand-in is ready")
        (folder / "new").write_text(str(exit_code), encoding="ascii")
        (folder / "new").rename(folder / "end")
        await until(lambda: not self.processes(worker_id), "the worker has ended")


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[NamespaceHarness]:
    made = NamespaceHarness(tmp_path)
    yield made
    for folder in list(tmp_path.glob("*/workers")):
        async with made.create(folder.parent.name) as provider:
            for handle in await provider.list_owned():
                await provider.destroy(handle, grace_s=0)


class TestExampleProvider(ProviderContract):
    pass


@pytest.mark.parametrize("most", [0, 1001, "four"])
def test_settings_are_checked(most: object, tmp_path: Path) -> None:
    context = ProviderContext(
        installation_id="i",
        provider_id=PROVIDER,
        name="n",
        data_dir=str(tmp_path),
        agent_command=(),
    )
    with pytest.raises(InvalidRequest, match="max_workers"):
        example.FACTORY.create({"max_workers": most}, context)
