# Everything is set up on first use: see scripts/environment.py. Needs python3 (3.11 or newer, with pip) and, for the
# compiled modules, its headers and a C compiler: apt-get install python3 python3-pip python3-dev gcc make

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
ENVIRONMENT := $(PYTHON) scripts/environment.py
CHECKED := src tests setup.py scripts $(wildcard bench)

.PHONY: help run test lint format compiled bench requirements clean python

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

run: python ## set up and start the demo on http://127.0.0.1:8700; options: ARGS='--data DIR --port P'
	@$(ENVIRONMENT) runtime
	@exec $(BIN)/fondaco demo $(ARGS)

test: lint ## set up and run all checks; a part of the tests: ARGS='tests/core -k ledger'
	$(BIN)/python -m pytest $(ARGS)

lint: python ## style, types, layers
	@$(ENVIRONMENT) dev
	$(BIN)/ruff check
	$(BIN)/mypy $(CHECKED)
	$(BIN)/lint-imports --no-cache --no-logo

format: python ## put the sources into the common form
	@$(ENVIRONMENT) dev
	$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format

compiled: python ## compile the modules listed in src/fondaco/compiled.py, in place
	@$(ENVIRONMENT) runtime

bench: python ## measure; a part: ARGS='core', 'journal', 'projector', 'end_to_end'
	@$(ENVIRONMENT) dev
	$(BIN)/python -m bench $(ARGS)

requirements: python ## pin the packages anew after a change to requirements/*.in; all to their newest: ARGS=--upgrade
	cd requirements && for list in tools dev; do $(PIN) $(ARGS) $$list.in --output-file $$list.txt || exit 1; done
	cd requirements && for list in runtime build; do \
	  $(PIN) --constraint dev.txt $$list.in --output-file $$list.txt || exit 1; done
	cd bench/peers && for peer in bourse:3.11 lightmatchingengine:3.11 matching_engine:3.12; do \
	  $(subst 3.11,$${peer#*:},$(PIN:../%=../../%)) $(ARGS) $${peer%:*}.in --output-file $${peer%:*}.txt || exit 1; done

PIN := $(PYTHON) ../scripts/environment.py uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make requirements'

clean: ## remove all that was made, the demo's journal excepted
	rm -rf .venv .tools .bench build dist src/*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src -name '*.so' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@command -v $(PYTHON) >/dev/null || { echo "fondaco: $(PYTHON) is not found." \
	  "Install it (Debian packages: python3 python3-pip python3-dev gcc) or name another: make PYTHON=python3.12 …" >&2; exit 1; }
