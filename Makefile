# The two commands of the README are `make run` and `make test`; both set up what they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: setup run test test-all lint types format check bench torture fuzz load screenshots clean

setup: $(VENV)/.runtime

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# librosa compiles itself at its first import; doing that here, once, makes the first job fast.
$(VENV)/.runtime: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.txt
	$(BIN)/python -c "from d2m.core.librosa_loader import load_librosa; load_librosa()"
	touch $@

$(VENV)/.dev: requirements-dev.txt requirements-train.txt $(VENV)/.runtime
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	touch $@

run: setup
	$(BIN)/python app.py

test: $(VENV)/.dev
	$(BIN)/python -m pytest

# The slow ones too, which `make test` leaves out.
test-all: $(VENV)/.dev
	$(BIN)/python -m pytest -m "slow or not slow"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy d2m

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: lint types test

bench: setup
	PYTHONPATH=. $(BIN)/python tools/bench.py
	PYTHONPATH=. $(BIN)/python tools/bench_networks.py

# What strangers may send, and what may fail, all of it; the quick part runs in `make test`.
torture: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python tools/torture.py

fuzz: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python tools/fuzz.py --seconds 120

load: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python tools/load.py

# Needs the page to be served, by `make run`.
screenshots: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python tools/screenshots.py

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
