"""`hodei run`: output, exit codes, files with line numbers, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.cli.conftest import Hodei


def test_output_goes_where_the_job_wrote_it(hodei: Hodei) -> None:
    done = hodei("run", "-q", "--", "echo out; echo err >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "out\n", "err\n")


def test_phases_are_plain_lines_in_a_pipe(hodei: Hodei) -> None:
    done = hodei("run", "--", "echo hi")
    assert done.stdout == "hi\n"
    said = done.stderr.splitlines()
    assert said[0].startswith("hodei: job ") and said[0].endswith(" submitted")
    assert said[-1].startswith("hodei: SUCCEEDED")
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--", "exit 3"), 3),
        (("--type", "exec", "--", "sh", "-c", "kill -9 $$"), 137),
        (("--type", "exec", "--", "sh", "-c", "kill -TERM $$"), 143),
        (("--timeout", "1s", "--", "sleep 20"), 124),
        (("--type", "exec", "--", "/no/such/program"), 127),
    ],
)
def test_exit_codes_are_those_of_the_job(hodei: Hodei, words: tuple[str, ...], code: int) -> None:
    done = hodei("run", *words)
    assert done.returncode == code, done.stderr


def test_several_words_are_one_command(hodei: Hodei) -> None:
    done = hodei("run", "-q", "--", "printf", "%s|", "a b", "$HOME", "c'd")
    assert done.stdout.rstrip("\n") == "a b|$HOME|c'd|"


def test_exec_gets_its_words_as_they_are(hodei: Hodei) -> None:
    done = hodei("run", "-q", "--type", "exec", "--", "printf", "%s|", "a b", "$HOME")
    assert done.stdout.rstrip("\n") == "a b|$HOME|"


def test_options_reach_the_job(hodei: Hodei, tmp_path: Path) -> None:
    (tmp_path / "input").write_text("from a file\n")
    done = hodei(
        *("run", "--json", "--env", "GREETING=a=b", "--label", "team=data", "--priority", "high"),
        *("--retry", "2", "--timeout", "1m30s", "--memory-mb", "1g", "--name", "named"),
        *("--stdin", str(tmp_path / "input"), "--", 'echo "$GREETING"; cat'),
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [item["text"] for item in said if item["type"] == "line"] == ["a=b", "from a file"]
    spec = said[-1]["job"]["spec"]
    assert said[-1]["type"] == "finished"
    assert said[-1]["job"]["state"] == "SUCCEEDED"
    assert spec["name"] == "named"
    assert spec["labels"] == {"team": "data"}
    assert spec["priority"] == "HIGH"
    assert spec["retry"]["max_attempts"] == 3
    assert spec["timeout_ms"] == 90_000
    assert spec["resources"]["memory_mb"] == 1024


def test_a_secret_value_comes_from_our_own_environment(hodei: Hodei) -> None:
    words = ("run", "--json", "--secret-value", "KEY", "--", 'echo "$KEY ${#KEY}"')
    done = hodei(*words, KEY="s3cret-42")
    assert done.returncode == 0
    assert "s3cret-42" not in done.stdout + done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [item["text"] for item in said if item["type"] == "line"] == ["*** 9"]
    assert said[-1]["job"]["spec"]["env"] == {"KEY": {"secret_value": None}}


def test_the_same_key_is_the_same_job(hodei: Hodei) -> None:
    words = ("run", "-d", "--idempotency-key", "once", "--name", "once", "--", "true")
    first, second = hodei(*words), hodei(*words)
    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout
    other = hodei("run", "-d", "--idempotency-key", "once", "--name", "other", "--", "true")
    assert other.returncode == 1
    assert "once" in other.stderr


def test_a_job_file_runs_and_options_win(hodei: Hodei, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("name: from file\ncommand: echo $A $B\nenv: {A: one, B: two}\n")
    assert hodei("run", "-q", "-f", str(file)).stdout == "one two\n"
    assert hodei("run", "-q", "-f", str(file), "-e", "B=three").stdout == "one three\n"
    stdin = '{"name": "json", "command": "echo $A", "env": {"A": "x"}}'
    assert hodei("run", "-q", "-f", "-", stdin=stdin).stdout == "x\n"


FAULTS = [
    ("name: x\ncommand: y\nresources:\n  cpu: 99\n", ":4:3: resources.cpu: must be a number"),
    ("name: x\ncommand: y\nresources:\n  memry: 1\n", ":4:3: resources.memry: unknown field"),
    ("name: x\ncommand:\n  type: exec\n  argv: [a, 1]\n", ":4:13: command.argv[1]: must be text"),
    ("name: x\n", ":1:1: command: is required"),
    ("name: x\nname: y\n", ":2:1: 'name' is given twice"),
    ("name: [x\ncommand: y\n", ":2:8: "),
    ("name: x\n\tcommand: y\n", ":2:1: "),
    ("- a\n", ":1:1: must hold a job"),
    ("", ":1:1: is empty"),
    ("a: &a [x]\nb: &b [*a,*a]\nc: *c\n", ":3:4: "),
    ("name: x\0\n", ":1:8: must not contain a NUL character"),
]


@pytest.mark.parametrize(("text", "says"), FAULTS)
def test_faults_of_a_file_name_line_and_column(
    hodei: Hodei, tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(text)
    done = hodei("run", "-f", str(file))
    assert done.returncode == 2
    assert f"{file}{says}" in done.stderr
    assert done.stdout == ""


def test_a_file_that_is_not_text_is_refused(hodei: Hodei, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_bytes(b"name: a\ncommand: \xff\n")
    done = hodei("run", "-f", str(file))
    assert done.returncode == 2
    assert f"{file}:2:10: is not valid UTF-8" in done.stderr
    assert hodei("run", "-f", str(tmp_path / "none.yaml")).returncode == 2


def test_json_faults_have_positions_too(hodei: Hodei, tmp_path: Path) -> None:
    file = tmp_path / "job.json"
    file.write_text('{\n  "name": "x",\n  "command": "y",\n  "priority": "URGENT"\n}')
    done = hodei("run", "-f", str(file))
    assert f"{file}:4:3: priority: must be one of" in done.stderr
    file.write_text('{\n  "name": "x",,\n}')
    assert f"{file}:2:" in hodei("run", "-f", str(file)).stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--cpu", "99", "--", "true"), "--cpu: resources.cpu: must be a number between 0.1"),
        (("--timeout", "90", "--", "true"), "--timeout: timeout_ms: needs a unit"),
        (("--env", "NOVALUE", "--", "true"), "--env: must look like NAME=VALUE"),
        (("--env", "HODEI_X=1", "--", "true"), "--env: env.HODEI_X: "),
        (("--secret-value", "UNSET", "--", "true"), "--secret-value UNSET: set the variable"),
        (("--type", "rust", "--", "true"), "command.type: must be one of shell"),
        (("--type", "python", "--", "a", "b"), "--type python: give the whole script"),
        (("--image", "alpine", "--", "true"), "--image: image: provider 'local' runs no images"),
        (("--provider", "nowhere", "--", "true"), "--provider: preferences.provider: "),
        ((), "give a command"),
        (("--no-such-option",), "No such option"),
    ],
)
def test_bad_options_are_told_by_field_and_value(
    hodei: Hodei, words: tuple[str, ...], says: str
) -> None:
    done = hodei("run", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


def test_plan_submits_nothing(hodei: Hodei) -> None:
    before = json.loads(hodei("jobs", "list", "--json").stdout)
    done = hodei("run", "--plan", "--name", "planned", "--", "true")
    assert done.returncode == 0
    assert done.stdout.startswith("would run")
    assert json.loads(hodei("jobs", "list", "--json").stdout) == before


def test_an_unreachable_server_says_how_to_start_one(hodei: Hodei) -> None:
    done = hodei("run", "--", "true", HODEI_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "http://127.0.0.1:9 does not answer" in done.stderr
    assert "hodei up" in done.stderr
    assert hodei("jobs", "list", HODEI_URL="nonsense").returncode == 2
