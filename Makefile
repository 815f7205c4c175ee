# The README names two commands, `make run` and `make test`; both install what they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# How many processes run tests at a time; each may need 2 GB of memory.
TEST_PROCESSES ?= 2
PIP := $(BIN)/python -m pip install --disable-pip-version-check -q
PYTEST := $(BIN)/python -m pytest -n $(TEST_PROCESSES)

.PHONY: setup run test test-all lint types format check bench bench-compare torture fuzz load clips-table \
        screenshots clean

setup: $(VENV)/.runtime

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# librosa is compiled at its first import; importing it here makes the first job fast.
$(VENV)/.runtime: requirements.txt requirements-headless.txt | $(BIN)/python
	$(PIP) -r requirements.txt
	$(PIP) --no-deps --force-reinstall -r requirements-headless.txt
	$(BIN)/python -c "from d2m.core.librosa_loader import load_librosa; load_librosa()"
	touch $@

$(VENV)/.dev: requirements-dev.txt requirements-train.txt $(VENV)/.runtime
	$(PIP) -r requirements-dev.txt
	touch $@

run: setup
	$(BIN)/python app.py

test: $(VENV)/.dev
	$(PYTEST)

# Includes the tests marked slow, which `make test` leaves out.
test-all: $(VENV)/.dev
	$(PYTEST) -m "slow or not slow"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy d2m

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: lint types test

bench: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python -m tools.bench measure
	PYTHONPATH=. $(BIN)/python tools/bench_networks.py

# `make bench-compare REF=main~5` measures that version and this one alternately.
bench-compare: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python -m tools.bench compare $(REF)

# Damaged and malicious clips, and failures of the host; `make test` runs the quick part.
torture: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python tools/torture.py

# Clips as phones, cameras, recorders and editors make them, and what comes out of each.
clips-table: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python tools/clips_table.py --out docs/clips.md

fuzz: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python tools/fuzz.py --seconds 120

load: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python tools/load.py

# Needs a running server: start `make run` first.
screenshots: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python tools/screenshots.py

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
