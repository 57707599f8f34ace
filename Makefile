# Everything runs from .venv, which is made from uv.lock. `make help` lists the verbs.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
UV_VERSION := 0.13.8
WORKERS ?= 2
# e.g. make quick TESTS="tests/annotation -k lease"
TESTS ?= tests

BIN := .venv/bin
PY := $(BIN)/python
READY := .venv/.installed
SERVICES := $(PY) tests/with_services.py
# Settings of a deployment in the caller's environment must not reach a run on SQLite.
SQLITE := env -u DATABASE_URL -u CELERY_BROKER_URL -u TANDEM_CACHE_URL -u TANDEM_TEST_SERVICES

export PYTHON
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install demo test quick check check-api check-trainers bench screenshots

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(READY) ## Make .venv from uv.lock (instant when it is up to date)
	@:

$(READY): uv.lock pyproject.toml
	@scripts/system-packages venv
	@# A .venv that uv made has no pip; its own interpreter adds it.
	@[ -x $(BIN)/pip ] || { if [ -x $(PY) ]; then $(PY) -m venv .venv; else "$(PYTHON)" -m venv .venv; fi; }
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv sync --frozen
	@touch $@

demo: install ## Start the sample project: web, worker and a demonstration judge; Ctrl-C stops them
	@exec $(SQLITE) $(PY) manage.py demo

test: install ## Run every test on private PostgreSQL and Redis with a browser, then those of the database on SQLite
	@scripts/system-packages services browser
	$(SERVICES) $(PY) -m pytest -n $(WORKERS) --dist worksteal $(TESTS)
	@# A part chosen by hand may hold nothing that runs on SQLite.
	@if [ "$(TESTS)" = tests ]; then \
		$(SQLITE) $(PY) -m pytest -n $(WORKERS) --dist worksteal -m "database and not services and not browser" tests; fi

quick: install ## Run the tests that need no services and no browser, on SQLite
	$(SQLITE) $(PY) -m pytest -n $(WORKERS) --dist worksteal -m "not services and not browser" $(TESTS)

check: install ## Lint, format, types, direction of imports, migrations, lock file
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(SQLITE) TANDEM_DATA_DIR=var/check $(PY) manage.py makemigrations --check --dry-run
	$(BIN)/uv lock --check

check-api: install ## Ask a seeded server whatever the API's schema allows, and what it does not (schemathesis)
	@$(BIN)/uv sync --frozen --group schema --quiet
	@$(SQLITE) $(PY) tests/schema/check.py $(ARGS)

check-trainers: install ## Load a release with datasets and TRL, one step each of DPO, reward and KTO (1.5 GB, own .venv-trainers)
	@[ -x .venv-trainers/bin/python ] || "$(PYTHON)" -m venv .venv-trainers
	@# torch by itself first: TRL alone would bring the newest build with its CUDA packages.
	@.venv-trainers/bin/pip install --quiet --disable-pip-version-check torch==2.13.0
	@.venv-trainers/bin/pip install --quiet --disable-pip-version-check trl==1.16.0 datasets==5.2.0
	@folder=$$(mktemp -d) && $(SQLITE) $(PY) tests/trainers/release.py $$folder \
		&& .venv-trainers/bin/python tests/trainers/check.py $$folder; status=$$?; rm -rf $$folder; exit $$status

bench: install ## Run every benchmark in its quick form
	@scripts/system-packages services
	@# The libraries that some of them are measured beside.
	@$(BIN)/uv sync --frozen --group bench --quiet
	@failed=; for script in benchmarks/[a-z]*.py; do \
		echo "== $$script"; $(PY) $$script --quick || failed="$$failed $$script"; \
	done; [ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

screenshots: install ## Take the pictures of the documentation (TO=folder: every page at every width)
	@scripts/system-packages services browser
	$(SERVICES) $(PY) tests/screenshots.py $(TO)
