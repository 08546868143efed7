"""A job that was typed once, as a template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hodei.domain.job import Job
from hodei.domain.origin import ParameterValue
from hodei.domain.parsing.spec import DEFAULTS
from hodei.domain.serial import spec_to_dict
from hodei.domain.spec import SealedText, SecretRef, SecretText
from hodei.domain.templates.parameter import Parameter, ParameterType, parameter_to_dict
from hodei.domain.templates.placeholder import NAME, escaped, with_texts
from hodei.domain.templates.scripts import VARIABLE_PREFIX

_PARAMETER = re.compile(NAME)


def job_as_template(job: Job) -> dict[str, Any]:
    """`spec` and `parameters` that `parse_draft` takes. Hidden values of the environment become
    secret parameters; what a template was filled with becomes parameters with defaults."""
    spec, parameters = job.spec, dict[str, Parameter]()
    env: dict[str, object] = {}
    given = job.origin.parameters if job.origin else {}
    for name, value in spec.env.items():
        own = name.removeprefix(VARIABLE_PREFIX).lower()
        if name.startswith(VARIABLE_PREFIX) and _PARAMETER.fullmatch(own):
            parameters[own] = _filled(own, value, given.get(own))
        elif name.startswith(VARIABLE_PREFIX):
            continue
        elif isinstance(value, SealedText | SecretText):
            hidden = _free(own, parameters)
            parameters[hidden] = Parameter(name=hidden, type=ParameterType.SECRET, required=True)
            env[name] = f"{{{{ {hidden} }}}}"
        else:
            env[name] = escaped(value) if isinstance(value, str) else {"secret": value.secret}
    usual = spec_to_dict(DEFAULTS)
    plain = spec_to_dict(replace(spec, env={}))
    kept = {
        key: with_texts(value, escaped)
        for key, value in plain.items()
        if key not in ("project", "env") and value != usual[key]
    }
    if env:
        kept["env"] = env
    return {
        "spec": kept,
        "parameters": [parameter_to_dict(one) for one in parameters.values()],
    }


def _filled(name: str, value: object, given: ParameterValue | None) -> Parameter:
    match value:
        case SecretRef():
            return Parameter(name=name, type=ParameterType.SECRET, default=value)
        case str():
            default = value if given is None else given
            return Parameter(name=name, type=_type(default), default=default)
        case _:
            return Parameter(name=name, type=ParameterType.SECRET, required=True)


def _type(value: ParameterValue) -> ParameterType:
    match value:
        case bool():
            return ParameterType.BOOLEAN
        case int():
            return ParameterType.INTEGER
        case float():
            return ParameterType.NUMBER
        case str():
            return ParameterType.STRING


def _free(wanted: str, taken: Mapping[str, Parameter]) -> str:
    """A name for a parameter that no other one has."""
    stem = wanted if _PARAMETER.fullmatch(wanted) else f"secret_{len(taken) + 1}"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem[:58]}_{number}"
    return name
