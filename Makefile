# make app    sets everything up and opens the app at http://127.0.0.1:8501
# make test   sets up what the tests need, too, and runs all checks
# make bench-people  measures how well people are followed (benchmarks/people/README.md)
# make bench  measures speed beside what people would use instead (benchmarks/speed/README.md)
# make bench-robustness  tries to knock it over (benchmarks/robustness/README.md)
# make docs   builds the documentation site into build/site; make docs-serve shows it while you write
#
# All work in an environment of their own, .venv, with the versions of constraints.txt.
# Options: PYTHON=python3.12, PORT=8600, PIP_FLAGS="--index-url https://..."

VENV ?= .venv
PORT ?= 8501
PIP_FLAGS ?=
# Tests run side by side in so many processes.
JOBS ?= 2
# The first Python that is new enough.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && echo $$python && break; done)

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt
# Each stamp is as old as the last installation that it stands for.
RUNS := $(VENV)/.runs
TESTS := $(VENV)/.tests
DOCS := $(VENV)/.docs

.PHONY: app test lint format docs docs-serve reference constraints bench bench-people bench-robustness clean
.DEFAULT_GOAL := app
# Two installations into one environment must not run at the same time.
.NOTPARALLEL:

app: $(RUNS)
	$(BIN)/maskwatch app --port $(PORT)

test: lint docs
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile

lint: $(TESTS)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(TESTS)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Else Material for MkDocs prints a page of notice about its successor, Zensical.
docs docs-serve: export NO_MKDOCS_2_WARNING = 1

# Not --quiet: that would hide the warnings from --strict.
docs: $(DOCS)
	$(BIN)/python -m mkdocs build --strict
	@echo "The documentation is in build/site/index.html"

docs-serve: $(DOCS)
	$(BIN)/python -m mkdocs serve --watch src --watch README.md --watch CHANGELOG.md --watch CONTRIBUTING.md

# Writes what comes from the code: the pages of docs/reference/ and .streamlit/config.toml.
reference: $(DOCS) $(RUNS)
	$(BIN)/python scripts/generate_reference.py
	$(BIN)/python scripts/generate_streamlit_config.py

# Twenty minutes on a machine that does nothing else. Without Keras, ONNX Runtime stands in, and the report says so.
bench: $(TESTS)
	test -d build/speed/venv || $(BIN)/python -m benchmarks.speed --setup || rm -rf build/speed/venv
	-$(BIN)/python -m benchmarks.speed.page
	$(BIN)/python -m benchmarks.speed --out benchmarks/speed/results

# A quarter of an hour at first, minutes once the models' answers are kept in build/people.
bench-people: $(TESTS)
	test -d build/people/venv || $(BIN)/python -m benchmarks.people --setup
	$(BIN)/python -m benchmarks.people --out benchmarks/people/results

# Mutated inputs and injected faults: a quarter of an hour; benchmarks/robustness/README.md.
bench-robustness: $(TESTS)
	$(BIN)/python -m benchmarks.robustness --out benchmarks/robustness/results fuzz --count 24000
	$(BIN)/python -m benchmarks.robustness --out benchmarks/robustness/results faults

# What is installed now becomes what everybody gets.
constraints: $(TESTS)
	{ head -n 2 constraints.txt; $(BIN)/python -m pip freeze --all --exclude-editable --exclude pip \
		| sed 's/+cpu$$//'; } > constraints.new && mv constraints.new constraints.txt

clean:
	rm -rf $(VENV)

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; say where it is: make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNS): pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	$(PIP) -e ".[app]"
	touch $@

$(TESTS): pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	$(PIP) -e ".[test]"
	touch $(RUNS) $(DOCS) $@

$(DOCS): pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	$(PIP) -e ".[docs]"
	touch $@
