"""What the jobs of these tests run: programs that keep their own account of what they did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hodei.wire.gen import jobs_pb2
from tests.support.observer import SUCCEEDED, Observer, python
from tests.support.processes import until

COUNTING = r"""
import hashlib, json, os, sys, time
gate, pause, most = os.environ["GATE"], float(os.environ["PAUSE"]), int(os.environ["MOST"])
digest, n = hashlib.sha256(), 0
out = sys.stdout.buffer
def say():
    global n
    n += 1
    line = b"line %d %s\n" % (n, b"." * (n % 60))
    digest.update(line)
    out.write(line)
def account(name):
    path = os.environ["ACCOUNT"]
    with open(path + ".new", "w") as file:
        json.dump({"pid": os.getpid(), "lines": n, "sha256": digest.hexdigest(), "at": name}, file)
    os.rename(path + ".new", path)
while not os.path.exists(gate) and n < most:
    for _ in range(int(os.environ["BURST"])):
        say()
    out.flush()
    account("running")
    time.sleep(pause)
while not os.path.exists(gate):
    time.sleep(pause)
say()
out.flush()
account("done")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a counting job says about itself."""

    pid: int
    lines: int
    sha256: str
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """A job that prints numbered lines until its gate opens, and hashes what it prints."""

    name: str
    files: Path
    burst: int = 1
    pause_s: float = 0.01
    most: int = 2_000_000

    @property
    def _account(self) -> Path:
        return self.files / f"{self.name}.json"

    @property
    def _gate(self) -> Path:
        return self.files / f"{self.name}.gate"

    def spec(self) -> jobs_pb2.JobSpec:
        """What to submit."""
        env = {
            "GATE": str(self._gate),
            "ACCOUNT": str(self._account),
            "PAUSE": str(self.pause_s),
            "BURST": str(self.burst),
            "MOST": str(self.most),
        }
        return python(COUNTING, name=self.name, env=env)

    def open(self) -> None:
        """Lets it end."""
        self._gate.touch()

    def account(self) -> Account | None:
        """What it noted last; None before it ran."""
        try:
            noted = json.loads(self._account.read_text())
        except OSError:
            return None
        done = noted.pop("at") == "done"
        return Account(done=done, **noted)

    def ended(self) -> bool:
        """Whether it came to its end by itself."""
        noted = self.account()
        return noted is not None and noted.done

    def final(self) -> Account:
        """Its account after it has ended by itself."""
        noted = self.account()
        assert noted is not None and noted.done
        return noted

    async def reached(self, lines: int) -> Account:
        """Its account once it has printed so many lines."""

        def look() -> Account | None:
            noted = self.account()
            return noted if noted is not None and noted.lines >= lines else None

        return await until(look, what=f"{self.name} prints {lines} lines")

    @staticmethod
    def line(n: int) -> str:
        """The text of line `n`, from 1."""
        return f"line {n} {'.' * (n % 60)}"


async def two_running(observer: Observer, files: Path) -> tuple[list[Counting], list[str]]:
    """Two jobs that run and say something, and their ids."""
    jobs = [Counting(name=name, files=files) for name in ("ends meanwhile", "goes on")]
    ids = [await observer.submit(one.spec()) for one in jobs]
    for one, job_id in zip(jobs, ids, strict=True):
        await one.reached(20)
        await observer.running(job_id)
    return jobs, ids


async def one_ends_one_goes_on(jobs: Sequence[Counting]) -> None:
    """The first of two comes to its end, the second goes on, whatever they may tell anybody."""
    jobs[0].open()
    await until(jobs[0].ended, what="a job ends meanwhile")
    seen = jobs[1].account()
    assert seen is not None
    await jobs[1].reached(seen.lines + 50)


async def ran_once(observer: Observer, job_id: str, counting: Counting) -> jobs_pb2.Job:
    """The job, which ended well in its first attempt; its log is what it says that it wrote."""
    job = await observer.finished(job_id)
    assert (job.state, job.attempt_count) == (SUCCEEDED, 1), job.outcome
    account = counting.final()
    log = await observer.log(job_id)
    assert log.text == [Counting.line(n) for n in range(1, account.lines + 1)]
    assert log.end.complete and log.end.sha256 == account.sha256
    return job


JOURNAL = r"""
say() { echo "$1 $HODEI_JOB_ID $HODEI_ATTEMPT $$" >>"$JOURNAL"; }
say start
"""
"""Begin of a shell job that notes each start and stop with one atomic write."""
