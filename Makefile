# The README's two commands are `make demo` and `make test`. Each makes its own environment if there is none.

PYTHON     ?= python3
VENV       ?= .venv
BIN        := $(VENV)/bin
MAESTROKIT ?= $(BIN)/maestrokit
PIP        := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# What the demo works on: a recording, with its notes beside it; performances (MIDI files, a folder, a MAESTRO root with
# options); and where its results go.
DEMO       ?= src/maestrokit/demo
RECORDING  ?= $(DEMO)/petzold-opening.ogg
INPUT      ?= $(DEMO)
OUT        ?= demo
HEARD      := $(OUT)/0-heard/$(basename $(notdir $(RECORDING)))

.PHONY: demo demo-commands test lint man clean

demo: $(VENV)/.installed
	@$(MAKE) --no-print-directory demo-commands

demo-commands:
	mkdir -p $(OUT)/0-heard && cp $(RECORDING) $(OUT)/0-heard
	$(MAESTROKIT) transcribe $(RECORDING) --tempo track -o $(HEARD).mid --plot $(OUT)/heard.png
	$(MAESTROKIT) evaluate $(HEARD).mid --reference $(basename $(RECORDING)).tsv --format table
	$(MAESTROKIT) features $(OUT)/0-heard -o $(OUT)/heard.jsonl
	$(MAESTROKIT) quantize $(HEARD).mid --grid 1/16 | $(MAESTROKIT) transpose - --to C -o $(OUT)/heard-in-c.mid
	$(MAESTROKIT) quantize $(INPUT) --step 50ms --normalize-velocity corpus -d $(OUT)/1-quantized
	$(MAESTROKIT) transpose $(OUT)/1-quantized --to C --out-of-range fold -d $(OUT)/2-in-c
	$(MAESTROKIT) features $(OUT)/2-in-c -o $(OUT)/features.jsonl
	$(MAESTROKIT) evaluate $(OUT)/2-in-c --reference $(INPUT) --sets --no-per-file --format table
	piece=$$(cd $(OUT)/2-in-c && find . -type f | sort | tail -n 1 | cut -c 3-) && \
	$(MAESTROKIT) features $(firstword $(INPUT))/$$piece $(OUT)/2-in-c/$$piece --plot $(OUT)/roll.png -o $(OUT)/drawn.jsonl
	@echo "what was heard in a recording: $(OUT)/heard.png; a performance before and after: $(OUT)/roll.png"

test: lint
	$(BIN)/python -m pytest -n 2 -q

lint: $(VENV)/.installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

man: $(VENV)/.installed
	$(BIN)/python -m maestrokit.cli.manpages man

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("maestrokit needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) --editable '.[plot]'
	touch $@

$(VENV)/.installed-test: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) --editable '.[test]'
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) $(OUT) build dist src/*.egg-info
