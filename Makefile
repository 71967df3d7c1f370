# `make demo` and `make test` need Python 3.10 or newer, Git, and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Half of the time a test waits: for a store, a process, a disk.
WORKERS := $(shell $(PYTHON) -c 'import os; print(3 * (os.cpu_count() or 1) // 2)')
# What only POSIX has is used behind a check of the platform. That makes code unreachable elsewhere.
ON_WINDOWS := --platform win32 --no-warn-unreachable --cache-dir .mypy_cache/win32
MATRIX := fault_matrix kill_points full_disk

.PHONY: demo test soak reliability bench check docs format clean

demo: $(VENV)/.demo
	$(BIN)/publisher demo $(DEMO)

test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --maxschedchunk 4 $(TESTS)

soak: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) -m soak $(TESTS)

reliability: $(STAMP)
	rm -f tests/reliability/*.json
	RELIABILITY_RECORD=1 $(BIN)/python -m pytest -n $(WORKERS) --maxschedchunk 4 -m "soak or not soak" $(MATRIX:%=tests/test_%.py)
	$(MAKE) docs

bench: $(STAMP)
	$(BIN)/python -m benchmarks $(BENCH)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy $(ON_WINDOWS) publisher

docs: $(STAMP)
	$(BIN)/python -m tests.support.explored
	$(BIN)/python -m tests.support.write_docs

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[s3]"
	touch $@

$(STAMP): $(VENV)/.demo
	$(BIN)/python -m pip install --quiet --group test --group lint
	touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
