# `make demo` and `make test` need Python 3.10 or newer, Git, and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Half of the time a test waits: for a store, a process, a disk.
WORKERS := $(shell $(PYTHON) -c 'import os; print(3 * (os.cpu_count() or 1) // 2)')
# What only POSIX has is used behind a check of the platform. That makes code unreachable elsewhere.
ON_WINDOWS := --platform win32 --no-warn-unreachable --cache-dir .mypy_cache/win32
AIRFLOW := .venv-airflow
AIRFLOW_LOCK := newest
MATRIX := fault_matrix kill_points full_disk

.PHONY: demo demo-schedule test test-airflow test-airflow-lowest lock-airflow soak reliability bench bench-airflow check docs format clean

demo: $(VENV)/.demo
	$(BIN)/publisher demo $(DEMO)

demo-schedule: $(AIRFLOW)/.installed
	$(AIRFLOW)/bin/publisher demo --schedule $(DEMO)

test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --maxschedchunk 4 $(TESTS)

# Airflow is 500 MB, so its tests have an environment of their own, made anew when its lock changes.
test-airflow: $(AIRFLOW)/.installed
	$(AIRFLOW)/bin/python -m pytest -o filterwarnings=default tests/airflow $(TESTS)

bench-airflow: $(AIRFLOW)/.installed
	$(AIRFLOW)/bin/python -m benchmarks.parsing

test-airflow-lowest:
	$(MAKE) test-airflow AIRFLOW=.venv-airflow-lowest AIRFLOW_LOCK=lowest

LOCK = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-annotate tests/airflow/requirements.in

lock-airflow: $(STAMP)
	$(LOCK) --output-file tests/airflow/newest.txt
	$(LOCK) --output-file tests/airflow/lowest.txt --constraint tests/airflow/lowest.in

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

$(AIRFLOW)/.installed: tests/airflow/$(AIRFLOW_LOCK).txt | $(STAMP)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(AIRFLOW)
	$(BIN)/uv pip install --quiet --python $(AIRFLOW)/bin/python --require-hashes --requirements $<
	$(BIN)/uv pip install --quiet --python $(AIRFLOW)/bin/python --no-deps --editable .
	touch $@

clean:
	rm -rf $(VENV) .venv-airflow .venv-airflow-lowest build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
