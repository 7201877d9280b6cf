# make        builds everything and says where the report lies
# make test   runs every test
# make help   lists the rest
#
# The work of the first four is done by pipeline/__main__.py; without make: python -m pipeline
# PIP_OPTIONS: more options for pip, such as an index with CPU builds of PyTorch (see README.md).

PYTHON ?= $(or $(shell for p in python3 python3.11 python3.12 python3.13 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done),python3)
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := run
.PHONY: run test check setup format bench fuzz kill house licences pins reference clean help

run: ## build all that is not up to date, and say where the report lies
test: ## run every test
check: ## lint and check types
setup: ## install what is pinned into .venv, with what tests and checks need
run test check setup:
	@$(PYTHON) -m pipeline $@

format: setup ## format the code
	@ruff format pipeline tests benchmarks
	@ruff check --fix pipeline tests benchmarks

bench: setup ## measure speed and memory beside baselines, after make: hours
	@python -m benchmarks.embedding --texts 2000
	@python -m benchmarks.incremental
	@python -m benchmarks.whole_run
	@python -m benchmarks.scaling --times 1 4

fuzz: setup ## read damaged documents for ten minutes
	@python -m benchmarks.fuzz

kill: setup ## kill a run at 20 random moments and compare what comes after
	@python -m benchmarks.kill

house: setup ## measure how the code is built, and fail where it outgrew its limits
	@python -m benchmarks.house

licences: setup ## write docs/dependencies.md
	@python -m benchmarks.licences

pins: setup ## write what is installed to constraints.txt
	@pip freeze --exclude peacetext | sed 's/+cpu$$//' > constraints.txt

reference: setup ## keep the run in outputs/ as the reference run
	@peacetext reference

clean: ## remove everything that was built, but not the corpus and the caches
	rm -rf $(VENV)
	find outputs -mindepth 1 -not -name .gitkeep -not -path 'outputs/reference*' -delete

help: ## list what make can do
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile
