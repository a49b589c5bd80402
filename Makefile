# Everything starts here: `make demo` runs the main job, `make test` passes every test.
# Needs Python >= 3.11 and make; everything else is installed into .venv from requirements.lock.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PY     := $(BIN)/python
STAMP  := $(VENV)/.installed

export ICTCLI_CACHE_DIR ?= $(CURDIR)/.cache
# tests start hundreds of processes: without its bytecode each would compile the package anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo test lint docs proof security bench peer peers lock clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP)  ## Create .venv with the pinned, hash-checked dependencies

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $(STAMP)

demo: install  ## Simulated market -> detections -> backtest -> gate -> report
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/demo.sh

lint: install  ## Format, lint and types; warnings are errors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: install  ## Lint, every test, coverage >= 95 %, kernels also with the compiler off
	@rm -f .coverage .coverage.*
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@# one process each, so that no kernel is compiled twice; types behind the shorter one
	@( $(MAKE) --no-print-directory tests-engine && $(BIN)/mypy ) & first=$$!; \
	  $(MAKE) --no-print-directory tests-steps; second=$$?; wait $$first && exit $$second
	$(MAKE) --no-print-directory tests-rest tests-uncompiled
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report

PYTEST = COVERAGE_FILE=.coverage.$@ $(PY) -m pytest -m "not proof" -q --cov --cov-report= --cov-fail-under=0

.PHONY: tests-engine tests-steps tests-rest tests-uncompiled
tests-engine:
	$(PYTEST) tests/engine

# these need every detector and every feature compiled
STEPS := tests/commands/test_detect.py tests/learning/test_planted_cause.py

tests-steps:
	$(PYTEST) $(STEPS)

tests-rest:
	$(PYTEST) --ignore=tests/engine $(STEPS:%=--ignore=%) -n auto --dist worksteal

tests-uncompiled:
	@# only the files that say so: importing all others takes longer than the pass itself
	NUMBA_DISABLE_JIT=1 $(PYTEST) $$(grep -rl --include='test_*.py' jit_off tests) \
	  -m "jit_off and not proof" -n auto --dist worksteal

proof: install  ## The full counts, in resumable shards; results go to docs/proofs/
	$(PY) scripts/proof.py

security: install  ## Bandit, known vulnerabilities (skipped offline), secret scan, bill of materials
	$(PY) scripts/security.py

docs: install  ## Build the documentation as a site into build/site; every link is checked
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict

bench: install  ## Speed as ratios against a peer or a floor, measured in one run
	@failed=; for script in benchmarks/*.py; do $(PY) $$script || failed="$$failed $$script"; done; \
	  test -z "$$failed" || { echo "missed a bar:$$failed"; exit 1; }

peer:  ## Create .venv-peer with the library that benchmarks and tests compare with
	$(PYTHON) -m venv .venv-peer
	$(subst $(VENV),.venv-peer,$(PY)) -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r benchmarks/peer/requirements.lock

PEERS := vectorbt backtesting nautilus_trader

peers: $(PEERS:%=.venv-%/.installed)  ## Create .venv-NAME with each program that backtests are compared with

.venv-%/.installed: benchmarks/peer_backtest/requirements-%.lock
	$(PYTHON) -m venv .venv-$*
	$(subst $(VENV),.venv-$*,$(PY)) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

lock: install  ## Renew requirements.lock (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --quiet --output-file requirements.lock

clean:  ## Remove everything that can be made again, but no data
	rm -rf $(VENV) .venv-peer $(PEERS:%=.venv-%) .cache .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
