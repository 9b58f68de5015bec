# `make demo` and `make test` need Python 3.11+ with venv, nothing else; both set up .venv.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.locked

.PHONY: demo test check format clean
.DEFAULT_GOAL := demo

$(STAMP): pyproject.toml uv.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.7'
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync --active --quiet --locked --inexact --extra demo
	touch $@

demo: $(STAMP)
	$(BIN)/mailhaul demo

test: $(STAMP)
	$(BIN)/pytest $(ARGS)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
