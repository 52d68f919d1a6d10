# The two commands of a newcomer: make demo, make test. `make` alone lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

ENV := .venv
BIN := $(ENV)/bin
STAMP := $(ENV)/.complete
SOURCES := controller plans field_io sim console
EXTRAS := sim,broker,data,cluster,dev
WORKERS ?= 2
PYTEST_ARGS ?=
# Faults that do not keep their limit yet, shown as missed in docs/reference/faults.md: they fail no run.
KNOWN_MISSES :=

.PHONY: help demo env coverage mutation fuzz kills test test-faults faults-page faults-long lint types format imports docs picture bench-speed bench-report bench-bands bench-load bench-memory constraints clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(STAMP) ## a town in SUMO under our control, on real MQTT and Modbus: its own plan against ours
	@$(BIN)/faikhiao demo

test: lint types imports ## everything that is checked: style, types, import arrows, all tests
	@$(BIN)/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)
	@echo "All good: every light that should be red is red."

lint: $(STAMP) ## style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "To mend it: make format" >&2; exit 1; }

types: $(STAMP) ## mypy, strict, sources and tests
	@$(BIN)/mypy

imports: $(STAMP) ## who may import whom
	@$(BIN)/lint-imports --no-logo

format: $(STAMP) ## put the format right, and what style can mend by itself
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

docs: $(STAMP) ## make the reference pages anew from the code's own tables
	@$(BIN)/python -m console.reference_pages docs/reference

picture: $(STAMP) ## make the README's picture anew, from the demo's run
	@$(BIN)/python -m console.readme_picture docs/images/demo.png

coverage: $(STAMP) ## branch coverage of the safety kernel by the tests that target it; fails below 100 %
	@$(BIN)/coverage run
	@$(BIN)/coverage report

mutation: $(STAMP) ## put faults into the safety kernel one by one (hours; goes on where it stopped), and write the results page
	@$(BIN)/mutmut run --max-children $(WORKERS)
	@$(BIN)/python -m tests.mutation docs/reference/mutation-results.md

fuzz: $(STAMP) ## a million inputs that nobody meant for each of parser, decoder, Modbus server and plan loader
	@$(BIN)/python -m tests.fuzzing --inputs $(or $(INPUTS),1000000)

kills: $(STAMP) ## kill -9 of the real controller at random instants: KILLS=40 SEED=1
	@$(BIN)/python -m sim.chaos.kills --kills $(or $(KILLS),40) --seed $(or $(SEED),1)

test-faults: $(STAMP) ## every fault of the list injected and measured, and two seeds of two hours of faults in a town
	@failed=; \
	$(BIN)/faikhiao faults --quiet $(addprefix --known ,$(KNOWN_MISSES)) || failed+=" faults"; \
	$(BIN)/python -m sim.chaos.kills --kills 40 --quiet || failed+=" kills"; \
	$(BIN)/python -m sim.faults --seeds 2 --hours 2 --journal --jobs $(WORKERS) || failed+=" town"; \
	if [ -n "$$failed" ]; then echo "test-faults: failed:$$failed (what and why stands above)" >&2; exit 1; fi

faults-page: $(STAMP) ## inject every fault and write its page anew
	@$(BIN)/faikhiao faults --page docs/reference/faults.md $(addprefix --known ,$(KNOWN_MISSES))

faults-long: $(STAMP) ## ten seeds of 24 hours of faults in a town of 20 junctions, and one with the planner
	@$(BIN)/python -m sim.faults --seeds 10 --hours 24 --planner-hours 24 --journal --jobs $(WORKERS) --page docs/reference/faults-long.md

bench-speed: $(STAMP) ## how many times faster than real time, and the step of 1,000 junctions
	@$(BIN)/python -m sim.bench_speed

bench-report: $(STAMP) ## how long a report of a week takes (made once, 1 GB, in WEEK or runs/week)
	@$(BIN)/python -m tests.journal_maker $(or $(WEEK),runs/week)

bench-bands: $(STAMP) ## how long the widest green bands through twenty signals take
	@$(BIN)/python -m sim.bench_bands

bench-load: $(STAMP) ## 500 cabinets and 500 messages a second for ten minutes, generator included; then with trouble, and 5,000
	@$(BIN)/python -m sim.bench_load
	@$(BIN)/python -m sim.bench_load --trouble --minutes 20
	@$(BIN)/python -m sim.bench_load --messages 5000 --minutes 3

bench-memory: $(STAMP) ## the same load for an hour and ten minutes: how much memory grows
	@$(BIN)/python -m sim.bench_load --minutes 70

env: $(STAMP) ## the environment in .venv, with the versions of constraints.txt

$(STAMP): pyproject.toml constraints.txt
	@python=$$(scripts/find_python.sh); \
	scripts/check_system.sh "$$python"; \
	echo "faikhiao: making the environment in $(ENV) with $$python (a few minutes, once)"; \
	rm -f $@; \
	"$$python" -m venv $(ENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

constraints: ## resolve the newest allowed versions anew into constraints.txt (then: make test)
	@python=$$(scripts/find_python.sh); fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	"$$python" -m venv "$$fresh"; \
	"$$fresh/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'; \
	{ sed '/^[^#]/,$$d' constraints.txt; \
	  "$$fresh/bin/python" -m pip freeze --exclude-editable --disable-pip-version-check; } > "$$fresh/constraints.txt"; \
	cp "$$fresh/constraints.txt" constraints.txt

clean: ## remove the environment, caches and what runs wrote
	@rm -rf $(ENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage* htmlcov mutants build dist out runs faikhiao-demo
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
