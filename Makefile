# make app: install what is needed and open the app.   make test: install what the tests need and run them all.
# Others: make test-cluster, lint, format, bench, bench-page, bench-pad, bench-decoders, bench-sweep, bench-chapters, models, pictures, clean.
#
# PYTHON       the Python (3.11 or newer) that .venv is made from       make app PYTHON=python3.13
# TORCH_INDEX  address of the package index to take PyTorch from        see README, "Install"
# ARGS         passed on to streamlit or to a benchmark                 make app ARGS="--server.port 8600"
# PYTEST_FLAGS passed on to pytest                                      make test PYTEST_FLAGS="-k kl"    (-n 0: in one process)

PYTHON ?= python3
VENV ?= .venv
TORCH_INDEX ?=
ARGS ?=
PYTEST_FLAGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# A stamp is named after the content of its file, so that only a real change installs anything.
APP_READY := $(VENV)/installed-$(firstword $(shell cksum < requirements.txt))
DEV_READY := $(VENV)/installed-dev-$(firstword $(shell cat requirements.txt requirements-dev.txt | cksum))

.PHONY: app test test-cluster lint format bench bench-page bench-pad bench-decoders bench-sweep bench-chapters models pictures browser clean
.DEFAULT_GOAL := app

app: $(APP_READY)
	$(BIN)/streamlit run app.py $(ARGS)

test: lint browser
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_FLAGS)

test-cluster: $(DEV_READY)
	$(PIP) install -r requirements-cluster.txt
	$(BIN)/python -m pytest -q tests/cluster $(PYTEST_FLAGS)

lint: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy vae_core

format: $(DEV_READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(APP_READY)
	$(BIN)/python -m vae_core bench $(ARGS)

bench-page: $(DEV_READY) browser
	$(BIN)/python tests/browser/bench_page.py $(ARGS)

bench-pad: $(DEV_READY) browser
	$(BIN)/python tests/browser/bench_pad.py $(ARGS)

bench-decoders: $(DEV_READY) browser
	$(BIN)/python tests/browser/bench_decoders.py $(ARGS)

bench-sweep: $(DEV_READY) browser
	$(BIN)/python tests/browser/bench_sweep.py $(ARGS)

bench-chapters: $(DEV_READY) browser
	$(BIN)/python tests/browser/bench_chapters.py $(ARGS)

models: $(APP_READY)
	$(BIN)/python -m vae_core.training.shipped
	$(BIN)/python -m vae_core.sweeps.atlas

pictures: $(DEV_READY) browser
	$(BIN)/python docs/pictures.py

browser:
	@sh tests/install_browser.sh

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "VAE Lab needs Python 3.11 or newer: make app PYTHON=python3.11 (got: $$($(PYTHON) --version 2>&1))"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The first time this downloads a few hundred megabytes; after that it does nothing.
$(APP_READY): | $(BIN)/python
	$(if $(TORCH_INDEX),$(PIP) install --index-url $(TORCH_INDEX) $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements.txt))
	$(PIP) install -r requirements.txt
	@rm -f $(VENV)/installed-* && touch $@

$(DEV_READY): $(APP_READY)
	$(PIP) install -r requirements-dev.txt
	@rm -f $(VENV)/installed-dev-* && touch $@
