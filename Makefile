# make        builds everything and says where the report lies
# make test   runs every test
# make help   lists the rest

PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# More options for pip, such as an index with CPU builds of PyTorch (see README.md).
PIP_OPTIONS ?=
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_OPTIONS)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := run
.PHONY: run test check format bench fuzz kill house licences pins reference clean help

run: $(VENV)/.installed ## build all that is not up to date, and say where the report lies
	@python -m pipeline.run.lockfile
	@python -m pipeline.acquire.pending && dvc repro --quiet --force --single-item acquire || true
	@dvc repro
	@peacetext verify 2>&1 | tail -n 1
	@echo "The report: outputs/report/index.html"

test: $(VENV)/.installed-for-tests ## run every test
	@python -m pytest

check: $(VENV)/.installed-for-tests ## lint and check types
	@ruff format --check pipeline tests benchmarks
	@ruff check pipeline tests benchmarks
	@mypy

format: $(VENV)/.installed-for-tests ## format the code
	@ruff format pipeline tests benchmarks
	@ruff check --fix pipeline tests benchmarks

bench: $(VENV)/.installed-for-tests ## measure speed and memory beside baselines, after make: hours
	@python -m benchmarks.embedding --texts 2000
	@python -m benchmarks.incremental
	@python -m benchmarks.whole_run
	@python -m benchmarks.scaling --times 1 4

fuzz: $(VENV)/.installed-for-tests ## read damaged documents for ten minutes
	@python -m benchmarks.fuzz

kill: $(VENV)/.installed-for-tests ## kill a run at 20 random moments and compare what comes after
	@python -m benchmarks.kill

house: $(VENV)/.installed-for-tests ## measure how the code is built, and fail where it outgrew its limits
	@python -m benchmarks.house

licences: $(VENV)/.installed-for-tests ## write docs/dependencies.md
	@python -m benchmarks.licences

pins: $(VENV)/.installed-for-tests ## write what is installed to constraints.txt
	@pip freeze --exclude peacetext | sed 's/+cpu$$//' > constraints.txt

reference: $(VENV)/.installed ## keep the run in outputs/ as the reference run
	@peacetext reference

clean: ## remove everything that was built, but not the corpus and the caches
	rm -rf $(VENV) params.yaml
	find outputs -mindepth 1 -not -name .gitkeep -not -path 'outputs/reference*' -delete

help: ## list what make can do
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile

$(VENV)/.installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "peacetext needs Python 3.11 or later: make PYTHON=/where/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what is pinned in constraints.txt into $(VENV): a few minutes, once"
	@# torch first and alone: a later step would otherwise choose a build with several GB of CUDA
	@$(PIP) $$(grep '^torch==' constraints.txt)
	@$(PIP) -c constraints.txt -e .
	@# dvc exp run -S topics.min_cluster_size=25 looks for ./params.yaml
	@ln -sfn configs/params.yaml params.yaml
	@# an unpacked archive has no .git, and DVC must be told
	@test -e .git || dvc config --local core.no_scm true
	@touch $@

$(VENV)/.installed-for-tests: $(VENV)/.installed
	@$(PIP) -c constraints.txt -e ".[dev]"
	@touch $@
