# Everything a person or CI needs, from a checkout and a Python of at least 3.11.
PYTHON ?= python3
BIN := .venv/bin
# Browser and PostgreSQL tests skip by name where their part cannot be had.
# More workers than the two cores of CI's machine: tests of processes spend much of their time waiting.
PYTEST ?= $(BIN)/python -m pytest -n 3 --dist worksteal

# What property tests look for in `make soak`; name the one it printed to look for the same again.
SEED ?= $(shell $(PYTHON) -c 'import random; print(random.randrange(2**32))')

.PHONY: demo test check soak lint bench chaos lock clean

.venv: requirements-dev.lock
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "imagine-bot needs Python 3.11 or newer; name one with PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch .venv

demo: .venv  ## install and start the sandbox; prints the page's address
	$(BIN)/python -m sandbox

test: .venv  ## every test
	$(PYTEST)

lint: .venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

check: lint test  ## what CI runs

soak: SEED := $(SEED)
soak: lint  ## what CI runs at night: `check` with property tests at random and forty times as many examples
	@echo "property tests look at random; the same again: make soak SEED=$(SEED)"
	$(PYTEST) --hypothesis-profile=soak --hypothesis-seed=$(SEED) --timeout=1800

bench: .venv
	$(BIN)/python -m bench $(BENCH)

chaos: .venv  ## a storm, every exact point, outages of minutes: hours; CHAOS="--seed 7 --runs 600" for others
	$(BIN)/python -m tests.chaos $(CHAOS)

lock:  ## renew the lock files; needs uv
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml --extra postgres --extra fast -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml --group dev --extra postgres -o requirements-dev.lock

clean:
	rm -rf .venv .pytest_cache .ruff_cache .import_linter_cache
