"""Providers: configuring, enabling, testing and removing them."""

from __future__ import annotations

from starlette.responses import Response

from hodei.api.http.body import read_object
from hodei.api.http.operations import PREFIX, Answer, Call, Operation, json_response, ok
from hodei.api.http.provider_body import CONFIG_FIELDS, config_schema, read_config, read_flag
from hodei.api.http.query import Schema
from hodei.api.http.schemas.providers import (
    EffectView,
    HealthHistory,
    HealthView,
    MissingType,
    Providers,
    ProviderType,
    ProviderTypes,
    ProviderView,
)
from hodei.domain.parsing.limits import Whole
from hodei.domain.parsing.reader import Report
from hodei.engine.engine import Engine
from hodei.engine.providers import ProviderView as View

KEY = "Id or name of the provider."
KNOWN_TYPES = {
    "docker": "Docker provider",
    "kubernetes": "Kubernetes provider",
    "firecracker": "Firecracker provider",
}
"""Types that people look for; those that are not installed are named as missing."""
_VERSION = Whole(least=1, most=2**31 - 1)


def view_of(engine: Engine, view: View) -> ProviderView:
    """A provider as it is shown, secrets left out."""
    return ProviderView.of(view, dict(view.settings), list(view.hidden_settings))


async def all_of(engine: Engine) -> Providers:
    """All providers as they are shown."""
    return Providers(items=[view_of(engine, view) for view in await engine.providers.all()])


async def listing(call: Call) -> Response:
    """GET /providers."""
    return json_response(await all_of(call.engine))


async def create(call: Call) -> Response:
    """POST /providers."""
    report = Report()
    body = await read_object(call.request, (*CONFIG_FIELDS, "enabled"), report)
    config = read_config(report, body)
    enabled = read_flag(report, body, "enabled", default=True)
    report.close()
    view = await call.engine.providers.create(config, enabled=enabled, actor=call.actor)
    place = f"{PREFIX}/providers/{view.record.id}"
    return json_response(view_of(call.engine, view), 201, Location=place)


async def detail(call: Call) -> Response:
    """GET /providers/{key}."""
    view = await call.engine.providers.get(call.key("provider"))
    return json_response(view_of(call.engine, view))


async def update(call: Call) -> Response:
    """PUT /providers/{key}."""
    report = Report()
    body = await read_object(call.request, (*CONFIG_FIELDS, "version"), report)
    config = read_config(report, body)
    version = body.whole_or_none("version", _VERSION)
    report.close()
    stored = (await call.engine.providers.get(call.key("provider"))).record
    view = await call.engine.providers.update(
        str(stored.id),
        config,
        version=version if version is not None else stored.version,
        actor=call.actor,
    )
    return json_response(view_of(call.engine, view))


async def delete(call: Call) -> Response:
    """DELETE /providers/{key}."""
    await call.engine.providers.delete(call.key("provider"), actor=call.actor)
    return Response(status_code=204)


async def enable(call: Call) -> Response:
    """POST /providers/{key}:enable."""
    return await _set_enabled(call, True)


async def disable(call: Call) -> Response:
    """POST /providers/{key}:disable."""
    return await _set_enabled(call, False)


async def _set_enabled(call: Call, enabled: bool) -> Response:
    await _no_fields(call)
    view = await call.engine.providers.set_enabled(call.key("provider"), enabled, actor=call.actor)
    return json_response(view_of(call.engine, view))


async def test(call: Call) -> Response:
    """POST /providers/{key}:test."""
    await _no_fields(call)
    health = await call.engine.providers.test(call.key("provider"))
    return json_response(HealthView.of(health))


async def test_config(call: Call) -> Response:
    """POST /providers:test."""
    report = Report()
    body = await read_object(call.request, CONFIG_FIELDS, report)
    config = read_config(report, body)
    report.close()
    return json_response(HealthView.of(await call.engine.providers.test_config(config)))


async def health(call: Call) -> Response:
    """GET /providers/{key}/health."""
    key = call.key("provider")
    view = await call.engine.providers.get(key)
    history = await call.engine.providers.history(key)
    return json_response(
        HealthHistory(
            current=HealthView.of(view.health), history=[HealthView.of(one) for one in history]
        )
    )


async def effect(call: Call) -> Response:
    """GET /providers/{key}/effect."""
    return json_response(EffectView.of(await call.engine.providers.effect(call.key("provider"))))


async def types(call: Call) -> Response:
    """GET /provider-types."""
    known = call.engine.providers.types()
    return json_response(
        ProviderTypes(
            items=[
                ProviderType(
                    type=name,
                    title=str(schema.get("title", name)),
                    description=str(schema.get("description", "")),
                    settings_schema=dict(schema),
                )
                for name, schema in known.items()
            ],
            missing=[
                MissingType(type=name, title=title)
                for name, title in KNOWN_TYPES.items()
                if name not in known
            ],
        )
    )


async def _no_fields(call: Call) -> None:
    report = Report()
    await read_object(call.request, (), report, optional=True)
    report.close()


_EXAMPLE = {"name": "local-2", "type": "process", "settings": {"max_workers": 2}}
_CREATE = config_schema("ProviderCreation", enabled={"type": "boolean", "default": True})
_UPDATE = config_schema(
    "ProviderUpdate",
    version={
        "type": ["integer", "null"],
        "description": "The version that was read; the update is refused when it changed since.",
        "minimum": _VERSION.least,
        "maximum": _VERSION.most,
    },
)
_NO_FIELDS: Schema = {"type": "object", "additionalProperties": False}


def _action(name: str, summary: str, answer: dict[int, Answer], verb: str) -> Operation:
    return Operation(
        method="POST",
        path=f"/providers/{{key}}:{verb}",
        name=name,
        tag="providers",
        summary=summary,
        handle={"enable": enable, "disable": disable, "test": test}[verb],
        answers=answer,
        key=KEY,
        body=_NO_FIELDS,
        body_required=False,
        errors=(404, 409, 413, 415),
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/providers",
        name="listProviders",
        tag="providers",
        summary="All providers",
        handle=listing,
        answers=ok(Providers, "By name."),
    ),
    Operation(
        method="POST",
        path="/providers",
        name="createProvider",
        tag="providers",
        summary="Configure a provider",
        handle=create,
        answers={
            201: Answer(
                description="It is configured and can take jobs.",
                model=ProviderView,
                headers={"Location": "Path of the new provider."},
            )
        },
        body=_CREATE,
        body_example=_EXAMPLE,
        errors=(409, 413, 415),
    ),
    Operation(
        method="POST",
        path="/providers:test",
        name="testProviderConfig",
        tag="providers",
        summary="Check a configuration without storing it",
        handle=test_config,
        answers=ok(HealthView, "Whether it would work, and why not."),
        body=config_schema("ProviderTest"),
        body_example=_EXAMPLE,
        errors=(413, 415),
    ),
    Operation(
        method="GET",
        path="/providers/{key}",
        name="getProvider",
        tag="providers",
        summary="A provider",
        handle=detail,
        answers=ok(ProviderView, "The provider."),
        key=KEY,
        errors=(404,),
    ),
    Operation(
        method="PUT",
        path="/providers/{key}",
        name="updateProvider",
        tag="providers",
        summary="Replace a provider's configuration",
        handle=update,
        answers=ok(ProviderView, "The provider as it is now."),
        key=KEY,
        body=_UPDATE,
        body_example=_EXAMPLE,
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="DELETE",
        path="/providers/{key}",
        name="deleteProvider",
        tag="providers",
        summary="Remove a provider that has no live workers",
        handle=delete,
        answers={204: Answer(description="It is gone.")},
        key=KEY,
        errors=(404, 409),
    ),
    _action("enableProvider", "Let it take jobs", ok(ProviderView, "The provider."), "enable"),
    _action(
        "disableProvider",
        "Let it take no further job; running ones go on",
        ok(ProviderView, "The provider."),
        "disable",
    ),
    _action("testProvider", "Check it now", ok(HealthView, "Its health."), "test"),
    Operation(
        method="GET",
        path="/providers/{key}/health",
        name="getProviderHealth",
        tag="providers",
        summary="Health now, and its changes",
        handle=health,
        answers=ok(HealthHistory, "Newest first."),
        key=KEY,
        errors=(404,),
    ),
    Operation(
        method="GET",
        path="/providers/{key}/effect",
        name="getProviderEffect",
        tag="providers",
        summary="What disabling it would do to the jobs of now",
        handle=effect,
        answers=ok(EffectView, "What goes on, and what would wait in vain."),
        key=KEY,
        errors=(404,),
    ),
    Operation(
        method="GET",
        path="/provider-types",
        name="listProviderTypes",
        tag="providers",
        summary="Installed types with the schema of their settings",
        handle=types,
        answers=ok(ProviderTypes, "By name."),
    ),
)
