# Two commands need nothing but Python 3.11 or later, make, and the package index:
#   make demo    install into .venv and run the main job on simulated data
#   make test    install into .venv and run the tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Dependency groups of pyproject.toml that the tests are run with.
GROUPS ?= test
# Tests run on this many cores.
WORKERS ?= 2
DEMO_OUT ?= s6k1_demo

.PHONY: demo test test-slow docs lint clean

demo: $(VENV)/.installed
	$(BIN)/rnaseq-s6k1 demo --out $(DEMO_OUT)

test: $(VENV)/.installed-tests
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

test-slow: $(VENV)/.installed-tests
	$(BIN)/python -m pytest -n $(WORKERS) -m slow

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# The site goes to build/site; any warning fails the build.
docs: $(VENV)/.installed-docs
	$(BIN)/mkdocs build --strict

# Dependency groups need pip 25.1 or later, so pip is upgraded first.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; run make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-tests: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet $(foreach group,$(GROUPS),--group $(group))
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed-tests
	$(BIN)/python -m pip install --quiet --group dev
	touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group docs
	touch $@

clean:
	rm -rf $(VENV) $(DEMO_OUT) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
