"""What every store must do, one class per concern and one that is all of them.

Fixtures: `store`; `other_store`, another replica's handle on the same data; `advance`, an
async function that lets so many seconds of the store's time pass; `short_lease`, a number of
seconds that `advance` can let pass quickly and that is long for the store; `now`, a function
that gives the store's time; `bus`, which hears what `store` saves.
"""

from __future__ import annotations

from hodei.testing.store_contract.attempts import AttemptContract
from hodei.testing.store_contract.audit import AuditContract
from hodei.testing.store_contract.claims import ClaimContract
from hodei.testing.store_contract.commits import CommitContract
from hodei.testing.store_contract.feed import FeedContract
from hodei.testing.store_contract.hints import HintContract
from hodei.testing.store_contract.hosts import HostContract
from hodei.testing.store_contract.listing import ListContract
from hodei.testing.store_contract.loads import LoadContract
from hodei.testing.store_contract.logs import LogContract
from hodei.testing.store_contract.maintenance import MaintenanceContract
from hodei.testing.store_contract.projects import ProjectContract
from hodei.testing.store_contract.providers import ProviderRowContract
from hodei.testing.store_contract.queueing import QueueContract
from hodei.testing.store_contract.schedules import ScheduleContract
from hodei.testing.store_contract.secrets import SecretContract
from hodei.testing.store_contract.servers import ServerContract
from hodei.testing.store_contract.sign_ins import SignInContract, TriesContract
from hodei.testing.store_contract.stats import StatsContract
from hodei.testing.store_contract.submission import SubmitContract
from hodei.testing.store_contract.templates import TemplateContract
from hodei.testing.store_contract.triggers import TriggerContract
from hodei.testing.store_contract.use import UseContract
from hodei.testing.store_contract.users import ApiTokenContract, UserContract
from hodei.testing.store_contract.webhooks import WebhookContract
from hodei.testing.store_contract.workers import WorkerContract

__all__ = ["StoreContract"]


class StoreContract(
    CommitContract,
    SubmitContract,
    ClaimContract,
    QueueContract,
    ListContract,
    AttemptContract,
    WorkerContract,
    LoadContract,
    LogContract,
    StatsContract,
    UseContract,
    ProviderRowContract,
    FeedContract,
    HostContract,
    ServerContract,
    SignInContract,
    AuditContract,
    SecretContract,
    ProjectContract,
    ScheduleContract,
    TemplateContract,
    WebhookContract,
    TriggerContract,
    TriesContract,
    UserContract,
    ApiTokenContract,
    MaintenanceContract,
    HintContract,
):
    """The whole contract of `hodei.ports.store.Store`."""
