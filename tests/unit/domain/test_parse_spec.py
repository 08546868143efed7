"""What parsing takes, refuses, and says, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from hodei.domain.errors import InvalidRequest, Violation
from hodei.domain.parsing import limits, parse_idempotency_key, parse_spec
from hodei.domain.parsing.spec import DEFAULTS
from hodei.domain.schema import HELLO
from hodei.domain.spec import (
    Command,
    CommandType,
    JobSpec,
    Preferences,
    Priority,
    RetryCause,
    RetryPolicy,
    SecretRef,
    SecretText,
)
from tests.unit.domain.specs import VALIDATOR, sayable

MINIMAL: dict[str, Any] = {"name": "n", "command": "true"}


def parsed(**fields: Any) -> JobSpec:
    raw = {**MINIMAL, **fields}
    assert VALIDATOR.is_valid(raw)
    return parse_spec(raw)


def violations(raw: object) -> tuple[Violation, ...]:
    with pytest.raises(InvalidRequest) as caught:
        parse_spec(raw)
    found = caught.value.violations
    # The schema says the same, but for sizes in bytes, which it cannot express.
    if sayable(raw) and not any("bytes" in violation.message for violation in found):
        assert not VALIDATOR.is_valid(raw)
    return found


def refusal(**fields: Any) -> Violation:
    """The one violation of a spec that is legal but for `fields`."""
    (found,) = violations({**MINIMAL, **fields})
    return found


def test_the_hello_job() -> None:
    spec = parse_spec(HELLO)
    assert spec.command == Command(
        type=CommandType.SHELL, script='echo "Hello from Hodei!" && date'
    )
    assert (spec.name, spec.image) == ("Hello World", "alpine:latest")
    assert (spec.resources.cpu, spec.resources.memory_mb) == (1.0, 512)


def test_defaults() -> None:
    spec = parsed()
    assert spec == JobSpec(name="n", command=Command(type=CommandType.SHELL, script="true"))
    assert spec.timeout_ms == DEFAULTS.timeout_ms == 300_000
    assert spec.project == "default"


def test_everything_wrong_is_told_at_once() -> None:
    found = violations(
        {
            "nam": "typo",
            "command": {"type": "exec", "script": "x", "argv": []},
            "resources": {"memory": 1, "cpu": 99},
            "timeout_ms": "30s",
            "cpu": 2,
        }
    )
    assert [(v.field, v.message) for v in found] == [
        ("nam", "unknown field; did you mean 'name'?"),
        ("cpu", "unknown field; write it as resources.cpu"),
        ("name", "is required: 1 to 200 printable characters on one line"),
        (
            "command.script",
            "does not go with type exec: give the program and its arguments in command.argv, "
            "or choose type shell",
        ),
        ("command.argv", "must have 1 to 4096 items, not 0"),
        ("resources.memory", "unknown field; did you mean 'memory_mb'?"),
        ("resources.cpu", "must be a number between 0.1 and 16"),
        ("timeout_ms", "must be a whole number between 1000 and 604800000"),
    ]
    assert found[-1].value == "30s"


@pytest.mark.parametrize("raw", [None, 3, "spec", [], [MINIMAL], True])
def test_a_spec_is_an_object(raw: object) -> None:
    (found,) = violations(raw)
    assert found.field == ""
    assert found.message.startswith("must be an object with the fields name, command, image")


def test_unknown_fields_are_named_up_to_a_bound() -> None:
    found = violations({**MINIMAL, **{f"zz{i}": i for i in range(1000)}})
    assert len(found) == 11
    assert found[-1].message == "990 more unknown fields"
    assert refusal(resources={"qqq": 1}).message == (
        "unknown field; the fields here are cpu, memory_mb, storage_mb, gpus, architecture"
    )


def test_unknown_fields_never_show_their_value() -> None:
    assert refusal(password="hunter2").value == ""


def test_the_number_of_violations_is_bounded() -> None:
    assert len(violations({**MINIMAL, "env": {f"A{i}": i for i in range(400)}})) == 100


# ---- name, project, directory, texts


@pytest.mark.parametrize("name", ["n", "x" * 200, "Größe ✓ 日本", "a b", "👩\u200d💻"])
def test_names(name: str) -> None:
    assert parsed(name=name).name == name


def test_names_lose_the_spaces_around_them() -> None:
    assert parsed(name=" \u00a0 nightly \u3000").name == "nightly"


@pytest.mark.parametrize(
    "name", ["", "  ", "\u00a0", "x" * 201, "a\nb", "a\n", "a\x1bb", "a\x85", "a\u202eb", "\t"]
)
def test_names_that_are_refused(name: str) -> None:
    found = refusal(name=name)
    assert found.field == "name"
    assert found.message == "must be 1 to 200 printable characters on one line"
    assert found.value.isprintable()


def test_blanks_in_the_pattern_are_those_that_are_dropped() -> None:
    blanks = [chr(c) for c in range(0x10000) if chr(c).isspace()]
    one_line = [c for c in blanks if limits.LABEL_VALUE.pattern.fullmatch(c)]
    assert one_line
    assert [c for c in one_line if limits.LINE.pattern.fullmatch(c)] == []


@pytest.mark.parametrize("field", ["name", "stdin", "working_dir", "project"])
def test_nul_and_half_surrogates_are_named(field: str) -> None:
    assert refusal(**{field: "/a\0"}).message == "must not contain a NUL character"
    assert "surrogate" in refusal(**{field: "/a\ud800"}).message


@pytest.mark.parametrize("project", ["", "A", "-a", "a_b", "a" * 64, "a\n", 1, None])
def test_projects_that_are_refused(project: object) -> None:
    assert refusal(project=project).field == "project"


def test_working_dir() -> None:
    assert parsed(working_dir="/w").working_dir == "/w"
    assert parsed(working_dir=None).working_dir is None
    assert parsed(working_dir="/" * 4096).working_dir == "/" * 4096
    for bad in ("", "w", "/" * 4097, 1):
        assert refusal(working_dir=bad).field == "working_dir"


def test_stdin_is_bounded_in_bytes() -> None:
    assert len(parsed(stdin="é" * (128 * 1024)).stdin) == 128 * 1024
    assert refusal(stdin="é" * (128 * 1024) + "x").message == (
        "must be at most 262144 bytes, not 262145"
    )


# ---- command


@pytest.mark.parametrize("kind", ["shell", "python", "node"])
def test_scripts(kind: str) -> None:
    script = "x" * (256 * 1024)
    assert parsed(command={"type": kind, "script": script}).command.script == script
    found = refusal(command={"type": kind, "script": script + "y"})
    assert (found.field, found.message, found.value) == (
        "command.script",
        "must be at most 262144 bytes, not 262145",
        "",
    )


def test_argv() -> None:
    argv = ["/bin/app", "", "a b", "\n"]
    assert parsed(command={"type": "exec", "argv": argv}).command.argv == tuple(argv)


@pytest.mark.parametrize(
    ("command", "field", "words"),
    [
        ("", "command", "must not be empty"),
        (" \n", "command", "must not be empty"),
        ("a\0", "command", "NUL"),
        (3, "command", "must be a shell script as text"),
        (None, "command", "must be a shell script as text"),
        (["ls"], "command", "must be a shell script as text"),
        ({}, "command.type", "is required: one of shell, exec, python, node"),
        ({"script": "ls"}, "command.type", "is required"),
        ({"type": "SHELL", "script": "ls"}, "command.type", "did you mean 'shell'?"),
        ({"type": "shell"}, "command.script", "is required for type shell"),
        ({"type": "node", "script": None}, "command.script", "must be text"),
        ({"type": "python", "script": ["a"]}, "command.script", "must be text"),
        ({"type": "exec"}, "command.argv", "is required for type exec"),
        ({"type": "exec", "argv": "ls -l"}, "command.argv", "must be a list of text"),
        ({"type": "exec", "argv": []}, "command.argv", "must have 1 to 4096 items"),
        ({"type": "exec", "argv": ["a"] * 4097}, "command.argv", "not 4097"),
        ({"type": "exec", "argv": ["", "a"]}, "command.argv[0]", "must name the program"),
        ({"type": "exec", "argv": ["a", 1]}, "command.argv[1]", "quote numbers"),
        ({"type": "exec", "argv": ["a", "b\0"]}, "command.argv[1]", "NUL"),
        ({"type": "exec", "argv": ["a", "b" * 131_072]}, "command.argv[1]", "131071 bytes"),
        ({"type": "exec", "argv": ["a" * 131_071] * 3}, "command.argv", "262144 bytes together"),
        ({"type": "shell", "script": "a", "argv": []}, "command.argv", "choose type exec"),
        ({"type": "exec", "argv": ["a"], "scrip": ""}, "command.scrip", "did you mean 'script'?"),
    ],
)
def test_commands_that_are_refused(command: object, field: str, words: str) -> None:
    found = refusal(command=command)
    assert found.field == field
    assert words in found.message


def test_the_command_is_required() -> None:
    (found,) = violations({"name": "n"})
    assert (found.field, found.message[:12]) == ("command", "is required:")


# ---- image


@pytest.mark.parametrize(
    "image",
    [
        "alpine",
        "alpine:latest",
        "a/b/c:V1",
        "localhost/app",
        "localhost:5000/app:x",
        "my-registry.example.com:443/team/app__x/y--z:1.0-rc.1",
        "app@sha256:" + "0f" * 32,
        "x" * 512,
        None,
    ],
)
def test_images(image: str | None) -> None:
    assert parsed(image=image).image == image


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("", "must not be empty"),
        ("Alpine:latest", "must be lower case"),
        ("https://docker.io/alpine", "scheme"),
        ("alpine latest", "spaces"),
        (" alpine", "spaces"),
        ("alpine:", "an image reference"),
        ("alpine:a:b", "an image reference"),
        ("alpine@sha256:123", "an image reference"),
        ("a//b", "an image reference"),
        ("-a", "an image reference"),
        ("a_.b", "an image reference"),
        ("host:notaport/app", "an image reference"),
        ("alpine:" + "t" * 129, "an image reference"),
        ("x" * 513, "at most 512 characters"),
        ("alpine\n", "spaces"),
        ("a\0", "an image reference"),
        (7, "must be text"),
    ],
)
def test_images_that_are_refused(image: object, words: str) -> None:
    found = refusal(image=image)
    assert found.field == "image"
    assert words in found.message


def test_a_long_bad_image_is_refused_quickly() -> None:
    assert refusal(image="a-" * 255 + "!").field == "image"
    assert refusal(image="a.a" * 170 + "!").field == "image"


# ---- environment and labels


def test_env() -> None:
    values = {"A": "", "_b1": "x\ny", "T": {"secret": "tok.en-1"}, "S": {"secret_value": "s3cret"}}
    env = parsed(env=values).env
    assert env == {
        "A": "",
        "_b1": "x\ny",
        "T": SecretRef(secret="tok.en-1"),
        "S": SecretText(value="s3cret"),
    }
    assert "s3cret" not in repr(env)


@pytest.mark.parametrize(
    ("env", "field", "words"),
    [
        ({"A": 1}, "env.A", "put the value in quotes"),
        ({"A": True}, "env.A", "put the value in quotes"),
        ({"A": 1.5}, "env.A", "put the value in quotes"),
        ({"A": None}, "env.A", 'write "" for an empty value'),
        ({"A": ["s3cret"]}, "env.A", "must be text, {secret: NAME} or {secret_value: TEXT}"),
        ({"A": {"secret_value": None}}, "env.A.secret_value", "never given back"),
        ({"A": {"secret_value": 5}}, "env.A.secret_value", "put the value in quotes"),
        ({"A": {"secret_value": "s3cret\0"}}, "env.A.secret_value", "NUL"),
        ({"A": {"secret_value": "s3cret" * 6000}}, "env.A.secret_value", "not 36000"),
        ({"A": "s3cret\0"}, "env.A", "NUL"),
        ({"A": "s3cret\udc00"}, "env.A", "surrogate"),
        ({"A": "s3cret" * 6000}, "env.A", "at most 32768 bytes, not 36000"),
        ({"A": {"secret": "s3cret!"}}, "env.A.secret", "the name of a secret"),
        ({"A": {"secret": "x", "value": "s3cret"}}, "env.A", "the one field 'secret'"),
        ({"A": {"vault": "s3cret"}}, "env.A", "the one field 'secret'"),
        ({"1A": "s3cret"}, "env.1A", "a name of letters"),
        ({"": "s3cret"}, "env.", "a name of letters"),
        ({"A\n": "s3cret"}, "env.A\ufffd", "a name of letters"),
        ({"A" * 257: "s3cret"}, "env." + "A" * 99 + "…", "at most 256 long"),
        ({"A=s3cret": ""}, "env.A", "write NAME: value, not NAME=value"),
        ({"HODEI_TOKEN": "s3cret"}, "env.HODEI_TOKEN", "belong to Hodei"),
        ({5: "s3cret"}, "env.5", "a name of letters"),
        ("A=s3cret", "env", "must be an object of names and values"),
        (["A=s3cret"], "env", "must be an object of names and values"),
        ({f"A{i}": "" for i in range(501)}, "env", "at most 500 entries, not 501"),
        ({f"A{i}": "x" * 32_000 for i in range(9)}, "env", "at most 262144 bytes together"),
        ({f"A{i}": {"secret_value": "x" * 32_000} for i in range(9)}, "env", "bytes together"),
    ],
)
def test_environments_that_are_refused(env: object, field: str, words: str) -> None:
    found = refusal(env=env)
    assert found.field == field
    assert words in found.message
    assert found.value == ""
    assert "s3cret" not in str(found)


def test_labels() -> None:
    labels = {"team": "data", "app.kubernetes.io/Name_1": "", "x" * 63: "v" * 255}
    assert parsed(labels=labels).labels == labels
    assert "at most 64" in refusal(labels={f"l{i}": "" for i in range(65)}).message
    assert refusal(preferences={"labels": {"a": None}}).field == "preferences.labels.a"


@pytest.mark.parametrize(
    "labels",
    [{"a b": ""}, {"": ""}, {"x" * 64: ""}, {"a": "v" * 256}, {"a": 1}, {"a": "\n"}, {1: "a"}, []],
)
def test_labels_that_are_refused(labels: object) -> None:
    assert refusal(labels=labels).field.startswith("labels")


# ---- numbers and choices


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [
        ("timeout_ms", 1000, 604_800_000),
        ("queue_timeout_ms", 1000, 2_592_000_000),
        ("grace_ms", 0, 600_000),
        ("resources.memory_mb", 16, 1_048_576),
        ("resources.storage_mb", 0, 10_485_760),
        ("resources.gpus", 0, 16),
        ("retry.max_attempts", 1, 20),
    ],
)
def test_whole_numbers(field: str, least: int, most: int) -> None:
    def with_value(value: object) -> dict[str, Any]:
        outer, _, inner = field.partition(".")
        return {**MINIMAL, outer: {inner: value} if inner else value}

    for good in (least, most, float(most)):
        parse_spec(with_value(good))
    bad_values = [
        least - 1,
        most + 1,
        least + 0.5,
        "1000",
        True,
        float("nan"),
        float("inf"),
        10**400,
    ]
    for bad in bad_values:
        (found,) = violations(with_value(bad))
        assert found.field == field
        assert found.message.startswith(f"must be a whole number between {least} and {most}")


def test_whole_floats_become_ints() -> None:
    memory = parsed(resources={"memory_mb": 512.0}).resources.memory_mb
    assert (memory, type(memory)) == (512, int)


@pytest.mark.parametrize("cpu", [0.1, 0.5, 1, 16, 16.0])
def test_cpu(cpu: float) -> None:
    found = parsed(resources={"cpu": cpu}).resources.cpu
    assert (found, type(found)) == (cpu, float)


@pytest.mark.parametrize("cpu", [0, 0.09, 16.1, -1, "1", True, None, float("nan"), 10**400])
def test_cpus_that_are_refused(cpu: object) -> None:
    assert refusal(resources={"cpu": cpu}).message == "must be a number between 0.1 and 16"


def test_architecture_names_of_other_programs_are_translated_in_the_message() -> None:
    assert "amd64 is called x86_64 here" in refusal(resources={"architecture": "amd64"}).message
    assert "aarch64 is called arm64 here" in refusal(resources={"architecture": "aarch64"}).message
    assert refusal(resources={"architecture": "vax"}).message == (
        "must be one of x86_64, arm64, or null for any"
    )


@pytest.mark.parametrize("word", ["auto", "any", "ANY", None, " auto "])
def test_any_place(word: str | None) -> None:
    assert parsed(preferences={"provider": word, "region": word}).preferences == Preferences()


def test_priority_in_any_case() -> None:
    assert parsed(priority="high").priority is Priority.HIGH
    assert parsed(priority="lOw").priority is Priority.LOW
    assert "did you mean 'NORMAL'?" in refusal(priority="norml").message
    assert refusal(priority=None).value == "null"
    assert refusal(priority=1).field == "priority"


def test_network() -> None:
    assert refusal(network="None").message == "must be one of default, none; did you mean 'none'?"


# ---- retry


@pytest.mark.parametrize(
    ("raw", "attempts"), [(True, 3), (False, 1), (1, 1), (20, 20), (2.0, 2), ({}, 1)]
)
def test_short_forms_of_retry(raw: object, attempts: int) -> None:
    assert parsed(retry=raw).retry == RetryPolicy(max_attempts=attempts)


def test_retry_in_full() -> None:
    retry = parsed(
        retry={
            "max_attempts": 5,
            "backoff": {"initial_ms": 0, "factor": 1, "max_ms": 10, "jitter": 1},
            "on": ["lost", "oom"],
        }
    ).retry
    assert retry.on == {RetryCause.LOST, RetryCause.OOM}
    assert (retry.backoff.factor, retry.backoff.jitter, retry.backoff.max_ms) == (1.0, 1.0, 10)


@pytest.mark.parametrize(
    ("retry", "field"),
    [
        (0, "retry"),
        (21, "retry"),
        ("3", "retry"),
        (None, "retry"),
        ([], "retry"),
        ({"max_attempts": True}, "retry.max_attempts"),
        ({"attempts": 3}, "retry.attempts"),
        ({"on": "lost"}, "retry.on"),
        ({"on": None}, "retry.on"),
        ({"on": ["lost"] * 6}, "retry.on"),
        ({"on": ["lost", "lost"]}, "retry.on[1]"),
        ({"on": ["exit"]}, "retry.on[0]"),
        ({"on": [None]}, "retry.on[0]"),
        ({"backoff": 5}, "retry.backoff"),
        ({"backoff": {"factor": 0.5}}, "retry.backoff.factor"),
        ({"backoff": {"jitter": 1.1}}, "retry.backoff.jitter"),
        ({"backoff": {"initial": 1}}, "retry.backoff.initial"),
    ],
)
def test_retries_that_are_refused(retry: object, field: str) -> None:
    assert refusal(retry=retry).field == field


# ---- idempotency key


@pytest.mark.parametrize("key", ["k", "a b", "~" * 200])
def test_idempotency_keys(key: str) -> None:
    assert parse_idempotency_key(key) == key


@pytest.mark.parametrize("key", ["", " a", "a ", "~" * 201, "é", "a\n", "a\0", None, 7, b"a"])
def test_idempotency_keys_that_are_refused(key: object) -> None:
    with pytest.raises(InvalidRequest, match="1 to 200 printable ASCII"):
        parse_idempotency_key(key)
