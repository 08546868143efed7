"""The table names every operation of every interface, and nothing that there is not."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from hodei.api.access.rules import Rule, Scope
from hodei.api.access.table import GRPC, REST, SSH, TOPICS
from hodei.api.http.app import OPERATIONS, openapi_document
from hodei.api.http.operations import SAFE_METHODS
from hodei.api.http.websocket.topics import KINDS
from hodei.wire import gen

SERVED = "hodei.v1."


def every_rule() -> dict[str, Rule]:
    return {**REST, **GRPC, **{f"topic {k}": v for k, v in TOPICS.items()}, **SSH}


def test_every_rest_operation_and_websocket_is_in_the_table() -> None:
    document = openapi_document()
    served = {each["operationId"] for path in document["paths"].values() for each in _of(path)}
    assert served == set(REST)
    assert {operation.name for operation in OPERATIONS} < served


def _of(path: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    return [value for key, value in path.items() if key != "parameters"]


def test_every_grpc_method_is_in_the_table() -> None:
    assert set(_methods()) == set(GRPC)


def _methods() -> list[str]:
    modules = [
        import_module(f"{gen.__name__}.{found.name}")
        for found in iter_modules(gen.__path__)
        if found.name.endswith("_pb2")
    ]
    return [
        f"/{service.full_name}/{method.name}"
        for module in modules
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    ]


def test_every_topic_kind_is_in_the_table() -> None:
    assert frozenset(TOPICS) == KINDS


def test_scopes_go_with_permissions() -> None:
    for name, rule in every_rule().items():
        alone = rule.scope in (Scope.PUBLIC, Scope.SELF, Scope.WORKER, Scope.SERVER)
        assert alone or rule.permission is not None, name


def test_what_needs_no_credential_is_declared_so() -> None:
    for operation in OPERATIONS:
        assert operation.public == (REST[operation.name].scope is Scope.PUBLIC), operation.name


def test_what_changes_something_is_written_down() -> None:
    quiet = {"planJob", "renderTemplate"}
    """A question with a body."""
    for operation in OPERATIONS:
        rule = REST[operation.name]
        if rule.scope in (Scope.PUBLIC, Scope.SELF):
            continue
        changes = operation.method not in SAFE_METHODS and operation.name not in quiet
        assert bool(rule.action) == changes, operation.name


def test_the_same_thing_has_the_same_rule_by_whichever_door() -> None:
    for rest, grpc in {
        "submitJob": "JobExecutionService/QueueJob",
        "cancelJob": "JobExecutionService/CancelJob",
        "rerunJob": "JobExecutionService/RetryJob",
        "getLogs": "LogStreamService/GetLogs",
        "planJob": "SchedulerService/PlanJob",
        "configureQueue": "SchedulerService/ConfigureScheduler",
        "putSecret": "SecretService/PutSecret",
        "runTemplate": "TemplateService/RunTemplate",
        "importTemplate": "TemplateService/PutTemplate",
        "putProject": "ProjectService/PutProject",
        "deleteProvider": "ProviderManagementService/DeleteProvider",
        "listWorkers": "SchedulerService/GetAvailableWorkers",
    }.items():
        assert REST[rest] == GRPC[f"/{SERVED}{grpc}"], rest
    assert REST["openTerminal"] == SSH["session"]


def test_whatever_is_named_in_a_path_may_not_exist() -> None:
    for operation in OPERATIONS:
        assert "{key}" not in operation.path or 404 in operation.errors, operation.name
