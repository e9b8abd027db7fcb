PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
SYSTEM_PACKAGES := chromium opensta iverilog

.PHONY: app test test-all check format system data report clean

app: $(VENV)/.installed ## the dashboard, on loopback
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: $(VENV)/.installed-dev system ## everything but tests marked slow
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile --no-loadscope-reorder

test-all: $(VENV)/.installed-dev system ## everything
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.installed-dev ## style and types
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy

format: $(VENV)/.installed-dev
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix .

data: $(VENV)/.installed ## implement again, for real, the designs that ship (hours; resumes where it stopped)
	$(BIN)/python scripts/make_axiline_results.py

report: $(VENV)/.installed ## print the README's model figures
	$(BIN)/python scripts/model_report.py

$(VENV)/.installed: requirements.txt constraints.txt
	@echo "Setting up $(VENV), about 900 MB; a minute or two with a fast network"
	test -x $(BIN)/python || '$(PYTHON)' -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -r requirements.txt -c constraints.txt
	touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt constraints.txt
	test -x $(BIN)/python || '$(PYTHON)' -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	touch $@ $(VENV)/.installed

system: ## programs that only tests need; installed where that is allowed, else the tests that need them say so
	@missing=""; for program in chromium sta iverilog; do command -v $$program >/dev/null || missing="$$missing $$program"; done; \
	if [ -n "$$missing" ]; then \
	  as=""; [ "$$(id -u)" = 0 ] || as="sudo -n"; \
	  if command -v apt-get >/dev/null && $$as true 2>/dev/null; then \
	    $$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends $(SYSTEM_PACKAGES); \
	  else echo "not installed, and not allowed to install:$$missing (Debian packages: $(SYSTEM_PACKAGES))"; fi; \
	fi

clean: ## caches and the environment; results stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
