# Everything a person does with a checkout. `make` alone lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
TORCH := torch==2.13.0
ORACLE := $(VENV)/oracle
ORACLE_STAMP := $(ORACLE)/.installed-$(TORCH)

.DEFAULT_GOAL := help
.PHONY: help run test test-fast test-oracle fuzz bench lint setup lock clean qt-libraries window-tools

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-11s %s\n", $$1, $$2}'

run: $(RUN_STAMP) qt-libraries ## open the program (without a display: train a sample and write build/demo/)
	@$(BIN)/python -m nnstudio $(ARGS)

test: $(DEV_STAMP) qt-libraries window-tools ## run every test, the real window's included
	@$(PYTEST) $(ARGS)

test-fast: $(DEV_STAMP) qt-libraries ## run the tests that need no real window and take no time
	@$(PYTEST) -m "not window and not slow" $(ARGS)

test-oracle: $(ORACLE_STAMP) qt-libraries ## compare training with PyTorch's (RECORD=1: and record what the tests compare with)
	@$(ORACLE)/bin/python -m pytest tests/oracle $(ARGS)

fuzz: $(DEV_STAMP) ## read 100,000 mutated tables: right, or said what is wrong (ARGS="1000 7": so many, from a seed)
	@$(BIN)/python tests/nnstudio/table_fuzz.py $(ARGS)

bench: $(DEV_STAMP) qt-libraries window-tools ## measure, print tables, write build/bench/*.json
	@PEERS_PYTHON="$(wildcard $(VENV)/oracle/bin/python)" $(BIN)/python -m benchmarks $(ARGS)

lint: $(DEV_STAMP) ## check style, types and who imports whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

setup: $(DEV_STAMP) qt-libraries window-tools ## install all that the other targets need

lock: ## resolve the two lock files anew (needs uv)
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  pyproject.toml --group build -o requirements.lock
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean: ## remove the virtual environment and everything that was built
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; ok = (3, 11) <= v < (3, 15); \
	  ok or print("NN Studio needs Python 3.11 to 3.14; this is %d.%d. Choose another: make PYTHON=python3.12 ..." % v); \
	  sys.exit(not ok)'
	@echo "Making the virtual environment in $(VENV) ..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(RUN_STAMP): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the libraries NN Studio runs on (about 150 MB) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(DEV_STAMP): requirements-dev.lock $(RUN_STAMP)
	@echo "Installing what the tests and checks need ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# An environment of its own, which sees the other one's libraries: no other target depends on PyTorch.
$(ORACLE_STAMP): | $(DEV_STAMP)
	@echo "Installing $(TORCH) for the comparison: about 200 MB to download where pip finds the CPU build, up to 3 GB"
	@echo "where it finds the one for graphics cards (PIP_EXTRA_INDEX_URL names another index for pip to look in) ..."
	@rm -rf $(ORACLE)
	@$(BIN)/python -m venv --without-pip $(ORACLE)
	@$(ORACLE)/bin/python -c 'import sys, sysconfig; from pathlib import Path; \
	  Path(sysconfig.get_path("purelib"), "nnstudio.pth").write_text(f"import site; site.addsitedir({sys.argv[1]!r})\n")' \
	  "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
	@$(BIN)/python -m pip --disable-pip-version-check --python $(ORACLE)/bin/python install $(TORCH)
	@touch $@

# Qt's own system libraries, and the virtual screen of the real-window tests: installed where we may, named where not.
QT_PACKAGES := libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-image0 libxcb-randr0 libxcb-render-util0 libxcb-xinerama0 libdbus-1-3 libfontconfig1
WINDOW_PACKAGES := xvfb openbox xdotool x11-utils

qt-libraries: | $(RUN_STAMP)
	@$(BIN)/python -c 'import PySide6.QtWidgets as qt, ctypes, pathlib, sys; sys.platform == "linux" and \
	  ctypes.CDLL(str(pathlib.Path(qt.__file__).parent / "Qt/plugins/platforms/libqxcb.so"))' 2>/dev/null \
	  || $(call install,Qt needs system libraries that are missing here,$(QT_PACKAGES))

window-tools:
	@for tool in Xvfb openbox xdotool xdpyinfo; do command -v $$tool >/dev/null || missing=1; done; \
	  test -z "$$missing" || $(call install,The tests of the real window need a virtual screen,$(WINDOW_PACKAGES))

# install(why, packages): as root on a Debian-like machine with apt, otherwise the one command that does it.
install = { if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	  then echo "$(1): installing $(2)"; apt-get -qq update >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(2) >/dev/null; \
	  else echo "$(1). On Debian or Ubuntu this installs them:"; echo "  sudo apt-get install -y $(2)"; exit 1; fi; }
