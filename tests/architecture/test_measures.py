"""The shape of the code is kept: sizes, names, types, docstrings and who may import what."""

from __future__ import annotations

import ast
import io
import statistics
import tokenize
from collections.abc import Iterator

from tests.architecture.measures import PACKAGE, ROOT, Source, length, python_files, untyped

FILE_LINES = 500
FUNCTION_LINES = 60
MEDIAN_FUNCTION_LINES = 10
BANNED_NAMES = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}
IGNORE = "type:" + " ignore"

FOREIGN = {
    "hodei.adapters.postgres": {"asyncpg", "zstandard"},
    "hodei.adapters.docker": {"aiohttp", "yarl"},
    "hodei.adapters.kubernetes": {"aiohttp", "yarl", "yaml"},
    "hodei.adapters.firecracker": {"aiohttp", "yarl", "zstandard"},
    "hodei.adapters.oidc": {"authlib", "httpx", "joserfc"},
    "hodei.adapters.security": {"argon2", "cryptography"},
    "hodei.api.grpc": {"google", "grpc", "grpc_health", "grpc_reflection", "grpc_status"},
    "hodei.api.ssh": {"asyncssh"},
    "hodei.api.http": {"fastapi", "pydantic", "pydantic_core", "starlette", "uvicorn"},
    "hodei.app": {"prometheus_client", "uvloop", "grpc"},
    "hodei.app.cli": {"click", "rich", "typer"},
    "hodei.app.embedded": {"asyncpg"},
    "hodei.adapters.tracing": {"httpx"},
    "hodei.adapters.webhooks": {"httpx"},
    "hodei.client": {"httpx", "websockets"},
    "hodei.testing": {"pytest"},
    "hodei.wire": {"google", "grpc", "yaml"},
}
"""Which packages may import what from outside; a folder inherits what its parents may."""

SOURCES = python_files(PACKAGE)
TESTS = [
    source
    for source in python_files(ROOT / "tests", ROOT / "bench")
    if "site-packages" not in source.path.parts
]


def test_there_is_something_to_measure() -> None:
    assert len(SOURCES) > 20
    assert any(source.place.startswith("tests/architecture") for source in TESTS)


def test_files_are_short() -> None:
    assert [f"{s.place}: {s.lines} lines" for s in SOURCES + TESTS if s.lines > FILE_LINES] == []


def test_functions_are_short() -> None:
    assert [
        f"{source.place}:{function.lineno} {function.name}: {length(function)} lines"
        for source in SOURCES + TESTS
        for function in source.functions()
        if length(function) > FUNCTION_LINES
    ] == []


def test_most_functions_are_very_short() -> None:
    lengths = [length(function) for source in SOURCES for function in source.functions()]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION_LINES


def test_every_function_is_typed() -> None:
    assert [
        f"{source.place}:{function.lineno} {function.name}: {', '.join(missing)}"
        for source in SOURCES + TESTS
        for function in source.functions()
        if (missing := untyped(function))
    ] == []


def test_module_names_say_something() -> None:
    names = {
        part for s in SOURCES + TESTS for part in s.path.relative_to(ROOT).with_suffix("").parts
    }
    assert names & BANNED_NAMES == set()


def test_every_module_says_its_purpose() -> None:
    assert [s.place for s in SOURCES + TESTS if s.text and not ast.get_docstring(s.tree)] == []
    empty = [s.place for s in SOURCES if not s.text]
    assert empty == []


def test_no_type_error_is_silenced() -> None:
    assert [
        f"{source.place}:{token.start[0]}"
        for source in SOURCES + TESTS
        for token in _comments(source)
        if IGNORE in token.string
    ] == []


def test_foreign_packages_stay_where_they_belong() -> None:
    assert [
        f"{source.place}: {name}"
        for source in SOURCES
        for name in sorted(set(source.foreign_imports()) - _allowed(source.package))
    ] == []


def test_nothing_is_left_for_later() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
    assert [
        f"{source.place}:{token.start[0]}"
        for source in SOURCES + TESTS
        for token in _comments(source)
        if any(mark in token.string for mark in marks)
    ] == []


def _allowed(package: str) -> set[str]:
    return {
        name
        for place, names in FOREIGN.items()
        if package == place or package.startswith(place + ".")
        for name in names
    }


def _comments(source: Source) -> Iterator[tokenize.TokenInfo]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token
