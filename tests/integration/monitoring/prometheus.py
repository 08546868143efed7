"""A real Prometheus that scrapes servers of a test once a second."""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.support.ports import free_port

ROOT = Path(__file__).parents[3]
RULES = ROOT / "deploy" / "prometheus"
EVERY = "1s"
POLL_S = 0.1

Series = list[tuple[Mapping[str, str], float]]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Asks it."""

    http: httpx.Client

    def query(self, expression: str) -> Series:
        """The series that an expression has now; an AssertionError for one that is wrong."""
        answer = self.http.get("/api/v1/query", params={"query": expression})
        data = answer.json()
        assert data["status"] == "success", f"{expression}: {data.get('error')}"
        assert not data.get("warnings"), data["warnings"]
        return [(one["metric"], float(one["value"][1])) for one in data["data"]["result"]]

    def numbers(self, expression: str) -> list[float]:
        """The values that are numbers."""
        return [value for _, value in self.query(expression) if not math.isnan(value)]

    def until(self, expression: str) -> None:
        """Waits until a comparison holds; pytest's own timeout bounds the wait."""
        while not self.query(expression):
            time.sleep(POLL_S)

    def get(self, path: str) -> Any:
        """The data that another part of its API has."""
        return self.http.get(f"/api/v1/{path}").json()["data"]


def configuration(targets: Sequence[str]) -> dict[str, Any]:
    """That of deploy/, but for the targets and the pace."""
    given: dict[str, Any] = yaml.safe_load((RULES / "prometheus.yml").read_text())
    given["global"] = {"scrape_interval": EVERY, "evaluation_interval": EVERY}
    given["rule_files"] = [str(RULES / name) for name in given["rule_files"]]
    given["scrape_configs"][0]["static_configs"] = [{"targets": list(targets)}]
    return given


@contextmanager
def running_prometheus(folder: Path, targets: Sequence[str]) -> Iterator[Prometheus]:
    """One with nothing stored, which is gone afterwards."""
    place = folder / "prometheus.yml"
    place.write_text(yaml.safe_dump(configuration(targets)))
    address = f"127.0.0.1:{free_port()}"
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={place}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={address}",
                "--log.level=warn",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        with httpx.Client(base_url=f"http://{address}", timeout=60) as http:
            while not _ready(http):
                assert process.poll() is None, (folder / "prometheus.log").read_text()
                time.sleep(POLL_S)
            yield Prometheus(http)
    finally:
        process.terminate()
        process.wait()


def _ready(http: httpx.Client) -> bool:
    try:
        return http.get("/-/ready").is_success
    except httpx.TransportError:
        return False
