# Lắng Nghe. `make help` lists what there is to do; `make run` shows it all at work.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -c constraints.txt
KILLS ?= 200
# Tests run side by side in so many processes
WORKERS ?= $(shell cores=$$(nproc 2>/dev/null || echo 1); echo $$((cores < 4 ? cores : 4)))

.PHONY: help install run serve test lint bench faults safeguards-mutation docs clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## Make .venv with the console script .venv/bin/langnghe; nothing to do when it is up to date

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
		|| { echo "Python 3.11 or 3.12 is needed, $(PYTHON) is another; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@began=$$SECONDS; echo "Installing into $(VENV) (once; about a minute, less with a warm package cache)"; \
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV); \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV); \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); \
	$(PIP_INSTALL) -e .; \
	touch $@; echo "  installed in $$((SECONDS - began)) s"

$(VENV)/.tested: $(VENV)/.installed
	@$(PIP_INSTALL) -e '.[test]'
	@touch $@

run: $(VENV)/.installed ## The demo: everything from crawl to mail on this machine; ONCE=1 exits after the first full cycle
	@exec $(BIN)/langnghe run $(if $(filter-out 0,$(ONCE)),--once)

serve: $(VENV)/.installed ## Your own sources, with the settings of .env
	@exec $(BIN)/langnghe serve

lint: $(VENV)/.tested ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/mypy

test: $(VENV)/.tested ## ruff, mypy, then every test; the tests' summary comes last
	@status=0; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/mypy || status=1; \
	$(BIN)/python -m pytest -n $(WORKERS) || status=1; \
	if [ $$status -ne 0 ]; then echo "make test: something above failed" >&2; fi; \
	exit $$status

bench: $(VENV)/.tested ## Every measured figure beside its reference and its target
	@$(BIN)/python -m bench

faults: $(VENV)/.tested ## kill -9 of every part at random instants, KILLS times (200), and the tally
	@$(BIN)/python -m tests.faults.drill --kills $(KILLS)

safeguards-mutation: $(VENV)/.tested ## Undo each rule of SCOPE in a copy of the tree and see that its test notices
	@$(BIN)/python -m tests.safeguards.mutate

docs: $(VENV)/.tested ## Generate docs/data-model.md from a freshly migrated database
	@$(BIN)/python -m processing.stack.model_docs

clean: ## Remove the installation and the demo's state; an operator's var/ and .env stay
	@rm -rf $(VENV) var/demo build *.egg-info
