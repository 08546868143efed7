"""From a template and values to a job spec, and to where the job comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hodei.domain.errors import InvalidRequest, Violation
from hodei.domain.origin import Origin, TemplateRef
from hodei.domain.parsing import parse_spec
from hodei.domain.parsing.reader import Report
from hodei.domain.spec import EnvValue, JobSpec, SecretRef, SecretText
from hodei.domain.templates import scripts
from hodei.domain.templates.checking import related
from hodei.domain.templates.filling import Filling
from hodei.domain.templates.placeholder import Spot, spots
from hodei.domain.templates.template import Template
from hodei.domain.templates.values import Values, read_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a run may say besides its parameters; None: as the template has it."""

    name: object = None
    priority: object = None
    labels: object = None
    """Added to the template's, and winning over them."""


NO_CHANGES = Changes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A template filled with values."""

    spec: JobSpec
    origin: Origin


def render(template: Template, given: object, changes: Changes = NO_CHANGES) -> Rendered:
    """The job of a template. Raises InvalidRequest that names parameters, with what is right."""
    report = Report()
    draft = template.draft
    values = read_values(report, "parameters", draft.parameters, given)
    report.close()
    filled = Filling.of(draft.parameters, values).spec(draft.spec)
    data = {"name": draft.name, **filled, "project": template.project}
    changed = _change(data, changes)
    try:
        spec = parse_spec(data)
    except InvalidRequest as error:
        where = spots(draft.spec)
        raise InvalidRequest([_told(v, where, changed) for v in error.violations]) from None
    return Rendered(
        spec=replace(spec, env={**spec.env, **_variables(values)}),
        origin=_origin(template, values),
    )


def _change(data: dict[str, Any], changes: Changes) -> set[str]:
    """Puts the changes in; names of the fields that they replace."""
    changed = set()
    for name, value in (("name", changes.name), ("priority", changes.priority)):
        if value is not None:
            data[name] = value
            changed.add(name)
    if changes.labels is not None:
        own = data.get("labels")
        if isinstance(own, Mapping) and isinstance(changes.labels, Mapping):
            data["labels"] = {**own, **changes.labels}
            changed |= {f"labels.{key}" for key in changes.labels}
        else:
            data["labels"] = changes.labels
            changed.add("labels")
    return changed


def _told(violation: Violation, where: list[Spot], changed: set[str]) -> Violation:
    """The violation by the name of what the caller can change."""
    field = violation.field
    if field in changed or ("labels" in changed and field.startswith("labels")):
        return violation
    names = [name for spot in related(field, where) for name in spot.names]
    if not names:
        return InvalidRequest([violation]).under("spec").violations[0]
    return Violation(
        field=f"parameters.{names[0]}",
        message=f"makes spec.{field} wrong: {violation.message}".replace("spec.:", "the spec:"),
        value=violation.value,
    )


def _variables(values: Values) -> dict[str, EnvValue]:
    found: dict[str, EnvValue] = {}
    for name, value in values.items():
        if isinstance(value, SecretRef | SecretText):
            found[scripts.variable(name)] = value
        elif value is not None:
            found[scripts.variable(name)] = scripts.plain(value)
    return found


def _origin(template: Template, values: Values) -> Origin:
    secret = {n for n, v in values.items() if isinstance(v, SecretRef | SecretText)}
    return Origin(
        template=TemplateRef(id=template.id, name=template.name, version=template.version),
        parameters={
            name: value
            for name, value in values.items()
            if not isinstance(value, SecretRef | SecretText) and value is not None
        },
        secret_parameters=tuple(sorted(secret)),
    )
