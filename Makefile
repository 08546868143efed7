# Hodei's commands. `make run` and `make test` do all their own set-up.
# Variables: PYTHON (interpreter, 3.11 or newer), ARGS (handed on to the command).

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-all check format lint unit contract integration e2e bench chaos simulate bundle generate \
	lock clean web web-dev web-test build wheel setup setup-test

export PYTHON
ARGS ?=

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: ## Start PostgreSQL and Hodei and run the hello job (ARGS=--once ends with it)
	@scripts/run $(ARGS)

test: setup-test ## Everything that CI runs: check, simulation, contract, integration, e2e and browser tests
	@scripts/check
	@scripts/test simulation contract integration e2e web

test-all: test ## `test`, then chaos, the deployment, a real Kubernetes node and real microVMs
	@scripts/testbed/prepare
	@scripts/test chaos deploy kubernetes kubernetes-long firecracker

check: setup-test ## Format, lint, types, import contracts, generated code, unit tests
	@scripts/check

format: setup-test ## Format the code and fix what can be fixed
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

lint: setup-test ## `check` without the tests
	@scripts/check lint

unit: setup-test ## Unit and architecture tests
	@scripts/test unit architecture -- $(ARGS)

contract: setup-test ## The suites that every implementation of a port passes
integration: setup-test ## One adapter with the real thing behind it
e2e: setup-test ## The whole system through its real interfaces

web-test: setup-test ## The web UI in a real browser, against a real server
	@scripts/test web -- $(ARGS)

contract integration e2e:
	@scripts/test $@ -- $(ARGS)

simulate: setup-test ## Play SEEDS random histories of the engine on a still clock (default 10000)
	@SIMULATION_SEEDS=$(or $(SEEDS),10000) .venv/bin/pytest --quiet -n 2 tests/unit/engine/test_simulation.py $(ARGS)

bundle: setup ## Build the agent's bundle in dist/agent-bundle
	@.venv/bin/hodei agent build $(ARGS)

build: wheel ## What `make wheel` does

wheel: ## Build the wheel, with web UI and agent inside, and its SBOM in dist
	@scripts/wheel $(ARGS)

web: setup ## Build the web UI into src/hodei/ui (scripts/web does the rest of its work)

web-dev: setup-test ## Serve web/ with hot reload in front of a running server (HODEI_SERVER=URL)
	@scripts/web dev

bench: setup-test ## Measure, against floors measured in the same run
	@.venv/bin/python -m bench $(ARGS)

chaos: setup-test ## A load of jobs under faults, checked from outside (ARGS="--seconds 3600 --seed N")
	@.venv/bin/python -m chaos $(ARGS)

generate: setup-test ## Regenerate everything that is generated
	@scripts/generate

lock: ## Compile requirements/*.txt again (ARGS=--upgrade for newer versions)
	@scripts/lock $(ARGS)

clean: ## Remove the virtual environment, caches and builds; data stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache \
		build dist tests/foreign/node_modules web/node_modules src/hodei/ui
	@find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

setup:
	@scripts/setup run

setup-test:
	@scripts/setup test
