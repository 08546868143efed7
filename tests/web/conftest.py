"""One browser, one server per test folder run, and a visitor that fails on any noise."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from hodei.api.http.pages import built
from hodei.client import Client
from tests.support.browser import Visitor, chromium
from tests.support.server import ServerProcess, data_directory

LONG = ("test_routes.py", "test_honesty.py", "test_jobs.py", "test_logs_million.py")
"""They begin first, so that at the end nobody waits for one of them."""
APART = ("test_routes.py", "test_honesty.py", "test_jobs.py")
"""Their tests share nothing but the server."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Which tests go to one process together, and in which order."""
    items.sort(key=lambda item: item.path.name not in LONG)
    for item in items:
        group = item.nodeid if item.path.name in APART else item.path.name
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def shared_server() -> Iterator[ServerProcess]:
    """A server that every test here may use, and none may stop."""
    assert built(), "the web UI is not built: scripts/web build"
    with data_directory() as directory, ServerProcess(directory) as server:
        yield server


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    """A server of the test's own, empty, to be stopped and killed at will."""
    with data_directory() as directory, ServerProcess(directory) as own:
        yield own


@pytest.fixture
def client(shared_server: ServerProcess) -> Iterator[Client]:
    """The Python client of the shared server."""
    with Client(shared_server.url) as client:
        yield client


@pytest.fixture
def label() -> str:
    """A name that no other test uses, to find one's jobs by."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def visitor(browser: Browser, shared_server: ServerProcess) -> Iterator[Visitor]:
    """Opens pages of the shared server; console errors and foreign requests fail the test."""
    visitor = Visitor(browser, shared_server.url)
    yield visitor
    assert visitor.noise.bad == []


@pytest.fixture
def own_visitor(browser: Browser, server: ServerProcess) -> Iterator[Visitor]:
    """The same for the test's own server; allow what its death makes the browser say."""
    visitor = Visitor(browser, server.url)
    yield visitor
    assert visitor.noise.bad == []
