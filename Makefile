# Everything a newcomer needs is Python >= 3.11 and make.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
  $$p -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] < (3, 14)))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help up test test-long chaos bench check format lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: $(VENV)/runtime.stamp ## create the environment and start the system
	@exec $(BIN)/zero137 up

test: $(VENV)/dev.stamp ## run all tests; what this machine lacks is skipped with a reason
ifdef PYTEST_ARGS
	$(BIN)/python -m pytest $(PYTEST_ARGS)
else
	$(BIN)/python -m pytest -n auto --dist worksteal tests/unit tests/integration tests/property
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder tests/e2e
endif

test-long: export TEST_LONG := 1
test-long: test ## as test, with every law tried on its full number of examples

chaos: $(VENV)/dev.stamp ## kill processes at random while leads are conducted (SEED, KILLS, LEADS; CLUSTER=1: several of each)
	$(BIN)/python tests/chaos/run.py --seed $(or $(SEED),1) --kills $(or $(KILLS),200) --leads $(or $(LEADS),50) $(if $(CLUSTER),--cluster)

bench: $(VENV)/dev.stamp ## measure against stock Prefect (two hours); choose with BENCH_ARGS="--only 4"
	$(BIN)/python benchmarks/run.py $(BENCH_ARGS)

check: $(VENV)/dev.stamp ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/dev.stamp ## format and apply safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The locks carry hashes for Python 3.11 to 3.13 and name no index; needs uv on the path.
lock: ## resolve the dependencies anew into the two locks
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  pyproject.toml --group build -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  -c requirements.lock pyproject.toml --group build --group dev -o requirements-dev.lock

clean: ## remove the environment (never the state in .zero137)
	rm -rf $(VENV)

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 至 3.13，请先安装后再执行。"; exit 1; }
	@echo "正在创建运行环境 $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

# The lock is complete, so nothing is left to resolve; older pips stumble over extras and hashes together.
$(VENV)/runtime.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "正在安装依赖（首次约一至三分钟）…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip check >/dev/null
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/runtime.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@
