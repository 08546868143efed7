"""The table: every operation of every interface, and what it asks for.

An operation that is not in here is not served. The same thing has the same rule wherever it is
done: REST, gRPC, live topics, terminals, SSH.
"""

from __future__ import annotations

from collections.abc import Mapping

from hodei.api.access.rules import Rule, Scope
from hodei.domain.access.roles import Permission

PUBLIC = Rule(scope=Scope.PUBLIC)
KNOWN = Rule(scope=Scope.SELF)
WORKER = Rule(scope=Scope.WORKER)
SERVER = Rule(scope=Scope.SERVER)


def _installation(permission: Permission, action: str = "") -> Rule:
    return Rule(scope=Scope.INSTALLATION, permission=permission, action=action)


def _any(permission: Permission) -> Rule:
    return Rule(scope=Scope.ANY, permission=permission)


def _job(permission: Permission, action: str = "") -> Rule:
    return Rule(scope=Scope.JOB, permission=permission, action=action)


def _project(permission: Permission, action: str = "") -> Rule:
    return Rule(scope=Scope.PROJECT, permission=permission, action=action)


_LIST_JOBS = _any(Permission.JOBS_READ)
_READ_JOB = _job(Permission.JOBS_READ)
_SUBMIT = _project(Permission.JOBS_RUN, "job.submit")
_PLAN = _project(Permission.JOBS_READ)
_CANCEL = _job(Permission.JOBS_RUN, "job.cancel")
_RERUN = _job(Permission.JOBS_RUN, "job.rerun")
_READ_LOG = _job(Permission.LOGS_READ)
_READ_STATS = _job(Permission.METRICS_READ)
_METRICS = _any(Permission.METRICS_READ)
_QUEUE = _any(Permission.QUEUE_READ)
_SCHEDULER = _installation(Permission.QUEUE_MANAGE, "scheduler.change")
_READ_PROVIDERS = _any(Permission.PROVIDERS_READ)
_READ_WORKERS = _any(Permission.WORKERS_READ)
_AUDIT = _any(Permission.AUDIT_READ)
_LIST_PROJECTS = _any(Permission.PROJECTS_READ)
_SET_PROJECT = _installation(Permission.PROJECTS_MANAGE, "project.set")
_DELETE_PROJECT = _installation(Permission.PROJECTS_MANAGE, "project.delete")
_LIST_SECRETS = _any(Permission.SECRETS_READ)
_SET_SECRET = _project(Permission.SECRETS_MANAGE, "secret.set")
_DELETE_SECRET = _project(Permission.SECRETS_MANAGE, "secret.delete")
_ROTATE_SECRETS = _installation(Permission.SECRETS_ROTATE, "secret.rotate")
_LIST_SCHEDULES = _any(Permission.SCHEDULES_READ)
_READ_SCHEDULE = _project(Permission.SCHEDULES_READ)
_RUN_SCHEDULE = _project(Permission.JOBS_RUN, "schedule.run")
_LIST_TEMPLATES = _any(Permission.TEMPLATES_READ)
_READ_TEMPLATE = _project(Permission.TEMPLATES_READ)
_RUN_TEMPLATE = _project(Permission.JOBS_RUN, "template.run")
_LIST_WEBHOOKS = _any(Permission.WEBHOOKS_READ)
_READ_WEBHOOK = _project(Permission.WEBHOOKS_READ)
_CREATE_WEBHOOK = _project(Permission.WEBHOOKS_MANAGE, "webhook.create")
_UPDATE_WEBHOOK = _project(Permission.WEBHOOKS_MANAGE, "webhook.update")
_DELETE_WEBHOOK = _project(Permission.WEBHOOKS_MANAGE, "webhook.delete")
_TEST_WEBHOOK = _project(Permission.WEBHOOKS_MANAGE, "webhook.test")
_CREATE_TRIGGER = _project(Permission.TEMPLATES_MANAGE, "trigger.create")
_DELETE_TRIGGER = _project(Permission.TEMPLATES_MANAGE, "trigger.delete")
# A delivery tells its project once it is found; the handler asks there.
_READ_DELIVERY = _any(Permission.WEBHOOKS_READ)
_REDELIVER = Rule(
    scope=Scope.ANY, permission=Permission.WEBHOOKS_MANAGE, action="delivery.redeliver"
)
_USERS = _installation(Permission.USERS_MANAGE)
_TERMINAL = _job(Permission.TERMINAL_OPEN, "terminal.open")


def _self(action: str) -> Rule:
    return Rule(scope=Scope.SELF, action=action)


def _user(verb: str) -> Rule:
    return _installation(Permission.USERS_MANAGE, f"user.{verb}")


def _provider(verb: str) -> Rule:
    return _installation(Permission.PROVIDERS_MANAGE, f"provider.{verb}")


def _schedule(verb: str) -> Rule:
    return _project(Permission.SCHEDULES_MANAGE, f"schedule.{verb}")


def _template(verb: str) -> Rule:
    return _project(Permission.TEMPLATES_MANAGE, f"template.{verb}")


def _worker(verb: str) -> Rule:
    return _installation(Permission.WORKERS_MANAGE, f"worker.{verb}")


REST: Mapping[str, Rule] = {
    "submitJob": _SUBMIT,
    "submitJobs": _SUBMIT,
    "planJob": _PLAN,
    "listJobs": _LIST_JOBS,
    "getJob": _READ_JOB,
    "explainJob": _READ_JOB,
    "listJobEvents": _READ_JOB,
    "cancelJob": _CANCEL,
    "rerunJob": _RERUN,
    "changeJob": _job(Permission.JOBS_RUN, "job.change"),
    "cancelJobs": _project(Permission.JOBS_RUN, "job.cancel"),
    "rerunJobs": _project(Permission.JOBS_RUN, "job.rerun"),
    "getLogs": _READ_LOG,
    "searchLogs": _READ_LOG,
    "viewLogs": _READ_LOG,
    "getLogMarks": _READ_LOG,
    "downloadLogs": _READ_LOG,
    "streamLogs": _READ_LOG,
    "getStats": _READ_STATS,
    "getJobMetrics": _METRICS,
    "getHostMetrics": _METRICS,
    "getSummary": _LIST_JOBS,
    "getSystem": _METRICS,
    "getQueue": _QUEUE,
    "configureQueue": _SCHEDULER,
    "listProviders": _READ_PROVIDERS,
    "getProvider": _READ_PROVIDERS,
    "getProviderHealth": _READ_PROVIDERS,
    "listProviderTypes": _READ_PROVIDERS,
    # It counts waiting jobs of every project.
    "getProviderEffect": _installation(Permission.PROVIDERS_MANAGE),
    "createProvider": _provider("create"),
    "updateProvider": _provider("update"),
    "deleteProvider": _provider("delete"),
    "enableProvider": _provider("enable"),
    "disableProvider": _provider("disable"),
    "testProvider": _provider("test"),
    "testProviderConfig": _provider("test"),
    "listWorkers": _READ_WORKERS,
    "getWorker": _READ_WORKERS,
    "listProjects": _LIST_PROJECTS,
    "putProject": _SET_PROJECT,
    "deleteProject": _DELETE_PROJECT,
    "listSecrets": _LIST_SECRETS,
    "putSecret": _SET_SECRET,
    "deleteSecret": _DELETE_SECRET,
    "rotateSecrets": _ROTATE_SECRETS,
    "listSchedules": _LIST_SCHEDULES,
    "createSchedule": _schedule("create"),
    "getSchedule": _READ_SCHEDULE,
    "updateSchedule": _schedule("update"),
    "deleteSchedule": _schedule("delete"),
    "pauseSchedule": _schedule("pause"),
    "resumeSchedule": _schedule("resume"),
    "runSchedule": _RUN_SCHEDULE,
    "listFirings": _READ_SCHEDULE,
    # Reckons with what was sent, and shows nothing that is stored.
    "previewSchedule": KNOWN,
    "listTimeZones": KNOWN,
    "listTemplates": _LIST_TEMPLATES,
    "createTemplate": _template("create"),
    "getTemplate": _READ_TEMPLATE,
    "updateTemplate": _template("update"),
    "deleteTemplate": _template("delete"),
    "listTemplateVersions": _READ_TEMPLATE,
    "getTemplateStats": _READ_TEMPLATE,
    "renderTemplate": _READ_TEMPLATE,
    "runTemplate": _RUN_TEMPLATE,
    "exportTemplate": _READ_TEMPLATE,
    "importTemplate": _template("import"),
    "saveJobAsTemplate": _job(Permission.TEMPLATES_MANAGE, "template.create"),
    "listTriggers": _READ_TEMPLATE,
    "createTrigger": _CREATE_TRIGGER,
    "deleteTrigger": _DELETE_TRIGGER,
    # Its token says who may.
    "fireTrigger": PUBLIC,
    "listWebhooks": _LIST_WEBHOOKS,
    "createWebhook": _CREATE_WEBHOOK,
    "getWebhook": _READ_WEBHOOK,
    "updateWebhook": _UPDATE_WEBHOOK,
    "deleteWebhook": _DELETE_WEBHOOK,
    "testWebhook": _TEST_WEBHOOK,
    "listDeliveries": _READ_WEBHOOK,
    "getDelivery": _READ_DELIVERY,
    "redeliver": _REDELIVER,
    "drainWorker": _worker("drain"),
    "terminateWorker": _worker("terminate"),
    "listAudit": _AUDIT,
    "exportAudit": _AUDIT,
    # Each of their topics has a rule of its own.
    "streamEvents": KNOWN,
    "openLive": KNOWN,
    "openTerminal": _TERMINAL,
    # Tells whoever shows nothing how to sign in.
    "getMe": PUBLIC,
    "signIn": PUBLIC,
    "signOut": PUBLIC,
    "setUp": PUBLIC,
    "beginOidc": PUBLIC,
    "finishOidc": PUBLIC,
    "changeMe": _self("user.password"),
    "listMySessions": KNOWN,
    "endMySession": _self("session.end"),
    # Everybody's tokens take the right to manage users besides, which the handlers ask for.
    "listTokens": KNOWN,
    "createToken": _self("token.create"),
    "revokeToken": _self("token.revoke"),
    "listUsers": _USERS,
    "getUser": _USERS,
    "createUser": _user("create"),
    "changeUser": _user("change"),
    "deleteUser": _user("delete"),
    "getHealth": PUBLIC,
    "getReadiness": PUBLIC,
    "getVersion": PUBLIC,
}
"""By operationId; WebSockets are among them."""

_V1 = "/hodei.v1."
_JOBS = f"{_V1}JobExecutionService/"
_LOGS = f"{_V1}LogStreamService/"
_STATS = f"{_V1}MetricsService/"
_PROVIDERS = f"{_V1}ProviderManagementService/"
_SCHEDULING = f"{_V1}SchedulerService/"
_SCHEDULES = f"{_V1}ScheduleService/"
_TEMPLATES = f"{_V1}TemplateService/"
_WEBHOOKS = f"{_V1}WebhookService/"
_TRIGGERS = f"{_V1}TriggerService/"
_AGENTS = f"{_V1}WorkerAgentService/"
_RELAY = f"{_V1}RelayService/"

GRPC: Mapping[str, Rule] = {
    f"{_JOBS}QueueJob": _SUBMIT,
    f"{_JOBS}QueueJobs": _SUBMIT,
    f"{_JOBS}GetJob": _READ_JOB,
    f"{_JOBS}ListJobs": _LIST_JOBS,
    f"{_JOBS}CancelJob": _CANCEL,
    f"{_JOBS}RetryJob": _RERUN,
    f"{_JOBS}ExecutionEventStream": _READ_JOB,
    f"{_LOGS}SubscribeLogs": _READ_LOG,
    f"{_LOGS}GetLogs": _READ_LOG,
    f"{_LOGS}SearchLogs": _READ_LOG,
    f"{_STATS}GetJobMetrics": _METRICS,
    f"{_STATS}GetHostMetrics": _METRICS,
    f"{_STATS}GetAttemptStats": _READ_STATS,
    f"{_STATS}StreamAttemptStats": _READ_STATS,
    f"{_PROVIDERS}ListProviders": _READ_PROVIDERS,
    f"{_PROVIDERS}GetProvider": _READ_PROVIDERS,
    f"{_PROVIDERS}ListProviderTypes": _READ_PROVIDERS,
    f"{_PROVIDERS}CreateProvider": _provider("create"),
    f"{_PROVIDERS}UpdateProvider": _provider("update"),
    f"{_PROVIDERS}DeleteProvider": _provider("delete"),
    f"{_PROVIDERS}EnableProvider": _provider("enable"),
    f"{_PROVIDERS}DisableProvider": _provider("disable"),
    f"{_PROVIDERS}TestProvider": _provider("test"),
    f"{_SCHEDULING}GetQueueStatus": _QUEUE,
    f"{_SCHEDULING}ExplainJob": _READ_JOB,
    f"{_SCHEDULING}PlanJob": _PLAN,
    f"{_SCHEDULING}GetAvailableWorkers": _READ_WORKERS,
    f"{_SCHEDULING}ConfigureScheduler": _SCHEDULER,
    f"{_V1}ProjectService/ListProjects": _LIST_PROJECTS,
    f"{_V1}ProjectService/PutProject": _SET_PROJECT,
    f"{_V1}ProjectService/DeleteProject": _DELETE_PROJECT,
    f"{_V1}SecretService/ListSecrets": _LIST_SECRETS,
    f"{_V1}SecretService/PutSecret": _SET_SECRET,
    f"{_V1}SecretService/DeleteSecret": _DELETE_SECRET,
    f"{_V1}SecretService/RotateSecrets": _ROTATE_SECRETS,
    f"{_SCHEDULES}ListSchedules": _LIST_SCHEDULES,
    f"{_SCHEDULES}GetSchedule": _READ_SCHEDULE,
    f"{_SCHEDULES}CreateSchedule": _schedule("create"),
    f"{_SCHEDULES}UpdateSchedule": _schedule("update"),
    f"{_SCHEDULES}DeleteSchedule": _schedule("delete"),
    f"{_SCHEDULES}PauseSchedule": _schedule("pause"),
    f"{_SCHEDULES}ResumeSchedule": _schedule("resume"),
    f"{_SCHEDULES}RunSchedule": _RUN_SCHEDULE,
    f"{_SCHEDULES}ListFirings": _READ_SCHEDULE,
    f"{_SCHEDULES}ValidateCron": KNOWN,
    f"{_TEMPLATES}ListTemplates": _LIST_TEMPLATES,
    f"{_TEMPLATES}GetTemplate": _READ_TEMPLATE,
    f"{_TEMPLATES}PutTemplate": _template("import"),
    f"{_TEMPLATES}DeleteTemplate": _template("delete"),
    f"{_TEMPLATES}ListVersions": _READ_TEMPLATE,
    f"{_TEMPLATES}RunTemplate": _RUN_TEMPLATE,
    f"{_TEMPLATES}RenderTemplate": _READ_TEMPLATE,
    f"{_TEMPLATES}GetTemplateStats": _READ_TEMPLATE,
    f"{_TRIGGERS}ListTriggers": _READ_TEMPLATE,
    f"{_TRIGGERS}CreateTrigger": _CREATE_TRIGGER,
    f"{_TRIGGERS}DeleteTrigger": _DELETE_TRIGGER,
    f"{_WEBHOOKS}ListWebhooks": _LIST_WEBHOOKS,
    f"{_WEBHOOKS}GetWebhook": _READ_WEBHOOK,
    f"{_WEBHOOKS}CreateWebhook": _CREATE_WEBHOOK,
    f"{_WEBHOOKS}UpdateWebhook": _UPDATE_WEBHOOK,
    f"{_WEBHOOKS}DeleteWebhook": _DELETE_WEBHOOK,
    f"{_WEBHOOKS}TestWebhook": _TEST_WEBHOOK,
    f"{_WEBHOOKS}ListDeliveries": _READ_WEBHOOK,
    f"{_WEBHOOKS}GetDelivery": _READ_DELIVERY,
    f"{_WEBHOOKS}Redeliver": _REDELIVER,
    f"{_V1}AuditService/ListEntries": _AUDIT,
    f"{_V1}AuditService/ExportEntries": _AUDIT,
    f"{_AGENTS}Register": WORKER,
    f"{_AGENTS}WorkerStream": WORKER,
    f"{_AGENTS}UnregisterWorker": WORKER,
    f"{_RELAY}Enter": SERVER,
}
"""By full method; health and reflection, which say nothing of jobs, are open to all."""

TOPICS: Mapping[str, Rule] = {
    "jobs": _LIST_JOBS,
    "summary": _LIST_JOBS,
    "job": _READ_JOB,
    "stats": _READ_STATS,
    "logs": _READ_LOG,
    "providers": _READ_PROVIDERS,
    "provider": _READ_PROVIDERS,
    "workers": _READ_WORKERS,
    "queue": _QUEUE,
    "schedules": _LIST_SCHEDULES,
}
"""Live topics by kind, over the WebSocket and as server-sent events."""

SSH: Mapping[str, Rule] = {"session": _TERMINAL}
"""What the SSH gateway does: a shell or a command in a job."""
