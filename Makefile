# `make demo` and `make test` need Python 3.11+ with venv, nothing else; both set up .venv.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.locked

# What one case of examples/assess is made with, for $(1) the case and $(2) the language.
REPORT = $(BIN)/mailhaul assess report --date 2026-11-24 --lang $(2) --answers examples/assess/$(1)/answers.toml --out examples/assess/$(1)/$(2)

# Where it forbids Python to keep what it compiled, each of the tests' commands starts a second later.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check examples reliability bench format clean
.DEFAULT_GOAL := demo

$(STAMP): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "mailhaul needs Python 3.11 or newer with venv (Debian: apt install python3-venv)." >&2; \
	echo "$(PYTHON) is: $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.7'
# A company's proxy certificate in the system's store counts.
	UV_SYSTEM_CERTS=true VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync --active --quiet --locked --inexact --extra demo --extra pdf
	touch $@

demo: $(STAMP)
	$(BIN)/mailhaul demo

# More workers than cores: many tests wait for a server or a clock.
test: $(STAMP)
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The reports in examples/assess; needed whenever the catalogue or the words of a report change.
examples: $(STAMP)
	$(call REPORT,clinic-group,ja)
	$(call REPORT,regional-bank,en) --catalog examples/assess/regional-bank/own.toml
	$(call REPORT,city-office,ja)
	$(call REPORT,city-office,en)

# The figures of docs/reliability.md: the whole crash matrix, 10 to 20 minutes.
reliability: $(STAMP)
	$(BIN)/python -m tests.crash.reliability $(ARGS)

# The first figures of docs/performance.md: 3 minutes; needs Dovecot, and mbsync for its baseline.
bench: $(STAMP)
	$(BIN)/python bench/migration.py $(ARGS)

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf demo-migration
