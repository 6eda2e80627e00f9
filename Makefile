# Two commands do all the set-up: `make demo` shows the thing at work, `make test` proves it.
#
#   make demo     run the first notebook on the sandbox; leaves build/demo/
#   make lab      open it in JupyterLab
#   make test     every check and every test
#   make faults   play every fault and crash, thousands of times (a quarter of an hour)
#   make bench    time and weigh it beside the official SDK (ten minutes on a quiet machine); build/bench/goals.json
#   make matrix   the tests with kernels on older ipykernels, and on another Python (NEXT=python3.13)
#   make docs     build the documentation, notebooks run on the sandbox; leaves build/docs/html
#   make catalog  FACTS=folder: make the catalogue's snapshot anew
#   make lock     resolve requirements.lock anew
#   make clean    remove all that is made

PYTHON ?= python3
VENV ?= .venv
NEXT ?= python3.13
BIN := $(VENV)/bin
NOTEBOOK ?= notebooks/01_first_media.ipynb
SOURCES := package.json package-lock.json $(shell find js/src -type f 2>/dev/null) js/build.mjs

.PHONY: demo lab test lint types unit notebooks faults bench matrix docs env js chromium catalog lock clean

demo: env js
	$(BIN)/python notebooks/run.py $(NOTEBOOK) build/demo

lab: env js
	$(BIN)/python -m jupyterlab $(NOTEBOOK)

test: env js chromium lint types unit notebooks docs

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	npm run --silent check

types: env
	$(BIN)/mypy

unit: env js chromium
	npm test --silent
	$(BIN)/python -m pytest tests

notebooks: env js
	$(BIN)/python notebooks/check.py build/nbval

faults: env
	RUNWARE_FAULTS=all $(BIN)/python -m pytest tests/faults

bench: env js
	$(BIN)/python bench/goals.py

matrix: env js
	for kernel in 6.31 7.3; do \
	  $(MAKE) --no-print-directory env VENV=build/matrix/$$kernel && \
	  $(BIN)/uv pip install --quiet --python build/matrix/$$kernel/bin/python "ipykernel==$$kernel.*" && \
	  build/matrix/$$kernel/bin/python -m pytest tests/kernel || exit 1; \
	done
	$(MAKE) --no-print-directory env VENV=build/matrix/next PYTHON=$(NEXT)
	build/matrix/next/bin/python -m pytest tests/kernel tests/magics tests/test_sessions.py

docs: env js
	$(BIN)/python docs/gather.py build/docs

env: $(VENV)/.made

$(VENV)/.made: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "runware_nb needs Python 3.11 or newer: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check "uv>=0.5"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

js: runware_nb/static/manifest.json

node_modules/.made: package.json package-lock.json
	@command -v npm >/dev/null || { echo "runware_nb needs Node 20 or newer to build its front end: https://nodejs.org"; exit 1; }
	npm ci --silent
	@touch $@

runware_nb/static/manifest.json: node_modules/.made $(SOURCES)
	npm run --silent build
	@touch $@

chromium:
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || { \
	  command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } || { \
	  echo "The browser tests need Chromium: apt-get install chromium, or set CHROMIUM to a browser's path."; exit 1; }

catalog: env
	@[ -n "$(FACTS)" ] || { echo "Say where the facts are: make catalog FACTS=path/to/catalog"; exit 1; }
	$(BIN)/python -m runware_nb.catalog.build $(FACTS)

lock: env
	$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --group dev --extra sandbox --extra lab --universal \
	  --python-version 3.11 --no-annotate --no-header -o requirements.lock

clean:
	rm -rf $(VENV) build dist node_modules runware_nb/static
