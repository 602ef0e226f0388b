# The README's two commands are `make demo` and `make test`. Each makes its own environment if there is none.

PYTHON     ?= python3
VENV       ?= .venv
BIN        := $(VENV)/bin
MAESTROKIT ?= $(BIN)/maestrokit
PIP        := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# What the demo works on: a recording, with its notes beside it; a performance to continue; performances (MIDI files, a
# folder, a MAESTRO root with options); and where its results go.
DEMO       ?= src/maestrokit/demo
RECORDING  ?= $(DEMO)/petzold-opening.ogg
PROMPT     ?= $(DEMO)/bach-prelude.mid
INPUT      ?= $(DEMO)
OUT        ?= demo
TRANSCRIBED := $(OUT)/0-transcribed/$(basename $(notdir $(RECORDING)))
# Where man finds the pages of an editable install, which brings none; links, so that they are never old.
PAGES      := $(VENV)/share/man

.PHONY: demo demo-commands test lint man docs benchmarks clean

demo: $(VENV)/.installed $(PAGES)/man1/maestrokit.1
	@$(MAKE) --no-print-directory demo-commands
	@echo "the manual: man -M $(PAGES) maestrokit-transcribe (after '. $(BIN)/activate' without -M)"

demo-commands:
	mkdir -p $(OUT)/0-transcribed && cp $(RECORDING) $(OUT)/0-transcribed
	$(MAESTROKIT) transcribe $(RECORDING) --tempo track -o $(TRANSCRIBED).mid --plot $(OUT)/transcript.png
	$(MAESTROKIT) evaluate $(TRANSCRIBED).mid --reference $(basename $(RECORDING)).tsv -o $(OUT)/scores.tsv
	awk -F '\t' '$$1 == "*" && $$2 ~ /^onset_[prf]/ {print $$2, $$3}' $(OUT)/scores.tsv
	$(MAESTROKIT) melspec $(RECORDING) -o $(OUT)/spectrum.png
	$(MAESTROKIT) features $(OUT)/0-transcribed -o $(OUT)/recording.jsonl
	$(MAESTROKIT) quantize $(TRANSCRIBED).mid --grid 1/16 | $(MAESTROKIT) transpose - --to C -o $(OUT)/in-c.mid
	$(MAESTROKIT) generate $(PROMPT) --prompt-seconds 8 --duration 20s --seed 1 --temperature 0.9 --top-p 0.95 -o $(OUT)/new.mid
	$(MAESTROKIT) render $(OUT)/new.mid -o $(OUT)/new.flac
	$(MAESTROKIT) features $(OUT)/new.mid --plot $(OUT)/new.png -o $(OUT)/new.jsonl
	$(MAESTROKIT) quantize $(INPUT) --step 50ms --normalize-velocity 1,110 -d $(OUT)/1-quantized
	$(MAESTROKIT) transpose $(OUT)/1-quantized --to C --out-of-range fold -d $(OUT)/2-in-c
	$(MAESTROKIT) features $(OUT)/2-in-c -o $(OUT)/features.jsonl
	$(MAESTROKIT) evaluate $(OUT)/2-in-c --reference $(INPUT) --sets --no-per-file --format table
	piece=$$(cd $(OUT)/2-in-c && find . -type f | sort | tail -n 1 | cut -c 3-) && \
	$(MAESTROKIT) features $(firstword $(INPUT))/$$piece $(OUT)/2-in-c/$$piece --plot $(OUT)/roll.png -o $(OUT)/roll.jsonl
	@echo "a recording: its notes $(OUT)/transcript.png, its spectrum $(OUT)/spectrum.png"
	@echo "new music: $(OUT)/new.flac to listen to, $(OUT)/new.png to look at"
	@echo "a performance before and after: $(OUT)/roll.png"

test: lint
	$(BIN)/python -m pytest -n 2 -q

lint: $(VENV)/.installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python tools/api_page.py --check

man: $(VENV)/.installed
	$(BIN)/python -m maestrokit.cli.man.pages man

docs: man
	$(BIN)/python tools/api_page.py

benchmarks: $(VENV)/.installed-test
	$(BIN)/python tools/run_benchmarks.py

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("maestrokit needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(PAGES)/man1/maestrokit.1: | $(VENV)/bin/python
	mkdir -p $(PAGES)/man1 $(PAGES)/man5
	ln -sf $(CURDIR)/man/*.1 $(PAGES)/man1
	ln -sf $(CURDIR)/man/*.5 $(PAGES)/man5

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) --editable '.[plot]'
	touch $@

$(VENV)/.installed-test: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) --editable '.[test]'
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) $(OUT) build dist src/*.egg-info
