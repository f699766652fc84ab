# Drawbridge. Every target sets up what it needs by itself: Python 3.11 or newer and a network
# path to PyPI are enough. `make` alone lists the targets.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

UV_VERSION := 0.13.8
VENV := .venv
# uv lives beside the environment, not in it: `uv sync` removes from .venv what is not locked.
TOOLS := .venv-tools
UV := $(TOOLS)/bin/uv
PY := $(VENV)/bin/python
# The first Python that is new enough; `make PYTHON=/path/to/python3.12 run` picks another.
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(p))))
# `make test PYTEST_FLAGS="-x -k vault"` runs what you want. Workers begin with neighbouring tests,
# which share what they have started, and then take from each other what is left.
PYTEST_FLAGS ?= --numprocesses auto --dist worksteal
# What `make run` sets up beside the core; `make run EXTRAS=` leaves it out.
EXTRAS ?= --all-extras
# What `make cluster` runs over a server, and what besides with two workers and a front. Left out is
# what keeps no rows of ours, and what starts its server by itself in any run.
OVER_SERVER := tests/accounts tests/app/observing tests/app/test_answering.py tests/app/test_lab_process.py tests/app/test_overview.py tests/app/test_reachability.py tests/app/test_reminders.py tests/app/test_workers.py tests/approvals tests/audit tests/entrypoints/api tests/entrypoints/cli tests/entrypoints/front tests/entrypoints/proxy tests/entrypoints/telegram tests/entrypoints/web tests/gateway tests/licences tests/notices tests/pages/test_without_scripts.py tests/robots/running tests/robots/test_*.py tests/rotation tests/statistics tests/stories tests/trading tests/vault tests/verification tests/virtual_keys
IN_CLUSTER := tests/entrypoints/cli/test_key_replacing.py tests/entrypoints/cli/test_verify.py tests/real_clients/test_*_through_us.py tests/stories
LOCKED := pyproject.toml uv.lock
# Real clients that cannot stand in one environment with the rest: older versions of ccxt, SDKs.
REFEREES := $(patsubst tests/real_clients/locked/%.txt,.referees/%/.ready,$(wildcard tests/real_clients/locked/*.txt))
# Whole programs, each in an environment of its own, for `make bots` alone.
BOTS := .referees/freqtrade/.ready .referees/hummingbot/.ready .referees/js/.ready
# Hummingbot is for this Python alone, and is built by the C++ compiler that is there.
PYTHON_FOR_HUMMINGBOT ?= 3.12

# Only the Python that is there, never a downloaded one.
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(VENV)
# Tests start hundreds of processes. Where the surroundings forbid Python to keep bytecode, each of
# them would compile everything it imports.
unexport PYTHONDONTWRITEBYTECODE

# The certificates that this system trusts, as pip does, where it has any (uv brings its own).
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem),)
export UV_SYSTEM_CERTS := 1
endif

.PHONY: help run test check cluster bench fuzz conformance bots lint-deploy referees format reference docs pictures browser clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.ready-to-run ## start the paper exchange and the app; prints both addresses
	@$(VENV)/bin/drawbridge up --with-paper

test: $(VENV)/.ready-to-develop referees browser ## run the whole test suite
	@$(PY) -m pytest $(PYTEST_FLAGS)

check: $(VENV)/.ready-to-develop referees browser ## format, lint, types, import contracts, cards, then the tests
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy $(wildcard src tests tools benchmarks)
	$(VENV)/bin/lint-imports --no-logo --no-cache
	$(if $(wildcard tools/check_exchanges.py),$(PY) -m tools.check_exchanges)
	@$(PY) -m pytest $(PYTEST_FLAGS)

cluster: $(VENV)/.ready-to-develop referees browser ## run what keeps rows, all doors and all stories over a PostgreSQL server, and stories and real clients in a cluster of two workers
	@failed=0; export DRAWBRIDGE_TEST_STORE=postgresql; \
	$(PY) -m pytest $(PYTEST_FLAGS) $(OVER_SERVER) || failed=1; \
	DRAWBRIDGE_TEST_WORKERS=2 $(PY) -m pytest $(PYTEST_FLAGS) $(IN_CLUSTER) || failed=1; \
	exit $$failed

bench: $(VENV)/.ready-to-develop .referees/mitmproxy/.ready ## measure every hot path against its reference, in one run
	@$(PY) -m benchmarks

fuzz: $(VENV)/.ready-to-develop ## feed every reader of strangers' bytes with garbage, guided by coverage
	@$(PY) -m tests.fuzz

conformance: $(VENV)/.ready-to-develop referees ## run ccxt's own test-suite against the paper exchange
	@$(PY) -m tools.conformance $(CONFORMANCE_FLAGS)

bots: $(VENV)/.ready-to-develop $(BOTS) ## let unmodified bots trade through us on paper: freqtrade, hummingbot, ccxt in JavaScript
	@[ -x .referees/hummingbot/bin/python ] || out=--ignore=tests/real_bots/test_hummingbot.py; \
	$(PY) -m pytest -o addopts=--import-mode=importlib tests/real_bots $$out

lint-deploy: $(VENV)/.ready-to-develop .referees/deploy/.ready ## look at deploy/ with hadolint, Helm, systemd and the schemas of compose and Kubernetes
	@PYTHONPATH=.referees/deploy $(PY) -m tools.check_deploy

format: $(VENV)/.ready-to-develop ## write the code the way `check` wants it
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

reference: $(VENV)/.ready-to-develop ## write the generated documents and README's CLI help
	@$(PY) -m tools.make_reference

docs: $(VENV)/.ready-to-develop ## build the documentation as pages in build/docs, readable without a server
	@$(PY) -m tools.make_docs

pictures: $(VENV)/.ready-to-develop browser ## draw the pictures of the documents anew, from the real pages
	@$(PY) -m tests.pictures

clean: ## remove everything that make made
	rm -rf $(VENV) $(TOOLS) .referees .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build

referees: $(REFEREES)

.referees/%/.ready: tests/real_clients/locked/%.txt | $(VENV)/.ready-to-develop
	@rm -rf $(@D)
	@$(UV) pip install --quiet --python $(PY) --no-deps --require-hashes --target $(@D) --requirement $<
	@touch $@

# No parts of these may come from elsewhere than their locks say.
.referees/freqtrade/.ready: tests/real_bots/locked/freqtrade.txt | $(VENV)/.ready-to-develop
	@rm -rf $(@D)
	@$(UV) venv --quiet --python $(PY) $(@D)
	@$(UV) pip install --quiet --python $(@D)/bin/python --require-hashes --requirement $<
	@touch $@

.referees/hummingbot/.ready: tests/real_bots/locked/hummingbot.txt | $(VENV)/.ready-to-develop
	@rm -rf $(@D)
	@if $(UV) venv --quiet --python $(PYTHON_FOR_HUMMINGBOT) $(@D); then \
	    $(UV) pip install --quiet --python $(@D)/bin/python --require-hashes --no-binary hummingbot --requirement $<; \
	else \
	    mkdir -p $(@D) && echo "hummingbot is left out: name its Python in PYTHON_FOR_HUMMINGBOT" >&2; \
	fi
	@touch $@

.referees/mitmproxy/.ready: benchmarks/locked/mitmproxy.txt | $(VENV)/.ready-to-develop
	@rm -rf $(@D)
	@$(UV) venv --quiet --python $(PY) $(@D)
	@$(UV) pip install --quiet --python $(@D)/bin/python --require-hashes --requirement $<
	@touch $@

.referees/deploy/.ready: tests/deploy/locked/linters.txt | $(VENV)/.ready-to-develop
	@rm -rf $(@D)
	@$(UV) pip install --quiet --python $(PY) --no-deps --only-binary :all: --require-hashes --target $(@D) --requirement $<
	@touch $@

.referees/js/.ready: tests/real_bots/js/package-lock.json tests/real_bots/js/package.json tests/real_bots/js/trade.mjs
	@command -v npm >/dev/null || { echo "npm is needed for this: apt-get install npm" >&2; exit 1; }
	@rm -rf $(@D) && mkdir -p $(@D) && cp $^ $(@D)
	@cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

browser:
	@tools/ensure_browser.sh

# An environment for development serves `make run` as well and is not taken apart for it.
ifneq ($(wildcard $(VENV)/.ready-to-develop),)
$(VENV)/.ready-to-run: $(VENV)/.ready-to-develop
	@touch $@
else
$(VENV)/.ready-to-run: $(LOCKED) | $(UV)
	@$(UV) sync --locked --no-dev $(EXTRAS) --python $(PYTHON)
	@touch $@
endif

$(VENV)/.ready-to-develop: $(LOCKED) | $(UV)
	@$(UV) sync --locked --all-extras --all-groups --python $(PYTHON)
	@touch $@

$(UV):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it and run make again." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is too old: Python 3.11 or newer is needed (make PYTHON=/path/to/python)." >&2; exit 1; }
	@$(PYTHON) -m venv $(TOOLS) \
		|| { echo "$(PYTHON) has no venv module: on Debian and Ubuntu, apt-get install python3-venv." >&2; exit 1; }
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
