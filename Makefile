# `make run` needs Python 3.11 or newer and make, and nothing else. `make help` lists all targets.

# The Python that creates the virtual environment, and the folder of that environment.
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
# Where `make wheel` leaves what it builds.
DIST ?= dist
# The folder of the database and the keys of `make run`. Without the keys, the secrets are lost.
NEO_DATA_DIR ?= $(CURDIR)/.data
export NEO_DATA_DIR

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
# The tests of one file stay in one process. tests/conftest.py sets how many processes there are, and the order of files.
PYTEST := $(BIN)/python -m pytest -q -rR --numprocesses auto --dist loadfile --no-loadscope-reorder
RACES := tests/live/test_races.py tests/live/test_task_races.py
FAULTS := $(RACES) tests/live/test_kills.py tests/live/test_stays_up.py tests/live/test_database_frozen.py \
	tests/live/test_no_writes.py tests/live/test_restore_drill.py tests/secrets_app/test_tampering.py
# What sees the same on both databases.
FAULTS_ONCE := tests/live/test_fuzz.py tests/live/test_schemathesis.py tests/live/test_soak.py
# What has no site of its own.
IN_PROCESS := $(addprefix tests/,authorization canary neo_base neo_pages neo_site projects secrets_app threats)
# The production profile with throw-away keys, so that the checks see what production sees.
THROW_AWAY = NEO_PROFILE=production NEO_ALLOWED_HOSTS=secrets.example.com NEO_DATA_DIR=$$dir \
	NEO_SECRET_KEY_FILE=$$dir/django.key NEO_SIGNING_KEY_FILE=$$dir/signing.key NEO_MASTER_KEYS_FILE=$$dir/master.keys

# The shell may be set up for another Django project, whose settings must not be used here.
unexport DJANGO_SETTINGS_MODULE
# The tests start hundreds of processes, and each would compile all of our code.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run messages serve test test-sqlite test-postgresql test-nightly test-serializable test-faults test-failover check lint types imports screenshots recordings schema deployable wheel lowest image-check mutation bench bench-scale

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

run: export NEO_PROFILE := development
run: $(VENV)/installed ## Start a demo site at http://127.0.0.1:8000; PORT=8001 for another port.
	@# If another program has the port, the server would share it silently.
	@$(BIN)/python -c 'import socket, sys; sys.exit(socket.socket().connect_ex(("127.0.0.1", $(PORT))) == 0 \
		and "Port $(PORT) is taken. Choose another one: make run PORT=8001")'
	@$(BIN)/python -m neo_site.keys
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python -m neo_site.wsgi
	@$(BIN)/python manage.py demo --base-url http://127.0.0.1:$(PORT)
	@NEO_BIND=127.0.0.1:$(PORT) exec $(BIN)/python -m neo_site.serve

serve: $(VENV)/installed ## Start the site in production (docs/deployment.md).
	@exec $(BIN)/python -m neo_site.serve

# Beside each other, since either half often waits for a site that starts. SQLite's output follows the other's.
test: $(VENV)/installed-dev ## Run the tests on PostgreSQL, and on SQLite what rests on it.
	@log=$$(mktemp) && trap 'rm -f "$$log"' EXIT; \
		PYTEST_XDIST_AUTO_NUM_WORKERS=0 $(MAKE) --no-print-directory test-sqlite > "$$log" 2>&1 & sqlite=$$!; \
		failed=0; $(MAKE) --no-print-directory test-postgresql || failed=$$?; \
		wait $$sqlite || failed=$$?; cat "$$log"; exit $$failed

test-postgresql: $(VENV)/installed-dev ## Run the tests on PostgreSQL, which comes with the requirements.
	NEO_TEST_DATABASE=postgresql $(PYTEST) -m "not nightly"

test-sqlite: $(VENV)/installed-dev ## Run on SQLite what rests on it; test-nightly runs the rest.
	$(PYTEST) -m "not nightly and not once"

test-nightly: $(VENV)/installed-dev ## Run the long tests that make test leaves out; before a release, and each night.
	NEO_TEST_DATABASE=postgresql $(PYTEST) -m nightly
	$(PYTEST) -m "nightly and not once"

test-serializable: $(VENV)/installed-dev ## Run tests where every transaction is serializable, 10 min; before a release.
	NEO_TEST_ISOLATION=serializable NEO_TEST_DATABASE=postgresql $(PYTEST) -m "not nightly" $(IN_PROCESS) $(RACES)

test-faults: $(VENV)/installed-dev ## Kill, tamper, fuzz, fill, soak on both databases, half an hour; make test runs samples.
	NEO_TEST_FAULTS=whole NEO_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q -rs $(FAULTS) $(FAULTS_ONCE)
	NEO_TEST_FAULTS=whole $(BIN)/python -m pytest -q -rs $(FAULTS)
	NEO_TEST_FAULTS=whole NEO_TEST_ISOLATION=serializable NEO_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q $(RACES)
	NEO_TEST_FAULTS=whole NEO_TEST_POOLING=transaction NEO_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q \
		$(RACES) tests/live/test_pooler.py

test-failover: $(VENV)/installed-dev ## Fail over under load, 9 min; needs etcd, haproxy. MODE=async loses. FAULT=member: one.
	@MODE=$(MODE) FAULT=$(FAULT) DATABASE=$(DATABASE) $(BIN)/python -W ignore -m tests.failover

check: lint types imports deployable ## Run all checks: lint, types, imports, deployable.

lint: $(VENV)/installed-dev ## Check style and formatting.
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/installed-dev ## Check types.
	$(BIN)/mypy

imports: $(VENV)/installed-dev ## Check the import contracts.
	$(BIN)/lint-imports --no-logo

deployable: $(VENV)/installed-dev ## Check migrations and production settings.
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && set -e && \
		$(BIN)/python -m neo_site.keys $$dir > /dev/null && \
		$(THROW_AWAY) $(BIN)/python manage.py makemigrations --check --dry-run && \
		$(THROW_AWAY) $(BIN)/python manage.py check --deploy --fail-level WARNING

wheel: $(VENV)/installed-dev ## Build the sdists and wheels of neo-secrets and neo-secrets-projects into dist/.
	$(BIN)/python -m hatchling build --directory $(abspath $(DIST))
	cd packages/neo-secrets-projects && $(abspath $(BIN))/python -m hatchling build --directory $(abspath $(DIST))

lowest: $(VENV)/installed-dev ## Run the example sites with the lowest versions that the wheels allow.
	.ci/lowest

image-check: ## Run the image as compose does, 1 min; needs root and podman, or ENGINE=docker.
	.ci/image

mutation: $(VENV)/installed-dev ## Find permission bugs that no test notices; 30 to 60 min.
	VENV=$(VENV) .ci/mutation

bench: $(VENV)/installed-dev ## Measure the site beside a floor, 12 min; needs wrk. QUICK=1: 3 min. BAO=1: OpenBao, too.
	@$(BIN)/python -W ignore -m benchmarks.bench

bench-scale: $(VENV)/installed-dev ## Measure requests with a million secrets beside few, 15 min; needs wrk, 5 GB. QUICK=1: 6 min.
	@$(BIN)/python -W ignore -m benchmarks.scale

screenshots: $(VENV)/installed-dev ## Take the screenshots in docs/images; needs Chromium.
	$(BIN)/python -m benchmarks.screenshots

recordings: $(VENV)/installed-dev ## Record the terminals in docs/images.
	$(BIN)/python -m benchmarks.recordings

messages: $(VENV)/installed-dev ## Update and compile the translations.
	$(BIN)/python -m tests.messages

schema: export NEO_PROFILE := development
schema: $(VENV)/installed ## Write docs/openapi.json.
	@$(BIN)/python -m neo_site.keys
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --format openapi-json --file docs/openapi.json

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) \
		and "Python 3.11 or newer is needed. Name one: make run PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# Stamp files: pip runs if a file of requirements is newer than its stamp.
$(VENV)/installed: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing requirements.txt, and the command neo from this folder, into $(VENV)"
	@$(PIP) -r requirements.txt -e '.[cli]'
	@touch $@

# requirements-dev.txt lists the others, so one run of pip makes both stamps.
$(VENV)/installed-dev: $(wildcard requirements*.txt) pyproject.toml | $(BIN)/python
	@echo "Installing requirements-dev.txt, and the command neo from this folder, into $(VENV)"
	@$(PIP) -r requirements-dev.txt -e '.[cli]'
	@touch $(VENV)/installed $@
