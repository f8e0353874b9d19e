# From a fresh clone with Python 3.11, make and git: `make demo`. All else lands in .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
JOBS ?= 2
V := .venv
UV := $(V)/bin/uv
PYTEST := $(V)/bin/python -m pytest -q -ra
COMPILE := $(UV) pip compile -q --python-version 3.11 --generate-hashes --no-header --no-annotate
STAMP := $(V)/.stamp
KILLED_AND_RACED := tests/real --ignore=tests/real/test_serve.py --ignore=tests/real/test_link_page.py --ignore=tests/real/test_worklist.py --ignore=tests/real/test_axe.py

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-pg test-long bench cover lint format lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

setup: $(STAMP) ## Make .venv with the locked packages and the command .venv/bin/tijdig

$(STAMP): requirements/dev.lock pyproject.toml Makefile
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "Tijdig needs Python 3.11; found: $(PYTHON) $$($(PYTHON) --version 2>&1)." \
		          "Install python3.11 with its venv module, or say: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(V)/bin/python || $(PYTHON) -m venv $(V) \
		|| { rm -rf $(V); echo "This Python cannot make a venv; on Debian: apt-get install python3.11-venv" >&2; exit 1; }
	$(V)/bin/python -m pip install -q --disable-pip-version-check uv==0.13.9
	$(UV) pip sync -q --python $(V)/bin/python --require-hashes requirements/dev.lock
	$(UV) pip install -q --python $(V)/bin/python --no-deps --no-build-isolation -e .
	@$(V)/bin/python -m compileall -q -j 0 $(V)/lib/python3.11/site-packages >/dev/null || true # else each start compiles anew
	@touch $@

demo: $(STAMP) ## Play one orange file through twelve weeks, then serve (ARGS=--once ends after the story)
	$(V)/bin/tijdig demo $(ARGS)

test: $(STAMP) ## Run the fast tests (ARGS="tests/engine -x")
	$(PYTEST) -m "not long" -n $(JOBS) $(ARGS)

test-pg: $(STAMP) ## Run the fast tests on PostgreSQL, but for those of the engine: it has no database
	$(PYTEST) -m "not long" -n $(JOBS) --store=postgresql --ignore=tests/engine $(ARGS)

test-long: $(STAMP) ## Run the tests that use real servers, a browser or many cases
	$(PYTEST) -m long --timeout 1200 $(ARGS)
	$(PYTEST) -m long --timeout 1200 --store=postgresql $(or $(ARGS),$(KILLED_AND_RACED))

bench: $(STAMP) ## Measure beside hand-written SQL, every row verified (ARGS=--quick, --publish for docs/performance.md)
	$(V)/bin/python -m bench $(ARGS)

cover: $(STAMP) ## Run the fast tests and show the lines that none of them reached
	$(V)/bin/coverage run -m pytest -q -m "not long"
	$(V)/bin/coverage report --skip-covered --show-missing

lint: $(STAMP) ## Check style, types, layers, dependencies and locks
	$(V)/bin/ruff check .
	$(V)/bin/ruff format --check .
	$(V)/bin/mypy
	$(V)/bin/lint-imports
	$(V)/bin/deptry .
	@! grep -n '://' requirements/*.lock || { echo "A lock file names a host: run make lock" >&2; exit 1; }

format: $(STAMP) ## Put the code in house style
	$(V)/bin/ruff check --fix .
	$(V)/bin/ruff format .

lock: ## Choose package versions anew (requirements/*.lock)
	$(COMPILE) pyproject.toml requirements/dev.in -o requirements/dev.lock
	$(COMPILE) pyproject.toml -c requirements/dev.lock -o requirements/run.lock

clean: ## Remove .venv and all caches
	rm -rf $(V) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage build dist htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
