"""Workers: reading, draining and terminating them."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from hodei.api.http.body import read_object
from hodei.api.http.names import names_of
from hodei.api.http.operations import Call, Handler, Operation, json_response, ok
from hodei.api.http.query import choices, flag, text, whole, words_of
from hodei.api.http.schemas.providers import Workers, WorkerView
from hodei.domain.parsing.reader import Report
from hodei.domain.worker import Worker, WorkerState
from hodei.engine.engine import Engine

MAX_WORKERS = 1000

PROVIDER = text("provider", "Id or name of a provider.", most=200)
STATE = choices("state", "States, separated by commas.", words_of(WorkerState))
ALL = flag("all", "Gone ones too.")
LIMIT = whole("limit", "Workers at most.", least=1, most=MAX_WORKERS, default=100)
KEY = "Id of the worker."


async def views_of(
    engine: Engine, workers: Sequence[Worker], projects: frozenset[str] | None
) -> Workers:
    """Workers as they are shown, with those jobs of theirs that are of these projects."""
    names = names_of(engine)
    views = await engine.workers.views(workers, projects=projects)
    return Workers(items=[WorkerView.of(view, names) for view in views])


async def listing(call: Call) -> Response:
    """GET /workers."""
    key = call.get(PROVIDER)
    provider_id = (await call.engine.providers.get(key)).record.id if key else None
    found = await call.engine.workers.all(
        provider_id=provider_id,
        states=call.get(STATE),
        live=not call.get(ALL) and WorkerState.GONE not in call.get(STATE),
        limit=call.get(LIMIT),
    )
    return json_response(await views_of(call.engine, found, call.visible))


async def detail(call: Call) -> Response:
    """GET /workers/{key}."""
    return await _answer(call, await call.engine.workers.get(call.key("worker")))


async def drain(call: Call) -> Response:
    """POST /workers/{key}:drain."""
    await _no_fields(call)
    return await _answer(
        call, await call.engine.workers.drain(call.key("worker"), actor=call.actor)
    )


async def terminate(call: Call) -> Response:
    """POST /workers/{key}:terminate."""
    await _no_fields(call)
    return await _answer(
        call, await call.engine.workers.terminate(call.key("worker"), actor=call.actor)
    )


async def _answer(call: Call, worker: Worker) -> Response:
    [view] = await call.engine.workers.views([worker], projects=call.visible)
    return json_response(WorkerView.of(view, names_of(call.engine)))


async def _no_fields(call: Call) -> None:
    report = Report()
    await read_object(call.request, (), report, optional=True)
    report.close()


def _action(verb: str, name: str, summary: str, handle: Handler) -> Operation:
    return Operation(
        method="POST",
        path=f"/workers/{{key}}:{verb}",
        name=name,
        tag="workers",
        summary=summary,
        handle=handle,
        answers=ok(WorkerView, "The worker as it is now."),
        key=KEY,
        body={"type": "object", "additionalProperties": False},
        body_required=False,
        errors=(404, 409, 413, 415),
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/workers",
        name="listWorkers",
        tag="workers",
        summary="Workers",
        handle=listing,
        answers=ok(Workers, "Newest first."),
        query=(PROVIDER, STATE, ALL, LIMIT),
        errors=(404,),
    ),
    Operation(
        method="GET",
        path="/workers/{key}",
        name="getWorker",
        tag="workers",
        summary="A worker",
        handle=detail,
        answers=ok(WorkerView, "The worker."),
        key=KEY,
        errors=(404,),
    ),
    _action(
        "drain",
        "drainWorker",
        "Let it take no further job: an idle one goes at once, a busy one after its job",
        drain,
    ),
    _action("terminate", "terminateWorker", "Destroy it now; its job ends as cancelled", terminate),
)
