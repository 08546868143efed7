"""The page of metrics: what it says happened, by conventions, and as the documents have it."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.monitoring.conftest import Watched
from tests.integration.monitoring.installation import ENDS, RETRIED, SCRIPTS

DOCS = Path(__file__).parents[3] / "docs" / "monitoring.md"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| (replica|installation) \| ([^|]+) \|$", re.M)
SCOPES = {"replica": "; this replica", "installation": "; the whole installation"}
OF_PROCESS = re.compile(r"hodei_process_\w+")
PARENT = f"00-{32 * '0'}-{16 * '0'}-01"
"""As long as every one."""
AGES = ("hodei_webhook_oldest_overdue_seconds", "hodei_queue_oldest_wait_seconds")
MOST_SERIES = 40
"""Of one metric of this installation, histograms' own series apart."""


def families(page: str) -> Mapping[str, Metric]:
    """By name, as they are on the page: counters end in _total."""
    found = {}
    for family in text_string_to_metric_families(page):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = family
    return found


def total(page: str, name: str, **labels: str) -> float:
    """The sum of the samples of a name whose labels are these."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def labels_of(family: Metric) -> str:
    """Their names, as the table of the documents has them."""
    names = {name for sample in family.samples for name in sample.labels} - {"le"}
    return ", ".join(f"`{name}`" for name in sorted(names))


def test_the_documents_name_every_metric_and_no_other(watched: Watched) -> None:
    live = dict[str, tuple[str, str, str, str]]()
    for page in watched.installation.pages:
        for name, family in families(page).items():
            if OF_PROCESS.fullmatch(name):
                continue
            text, _, scope = family.documentation.rpartition("; ")
            scope = scope.removeprefix("this ").removeprefix("the whole ")
            row = (family.type, labels_of(family), scope, text)
            # Of a metric without a series nothing tells the labels: another replica may.
            if family.samples or name not in live:
                live[name] = row
    written = {row[0]: tuple(row[1:]) for row in ROW.findall(DOCS.read_text())}
    assert written == live


def test_names_and_units_are_by_the_conventions(watched: Watched) -> None:
    for page in watched.installation.pages:
        done = subprocess.run(
            ["promtool", "check", "metrics"],
            input=page,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_happened_is_counted_once_over_all_replicas(watched: Watched) -> None:
    installation = watched.installation
    pages, rounds = installation.pages, installation.rounds

    def counted(name: str, **labels: str) -> float:
        return sum(total(page, f"hodei_{name}", **labels) for page in pages)

    submitted = rounds * sum(ENDS.values())
    assert counted("jobs_submitted_total") == submitted
    assert counted("queue_wait_seconds_count") == submitted + rounds  # the one that is repeated
    for state, jobs in ENDS.items():
        assert counted("jobs_finished_total", state=state) == rounds * jobs
        assert counted("job_duration_seconds_count", state=state) == rounds * jobs
    assert counted("jobs_requeued_total") == rounds == counted("jobs_requeued_total", cause="exit")
    ends = {("succeeded", "exit"): 4, ("failed", "exit"): 3, ("failed", "signal"): 1}
    ends |= {("timeout", "timeout"): 1, ("cancelled", "cancelled"): 1}
    for (outcome, cause), attempts in ends.items():
        found = counted("attempts_total", outcome=outcome, cause=cause, provider="local")
        assert found == rounds * attempts, (outcome, cause)
    assert counted("attempts_total") == rounds * sum(ends.values())
    assert counted("job_start_seconds_count") == counted("attempts_total")
    assert counted("warm_requests_total") == counted("attempts_total")
    assert counted("log_lines_total") == 4 * rounds
    assert counted("log_bytes_total") == len(f"one\ntwo\nmine\n{PARENT}\n") * rounds
    assert counted("schedule_firings_total", outcome="submitted") == rounds
    assert counted("webhook_attempts_total", state="delivered") == 0
    assert counted("agent_streams_total") >= counted("workers_created_total") > 0
    assert RETRIED["max_attempts"] == 2 and len(SCRIPTS) + 2 == sum(ENDS.values())


def test_calls_are_counted_by_template_and_code(watched: Watched) -> None:
    installation = watched.installation
    page = installation.pages[0]
    jobs = {"method": "POST", "route": "/api/v1/jobs", "code": "201"}
    submitted = (len(SCRIPTS) + 1) * installation.rounds
    assert total(page, "hodei_http_requests_total", **jobs) == submitted
    missing = {"method": "GET", "route": "/api/v1/jobs/{key}", "code": "404"}
    assert total(page, "hodei_http_requests_total", **missing) == installation.rounds
    status = {"method": "hodei.v1.SchedulerService/GetQueueStatus", "code": "OK"}
    assert total(page, "hodei_grpc_requests_total", **status) == installation.rounds


def test_gauges_of_the_installation_are_the_same_everywhere(watched: Watched) -> None:
    def differ() -> list[str]:
        one, two = (families(page) for page in watched.installation.pages)
        every = [name for name, each in one.items() if SCOPES["installation"] in each.documentation]
        assert len(every) == sum(row[3] == "installation" for row in ROW.findall(DOCS.read_text()))
        return [
            name for name in every if name not in AGES and one[name].samples != two[name].samples
        ]

    # The two count at different moments: what still changes is the same a little later.
    while differ():
        time.sleep(0.2)


def test_no_label_is_an_id_or_grows_with_what_happens(watched: Watched) -> None:
    ids = {job["id"] for job in watched.installation.jobs}
    for page in watched.installation.pages:
        assert not any(one in page for one in ids)
        for name, family in families(page).items():
            series = {tuple(s.labels.items()) for s in family.samples if "le" not in s.labels}
            assert len(series) <= MOST_SERIES, name


def test_a_page_is_cheap(watched: Watched) -> None:
    pages = [watched.installation.pages[0] for _ in range(5)]
    assert min(total(page, "hodei_scrape_duration_seconds") for page in pages) < 0.5
    assert max(len(page) for page in pages) < 200_000
