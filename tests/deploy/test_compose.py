"""The guide's commands, as printed: from the first start to nothing left.

The images that the compose files start from are stand-ins (tests/support/stack_images.py); those
of the server and the web are built from the repository's own Dockerfiles.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from hodei import __version__
from tests.e2e.docker.test_browser import ends_well, interface
from tests.e2e.docker.test_examples import FETCH, HELLO, STEPS, WORD
from tests.support.browser import Visitor
from tests.support.docker import ROOT
from tests.support.stack import GUIDE, PATIENCE_S, Stack
from tests.web.forms import type_job

# The first run on a machine builds everything, from the Debian below the images on.
pytestmark = [pytest.mark.timeout(1800), pytest.mark.xdist_group("engine")]

UP = "docker compose -f docker-compose.prod.yml up -d --build"
COMPOSE = "docker compose -f docker-compose.prod.yml"
PASSWORD = "correct horse battery"
# The guide's has sixty.
BATCHES = """
for i in $(seq 1 5); do
  echo "[$(date)] Processing batch $i/5..."
  sleep 1
done
echo "All batches completed!"
"""
SERVERS = ("hodei-jobs-api", "hodei-jobs-postgres")
NEWER = "9.0.0"
WORKERS = "--quiet --filter label=hodei.worker"
WAITS = "echo begun; while [ ! -e /go ]; do sleep 0.1; done; echo 'went on'"


@pytest.fixture(scope="module")
def running(stack: Stack, sources: Mapping[str, str]) -> Iterator[Stack]:
    """Everything, as the guide starts it."""
    stack.write_env({**GUIDE, **sources})
    stack.shell(UP)
    yield stack


@pytest.fixture(scope="module")
def desk(running: Stack, browser: Browser) -> Iterator[Page]:
    """A page of the first administrator, who was made as the guide says."""
    line = running.shell(f"{COMPOSE} logs api | grep 'setup code'")
    found = re.search(r"at (http://localhost/setup) with the setup code (\S+)", line)
    assert found, line
    visitor = Visitor(browser, "http://localhost")
    with visitor.page("/setup") as page:
        page.get_by_label("Name").fill("ana")
        page.get_by_label("Setup code").fill(found.group(2))
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Create and sign in").click()
        expect(page.get_by_text("Everybody signs in. You are ana.")).to_be_visible()
        yield page
    # What a page says while a test takes its server away is no fault of the page.
    visitor.noise.allow("net::ERR_", "502", "503", "WebSocket")
    assert visitor.noise.bad == []


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        # Which of the two it comes to first is its own affair.
        ({}, "(POSTGRES|GRAFANA)_PASSWORD in .env"),
        ({**GUIDE, "POSTGRES_PASSWORD": ""}, "POSTGRES_PASSWORD in .env"),
        ({"POSTGRES_PASSWORD": "x"}, "GRAFANA_PASSWORD in .env"),
    ],
)
def test_a_missing_password_is_named(stack: Stack, given: dict[str, str], missing: str) -> None:
    stack.write_env(given)
    assert re.search(f"set {missing}", stack.shell(UP, fails=True))
    assert stack.shell("docker ps --all --quiet") == ""


def test_every_service_is_well(running: Stack) -> None:
    for name in ("postgres", "api", "web"):
        running.healthy(f"hodei-jobs-{name}")
    shown = running.shell(f"{COMPOSE} ps")
    assert len(re.findall(r"^hodei-jobs-\w+ .* Up .*\(healthy\)", shown, re.MULTILINE)) == 3, shown


def test_nothing_listens_beyond_this_machine_and_nobody_is_root(running: Stack) -> None:
    for name, ports in (("postgres", {"5432"}), ("api", {"50051"}), ("web", {"80"})):
        found = running.inspect(f"hodei-jobs-{name}")
        bound = [one for each in found["NetworkSettings"]["Ports"].values() for one in each or ()]
        assert {one["HostPort"] for one in bound} == ports
        assert {one["HostIp"] for one in bound} == {"127.0.0.1"}
        assert found["HostConfig"]["ReadonlyRootfs"]
        assert found["HostConfig"]["LogConfig"]["Config"]["max-size"] == "10m"
        users = running.shell(f"docker top hodei-jobs-{name} -eo pid,uid").splitlines()[1:]
        assert users and not [one for one in users if one.split()[1] == "0"], (name, users)


def test_the_commands_of_the_guide(running: Stack) -> None:
    assert "hodei is ready" in running.shell(f"{COMPOSE} logs api")
    # It ends when the web container's own check, every ten seconds, is a line that nobody reads.
    running.shell(f"{COMPOSE} logs -f | grep --max-count 1 'hodei is ready'")
    assert "docker" in running.shell(f"{COMPOSE} logs api | grep -i provider")
    assert "ready to accept connections" in running.shell(f"{COMPOSE} logs postgres")
    running.shell(f"{COMPOSE} logs web")
    ready = "docker exec hodei-jobs-postgres pg_isready -U postgres"
    assert "accepting connections" in running.shell(ready)
    assert "hodei-jobs-api" in running.shell("docker ps")
    services = running.shell("grpcurl -plaintext localhost:50051 list").split()
    assert "hodei.v1.JobExecutionService" in services


def test_a_foreign_client_lists_the_services(running: Stack) -> None:
    told = running.shell(f"node {ROOT}/tests/foreign/client.mjs localhost:50051")
    assert "hodei.v1.JobExecutionService" in json.loads(told)["services"]


def test_the_pages_come_packed_and_with_their_rules(running: Stack) -> None:
    answer = running.shell("curl -s -D - -o /dev/null -H 'Accept-Encoding: br' http://localhost/")
    assert "content-encoding: br" in answer.lower()
    assert "script-src 'self'" in answer
    assert "ws://localhost" in answer or "connect-src 'self'" in answer
    strange = "curl -s -o /dev/null -w '%{http_code}' -H 'Host: evil.example' http://localhost/"
    assert running.shell(strange) == "403"


def test_the_examples_of_the_guide(running: Stack, desk: Page) -> None:
    page = desk
    type_job(page, "Hello World", HELLO, fields={"Container Image": "alpine:latest"})
    expect(page.locator("[data-latest-logs]")).to_contain_text("Hello from Hodei!")
    ends_well(page, "alpine:latest")
    fields = {"Container Image": "python:3.11-slim", "Memory (MB)": "1024"}
    type_job(page, "Python Data Processing", STEPS, kind="python", fields=fields)
    expect(page.locator("[data-latest-logs]")).to_contain_text("Step 5/5 completed")
    ends_well(page, "python:3.11-slim")
    with interface(running.engine) as (url, asked):
        env = {"API_TOKEN": WORD, "API_URL": url}
        fields = {"Container Image": "curlimages/curl:latest"}
        type_job(page, "API Data Fetch", FETCH, env=env, fields=fields)
        expect(page.locator("[data-latest-logs]")).to_contain_text('{"rows": 3}')
        ends_well(page, "API_TOKEN")
    assert [one["Authorization"] for one in asked] == [f"Bearer {WORD}"]
    fields = {"Container Image": "alpine:latest", "Timeout (ms)": "120000"}
    job = type_job(page, "Long Running Task", BATCHES, fields=fields)
    page.goto(f"/jobs/{job}/logs")
    expect(page.locator(".log-scroll")).to_contain_text("Processing batch 5/5...")
    expect(page.locator(".log-scroll")).to_contain_text("All batches completed!")


@contextmanager
def outlived(running: Stack, desk: Page) -> Iterator[None]:
    """A job that begins before and ends after what is done to the servers."""
    job = type_job(desk, "Waits", WAITS, fields={"Container Image": "alpine:latest"})
    expect(desk.locator("[data-latest-logs]")).to_contain_text("begun")
    # Its connection is cut, and what it says of that is no fault of the page.
    desk.goto("about:blank")
    yield
    running.healthy("hodei-jobs-web")
    [worker] = running.shell(f"docker ps --all {WORKERS}").split()
    running.shell(f"docker exec {worker} touch /go")
    desk.goto(f"/jobs/{job}")
    expect(desk.locator("[data-latest-logs]")).to_contain_text("went on")
    expect(desk.locator("h1 [data-state=SUCCEEDED]")).to_be_visible()


def test_a_running_job_outlives_a_restart_of_everything(running: Stack, desk: Page) -> None:
    with outlived(running, desk):
        running.shell(f"{COMPOSE} restart")


def test_an_upgrade_keeps_data_and_jobs(running: Stack, desk: Page) -> None:
    version = "curl --silent http://localhost/api/v1/version"
    server, database = (running.inspect(name)["Id"] for name in SERVERS)
    assert json.loads(running.shell(version))["version"] == __version__
    with outlived(running, desk):
        # What `git pull` brings.
        code = running.clone / "src" / "hodei" / "__init__.py"
        code.write_text(code.read_text("utf-8").replace(__version__, NEWER), "utf-8")
        running.shell(UP)
        running.healthy("hodei-jobs-api")
        after = [running.inspect(name)["Id"] for name in SERVERS]
        assert after[0] != server and after[1] == database
        assert json.loads(running.shell(version))["version"] == NEWER
    desk.goto("/jobs")
    expect(desk.get_by_role("link", name="Long Running Task").first).to_be_visible()


def test_monitoring(running: Stack) -> None:
    running.shell(f"{COMPOSE} --profile monitoring up -d")
    running.healthy("hodei-jobs-prometheus")
    query = "curl -s 'http://localhost:9090/api/v1/query?query=up%7Bjob=%22hodei%22%7D'"
    until = time.monotonic() + PATIENCE_S
    while '"1"]' not in (told := running.shell(query)):
        assert time.monotonic() < until, told
        time.sleep(0.5)
    running.shell("curl -s --fail --retry 20 --retry-connrefused http://localhost:3000/")


def test_nothing_is_left(running: Stack, desk: Page) -> None:
    type_job(desk, "Waits", WAITS, fields={"Container Image": "alpine:latest"})
    expect(desk.locator("[data-latest-logs]")).to_contain_text("begun")
    desk.goto("about:blank")
    running.shell(f"{COMPOSE} --profile monitoring down -v")
    assert len(running.shell(f"docker ps {WORKERS}").split()) == 1
    running.shell(f"docker rm --force $(docker ps --all {WORKERS})")
    running.nothing_left()
