"""Templates: what is refused when they are stored, and what becomes of a spec."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hodei.domain.errors import InvalidRequest
from hodei.domain.job import Job
from hodei.domain.spec import EnvValue, SealedText, SecretRef, SecretText
from hodei.domain.templates.drafting import parse_draft
from hodei.domain.templates.from_job import job_as_template
from hodei.domain.templates.parameter import parameter_from_dict, parameter_to_dict
from hodei.domain.templates.placeholder import escaped, filled, names_in
from hodei.domain.templates.rendering import Changes, render
from hodei.testing.store_contract.rows import new_job, new_spec
from tests.unit.templates.samples import NOW, TEXT, faults, rendered, template_of

NUMBER = {"name": "n", "type": "number"}
SECRET = {"name": "s", "type": "secret"}


@given(st.text(alphabet="{}! xn_1\n"))
def test_what_is_escaped_comes_back(text: str) -> None:
    made = escaped(text)
    assert names_in(made) == ()
    assert filled(made, lambda name: "never") == text


def test_a_placeholder_alone_gives_its_own_type() -> None:
    spec = {
        "command": {"type": "exec", "argv": ["echo", "{{ n }}", "n={{ n }}"]},
        "resources": {"cpu": "{{ n }}", "memory_mb": "{{ m }}"},
        "env": {"N": "{{ n }}", "GONE": "{{ o }}", "HERE": "-{{ o }}-"},
        "retry": {"max_attempts": "{{m}}"},
        "name": "for {{ n }}",
    }
    optional = {"name": "o", "type": "string", "required": False}
    whole = {"name": "m", "type": "integer", "default": 16}
    job = rendered(spec, [NUMBER, whole, optional], n=2.5)
    assert (job.resources.cpu, job.resources.memory_mb, job.retry.max_attempts) == (2.5, 16, 16)
    assert job.command.argv == ("echo", "2.5", "n=2.5")
    assert job.env == {
        "N": "2.5",
        "HERE": "--",
        "HODEI_PARAM_N": "2.5",
        "HODEI_PARAM_M": "16",
    }
    assert job.name == "for 2.5"


def test_a_secret_reaches_the_job_and_nothing_else() -> None:
    template = template_of({"command": "true", "env": {"T": "{{ s }}"}}, [SECRET])
    made = render(template, {"s": "hush-hush"})
    assert made.spec.env == {
        "T": SecretText(value="hush-hush"),
        "HODEI_PARAM_S": SecretText(value="hush-hush"),
    }
    assert (dict(made.origin.parameters), made.origin.secret_parameters) == ({}, ("s",))
    assert "hush" not in repr(made)
    named = render(template, {"s": {"secret": "TOKEN"}})
    assert named.spec.env["T"] == SecretRef(secret="TOKEN")
    with pytest.raises(InvalidRequest) as caught:
        render(template, {"s": ["hush-hush"]})
    assert "hush" not in str(caught.value)


REFUSED: list[tuple[Any, list[Any], str, str]] = [
    ({"command": "echo {{ y }}"}, [TEXT], "spec.command", "the parameters are: x"),
    ({"command": "true", "image": "A B"}, [], "spec.image", "must not contain spaces"),
    ({}, [], "spec.command", "is required"),
    (
        {"command": "true", "timeout_ms": "{{ x }}"},
        [TEXT],
        "spec.timeout_ms",
        "one placeholder alone",
    ),
    (
        {"command": "true", "timeout_ms": "1{{ n }}"},
        [NUMBER],
        "spec.timeout_ms",
        "one placeholder alone",
    ),
    (
        {"command": "true", "resources": {"cpu": "{{ n }}"}},
        [{**NUMBER, "default": 99}],
        "parameters[0].default",
        "makes spec.resources.cpu wrong: must be a number between 0.1 and 16",
    ),
    ({"command": {"type": "{{ x }}", "script": "a"}}, [TEXT], "spec.command.type", "itself"),
    ({"command": "echo {{ s }}"}, [SECRET], "spec.command", "the whole value of an entry"),
    (
        {"command": "true", "env": {"A": "x{{ s }}"}},
        [SECRET],
        "spec.env.A",
        "the whole value of an entry",
    ),
    (
        {"command": "true", "env": {"A": {"secret_value": "hush"}}},
        [],
        "spec.env.A",
        "keeps no secret text",
    ),
    ({"command": "true", "env": {"HODEI_PARAM_X": "1"}}, [TEXT], "spec.env.HODEI_PARAM_X", ""),
    (
        {"command": {"type": "exec", "argv": ["/bin/sh", "-ec", "echo {{ x }}"]}},
        [TEXT],
        "spec.command.argv[2]",
        "read as code",
    ),
    ({"command": "true", "project": "web"}, [], "spec.project", "belongs to the template"),
    ({"command": "true"}, [{"name": "X", "type": "string"}], "parameters[0].name", "a name of"),
    ({"command": "true"}, [TEXT, TEXT], "parameters[1].name", "two parameters"),
    ({"command": "true"}, [{"name": "c", "type": "choice"}], "parameters[0].choices", "1 to"),
    (
        {"command": "true"},
        [{"name": "c", "type": "choice", "choices": ["a"], "default": "b"}],
        "parameters[0].default",
        "must be one of a",
    ),
    ({"command": "true"}, [{**SECRET, "default": "hush"}], "parameters[0].default", "{secret:"),
    (
        {"command": "true"},
        [{**NUMBER, "minimum": 2, "maximum": 1}],
        "parameters[0].maximum",
        "must not be less than minimum, which is 2",
    ),
    ({"command": "true"}, [{**TEXT, "pattern": "(a"}], "parameters[0].pattern", "without a"),
    ({"command": "true"}, [{**NUMBER, "choices": ["1"]}], "parameters[0].choices", "choice"),
]
"""Spec, parameters, and the field that is told, with what is said of it."""


@pytest.mark.parametrize(("spec", "parameters", "field", "said"), REFUSED)
def test_what_could_not_run_is_refused_when_it_is_stored(
    spec: Any, parameters: list[Any], field: str, said: str
) -> None:
    found = faults(spec, *parameters)
    assert list(found) == [field], found
    assert said in found[field]


def test_a_value_that_makes_the_spec_wrong_is_named_with_its_parameter() -> None:
    spec = {"command": "true", "resources": {"cpu": "{{ n }}"}, "image": "a:{{ x }}"}
    with pytest.raises(InvalidRequest) as caught:
        rendered(spec, [NUMBER, TEXT], n=99, x="!")
    one, two = sorted(caught.value.violations, key=lambda violation: violation.field)
    assert (one.field, one.value) == ("parameters.n", "99")
    assert one.message.startswith("makes spec.resources.cpu wrong: must be a number between")
    assert two.field == "parameters.x"


def test_a_run_may_say_more() -> None:
    spec = {"command": "true", "labels": {"a": "1", "b": "{{ x }}"}}
    job = rendered(
        spec, [TEXT], Changes(name="mine", priority="HIGH", labels={"b": "2", "c": "3"}), x="y"
    )
    assert (job.name, job.priority, job.labels) == ("mine", "HIGH", {"a": "1", "b": "2", "c": "3"})
    with pytest.raises(InvalidRequest) as caught:
        rendered(spec, [TEXT], Changes(priority="URGENT"), x="y")
    assert [violation.field for violation in caught.value.violations] == ["priority"]


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        ({"type": "integer", "minimum": 1}, [1, 3.0, 2**53 - 1], [0, 1.5, "1", True, 2**53, None]),
        ({"type": "number", "maximum": 1}, [0.5, -3, 1], [1.1, "1", False, float("inf")]),
        ({"type": "boolean"}, [True, False], [0, 1, "true"]),
        ({"type": "choice", "choices": ["a", "b"]}, ["a", "b"], ["c", "A", 1]),
        (
            {"type": "file", "schemes": ["s3", "https"]},
            ["/a", "/a b/ñ", "s3://b/k", "https://h"],
            ["", "/", "a", "../a", "ftp://h", "s3://", "s3:", "/a\n", "javascript:x", 1],
        ),
        ({"type": "string", "min_length": 1, "max_length": 3}, ["a", "abc"], ["", "abcd", 1, []]),
        ({"type": "string", "pattern": "[a-z]+"}, ["abc"], ["Abc", "", "a\n"]),
        ({"type": "string"}, ["", "x" * 8192], ["x" * 8193, "a\0", "\ud800"]),
    ],
)
def test_types_and_bounds(parameter: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    asked = [{"name": "p", "required": True, **parameter}]
    template = template_of({"command": "true"}, asked)
    for value in good:
        assert render(template, {"p": value}).origin.parameters == {"p": value}
    for value in bad:
        with pytest.raises(InvalidRequest) as caught:
            render(template, {"p": value})
        assert [v.field for v in caught.value.violations] == ["parameters.p"], value
    one = template.draft.parameters[0]
    assert parameter_from_dict(parameter_to_dict(one)) == one


def _job(script: str = "echo {{ x }} {{! y }}") -> Job:
    spec = new_spec()
    env: dict[str, EnvValue] = {
        "P": SealedText(sealed="v2.a.b"),
        "R": SecretRef(secret="T"),
        "E": "{{ e }}",
    }
    return new_job(replace(spec, command=replace(spec.command, script=script), env=env))


def test_a_job_as_a_template_is_the_same_job() -> None:
    job = _job()
    draft = parse_draft({"name": "kept", **job_as_template(job)}, "default")
    template = replace(template_of({"command": "true"}), draft=draft)
    again = render(template, {"p": {"secret": "P"}}).spec
    assert again.command == job.spec.command
    assert again.env == {
        "P": SecretRef(secret="P"),
        "R": SecretRef(secret="T"),
        "E": "{{ e }}",
        "HODEI_PARAM_P": SecretRef(secret="P"),
    }
    assert replace(again, env={}) == replace(job.spec, env={})


def test_a_job_of_a_template_keeps_its_parameters() -> None:
    made = render(
        template_of({"command": "echo {{ x }} {{ n }}"}, [TEXT, {**NUMBER, "default": 2}, SECRET]),
        {"x": "it's", "s": {"secret": "T"}},
    )
    job = replace(new_job(made.spec), origin=made.origin)
    assert job.submitted_at > NOW
    draft = parse_draft({"name": "kept", **job_as_template(job)}, "default")
    again = render(replace(template_of({"command": "true"}), draft=draft), {})
    assert again.spec == made.spec
    assert again.origin.parameters == made.origin.parameters
