"""Helm's own engine, as the package `helm-python-sdk` carries it, for the chart of this project.

It is written in Go and brings a runtime of its own into a process, so it works in a process of its
own, which is given a list of calls as JSON and answers with a list.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "hodei"
CALL_S = 300

Values = Mapping[str, Any]
Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One thing that Helm is asked to do with the chart."""

    verb: str
    """render, lint, install, upgrade, rollback or uninstall."""
    values: Values = field(default_factory=dict)
    release: str = "hodei"
    namespace: str = "hodei"
    kubeconfig: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it."""

    error: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    """Rendered templates by path, the notes among them."""
    messages: tuple[str, ...] = ()
    """Of lint, without the wish for an icon."""
    parsed: tuple[Manifest, ...] = ()

    def manifests(self) -> tuple[Manifest, ...]:
        """Every object that would be made."""
        assert not self.error, self.error
        return self.parsed

    def one(self, kind: str, name: str | None = None) -> Manifest:
        """The only object of a kind, or of a kind and a name."""
        found = [
            each
            for each in self.manifests()
            if each["kind"] == kind and name in (None, each["metadata"]["name"])
        ]
        assert len(found) == 1, [each["metadata"]["name"] for each in found]
        return found[0]


def ask(*calls: Call) -> list[Answer]:
    """One answer per call, in their order."""
    sent = json.dumps([vars_of(call) for call in calls])
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.helm"],
        input=sent,
        capture_output=True,
        text=True,
        timeout=CALL_S,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [_read(row) for row in json.loads(done.stdout)]


def _read(row: Mapping[str, Any]) -> Answer:
    texts = [text for name, text in row["files"].items() if not name.endswith(".txt")]
    objects = [each for text in texts for each in yaml.load_all(text, yaml.CSafeLoader) if each]
    return Answer(
        error=row["error"],
        files=row["files"],
        messages=tuple(row["messages"]),
        parsed=tuple(objects),
    )


def vars_of(call: Call) -> dict[str, object]:
    """A call as JSON has it."""
    return {name: getattr(call, name) for name in Call.__slots__}


def main() -> None:
    """Answers the calls on stdin."""
    print(json.dumps([_answer(Call(**row)) for row in json.load(sys.stdin)]))


def _answer(call: Call) -> dict[str, object]:
    from helm_python import HelmError

    answer: dict[str, object] = {"error": "", "files": {}, "messages": []}
    try:
        return answer | _done(call)
    except HelmError as error:
        return answer | {"error": str(error)}


def _done(call: Call) -> dict[str, object]:
    from helm_python import Chart, Config, lint

    values = dict(call.values)
    if call.verb == "lint":
        said = lint(CHART, values, strict=True, namespace=call.namespace)
        rows = [f"{row['path']}: {row['error']}" for row in said["messages"]]
        return {"messages": [row for row in [*rows, *said["errors"]] if "icon" not in row]}
    if call.verb == "render":
        with Chart.load(CHART) as chart:
            return {"files": chart.render(values, name=call.release, namespace=call.namespace)}
    with Config(kubeconfig_path=call.kubeconfig, namespace=call.namespace) as cluster:
        match call.verb:
            case "install":
                cluster.install(CHART, call.release, values)
            case "upgrade":
                cluster.upgrade(CHART, call.release, values)
            case "rollback":
                cluster.rollback(call.release)
            case "uninstall":
                cluster.uninstall(call.release, ignore_not_found=True)
            case _:
                raise ValueError(call.verb)
    return {}


if __name__ == "__main__":
    main()
