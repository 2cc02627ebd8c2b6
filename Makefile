# make demo, make test: each makes its own environment in .venv/ first. Needs git, make, Python >= 3.11;
# Node.js as well for the tests on 32-bit MicroPython, and Chromium for those in a browser.

PYTHON ?= python3
BIN := .venv/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/pip install --quiet -c .ci/constraints.txt
PYTEST := $(BIN)/pytest -n 2

.PHONY: help demo test test-board test-long coverage mutate fuzz fuzz-link fuzz-line check fast bench hardware clean

help:
	@echo "make demo       run the first infusion on the virtual pump, into out/demo/"
	@echo "make test       the tests, under 5 minutes"
	@echo "make test-board the firmware on an emulated Raspberry Pi Pico, 2 to 6 minutes; Debian only"
	@echo "make test-long  what takes longer: 24 h of every rate, step by step"
	@echo "make coverage   every branch of pumpcore is taken by tests/core, 1 to 3 minutes"
	@echo "make mutate     how many wrong lines of six modules the tests notice, 5 to 12 minutes"
	@echo "make fuzz       five million inputs for the wire's two ends; with -j2 both cores work on it"
	@echo "make check      ruff, mypy on the host and, with pyright, on the code of both boards"
	@echo "make fast       compile controller and plant: simulations run five times as fast; needs gcc"
	@echo "make bench      the performance table, compiled if that can be done"
	@echo "make hardware   drawings and models of the pump to build, into out/hardware; installs 1.7 GB first"
	@echo "make clean      remove .venv and out"

demo: .venv/.ready
	$(BIN)/openinfuse demo

test: .venv/.dev-ready .venv/.node-ready .venv/.browser-ready
	$(PYTEST)

# MicroPython is built at the first call, into the user's cache folder: see host/pumphost/imaging/build.py.
test-board: .venv/.emulated-ready
	$(PYTEST) --dist loadfile -m emulated tests/board/emulated

test-long: .venv/.dev-ready .venv/.fast-ready
	$(PYTEST) -m long

# Without two tests that take long when they are traced and reach no branch of their own.
coverage: .venv/.dev-ready
	COVERAGE_FILE=.venv/.coverage $(PYTEST) tests/core -k 'not exact_over_a_day and not honest_pump' \
	  --cov=firmware/pumpcore --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100

mutate: .venv/.mutation-ready
	$(BIN)/python tests/mutation/mutate.py

fuzz: fuzz-reader-1 fuzz-reader-2 fuzz-link fuzz-line

fuzz-reader-%: .venv/.fuzz-ready
	$(BIN)/python tests/fuzz/fuzz.py reader 2150000 $*

fuzz-link: .venv/.fuzz-ready
	$(BIN)/python tests/fuzz/fuzz.py link 200000 1

fuzz-line: .venv/.fuzz-ready
	$(BIN)/python tests/fuzz/fuzz.py line 500000 1

check: .venv/.dev-ready .venv/.stubs-ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy --config-file firmware/mypy.ini
	$(BIN)/mypy --config-file firmware/mypy.esp32.ini
	$(BIN)/pyright -p firmware/pyright.rp2.json
	$(BIN)/pyright -p firmware/pyright.esp32.json

bench: .venv/.fast-ready
	-$(BIN)/openinfuse compile
	$(BIN)/openinfuse bench

fast: .venv/.fast-ready
	$(BIN)/openinfuse compile

hardware: .venv/.hardware-ready
	$(BIN)/python hardware/wiring.py
	$(BIN)/python hardware/mechanics/syringe.py
	$(BIN)/python hardware/mechanics/peristaltic.py

clean:
	rm -rf .venv out

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, $(PYTHON) is older: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "No venv module: on Debian, apt-get install python3-venv"; exit 1; }
	@touch $@

.venv/.ready: .venv/.made pyproject.toml .ci/constraints.txt
	@echo "installing into .venv"
	@$(PIP) -e .
	@touch $@

.venv/.dev-ready: .venv/.ready
	@echo "installing the test tools into .venv"
	@$(PIP) -e '.[dev]'
	@touch $@

.venv/.fast-ready: .venv/.ready
	@$(PIP) -e '.[fast]'
	@touch $@

.venv/.hardware-ready: .venv/.ready
	@echo "installing what draws and models the hardware into .venv"
	@$(PIP) -e '.[hardware]'
	@touch $@

.venv/.mutation-ready: .venv/.dev-ready
	@$(PIP) -e '.[mutation]'
	@touch $@

.venv/.fuzz-ready: .venv/.dev-ready
	@$(PIP) -e '.[fuzz]'
	@touch $@

.venv/.emulated-ready: .venv/.dev-ready
	@$(PIP) -e '.[emulated]'
	@touch $@

# Pyright comes from PyPI as a wrapper that fetches the rest from npm when it first runs.
.venv/.stubs-ready: .venv/.dev-ready
	@$(PIP) --no-deps --upgrade --target .venv/stubs micropython-rp2-stubs micropython-stdlib-stubs
	@$(PIP) --no-deps --upgrade --target .venv/stubs-esp32 micropython-esp32-stubs micropython-stdlib-stubs
	@$(PIP) -e '.[check]'
	@touch $@

# Without npm the tests that need it skip and say so.
define npm-install
@if command -v npm >/dev/null; then \
  mkdir -p .venv/$(1) && cp $< .venv/$(1)/ && \
  npm install --silent --no-package-lock --no-audit --no-fund --prefix .venv/$(1) && touch $@; \
else echo "no npm: the tests $(2) will skip"; fi
endef

.venv/.node-ready: tests/portable/package.json .venv/.made
	$(call npm-install,node,on 32-bit MicroPython)

.venv/.browser-ready: tests/host/browser/package.json .venv/.made
	$(call npm-install,browser,in a browser)
