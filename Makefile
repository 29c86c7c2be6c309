# Linli's commands. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
# The first of these that runs and is new enough; shims of version managers may be there and not run.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
# Compiled modules are kept: without them every process of ours spends ten seconds of its start on compiling.
unexport PYTHONDONTWRITEBYTECODE
# Where the demo is served, and where its payment double listens.
PORT ?= 8000
PAY_PORT ?= 8010
# Tests wait for browsers, servers and the database half of their time: more of them than cores.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); n=$$((n * 2)); [ $$n -gt 6 ] && echo 6 || echo $$n)

# What fails is told in the end without what was logged beside it; one test alone tells both.
PYTEST = $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --show-capture=no --durations=20

.PHONY: help demo demo-reset setup test cover test-pg15 lint fmt bench lock messages clean

help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.venv/runtime: requirements.txt
	@echo "== making the Python environment in .venv"
	@test -n "$(PYTHON)" || { echo "Linli needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || { command -v uv >/dev/null && uv venv -q --python $(PYTHON) .venv || $(PYTHON) -m venv .venv; }
	@if command -v uv >/dev/null; then VIRTUAL_ENV=$(CURDIR)/.venv uv pip install -q --require-hashes -r requirements.txt; \
	 else $(BIN)/python -m ensurepip -q 2>/dev/null || true; $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt; fi
	@touch $@

.venv/develop: .venv/runtime requirements-dev.txt
	@echo "== adding the tools for development and tests"
	@if command -v uv >/dev/null; then VIRTUAL_ENV=$(CURDIR)/.venv uv pip install -q --require-hashes -r requirements-dev.txt; \
	 else $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt; fi
	@touch $@

setup: .venv/develop messages ## make the environment for development

messages: .venv/runtime
	@$(BIN)/python -m tools.messages compile

demo: .venv/runtime messages ## build (once) and serve the demo city at http://127.0.0.1:8000 (or PORT=…)
	@$(BIN)/python -m tools.demo --port $(PORT) --pay-port $(PAY_PORT)

demo-reset: .venv/runtime messages ## throw the demo city away and build it anew
	@$(BIN)/python -m tools.demo --port $(PORT) --pay-port $(PAY_PORT) --reset

test: .venv/develop messages ## run all tests, the browser's too
	@$(BIN)/python -m tools.browser
	@echo "== tests, $(WORKERS) at a time, each with a database of its own"
	@$(PYTEST)

cover: .venv/develop messages ## run all tests and measure branch coverage of app/ and the doors; fails below the bar in pyproject.toml
	@$(BIN)/python -m tools.browser
	@$(PYTEST) --cov --cov-report=term:skip-covered

kill-test: .venv/develop messages ## kill web, worker and payment double 200 times between intent and record, and look whether all is right
	@KILL_RUNS=200 $(BIN)/python -m pytest -q -n 0 tests/kill

test-pg15: .venv/develop messages ## run the tests on the system's own PostgreSQL 15
	@$(BIN)/python -m tools.browser
	@$(BIN)/python -m tools.pg15 $(PYTEST)

lint: .venv/develop messages ## ruff, format, mypy --strict, the floors, messages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports
	@$(BIN)/python -m tools.messages check
	@$(BIN)/python -m tools.vendor check

fmt: .venv/develop ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix -q .

bench: .venv/develop messages ## measure, as ratios beside limits of the same run; writes bench/latest.json
	@$(BIN)/python -m bench

lock: ## pin the newest versions with hashes (needs uv)
	uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --python-version 3.11 --universal requirements.in -o requirements.txt
	uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --python-version 3.11 --universal requirements-dev.in -o requirements-dev.txt

clean: ## remove the environment and the caches (the demo city under var/ stays)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
