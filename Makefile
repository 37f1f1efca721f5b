# The commands of this project. Each does its own set-up; a second run finds it done.
# `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help setup build demo test check lint tests bench-cutover clean

PYTHON := .local-cloud/venv/bin/python
CARGO := cargo
# Options for the demonstration, for example: make demo DEMO_ARGS="--keys 50000"
DEMO_ARGS ?=

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install engines, Python environment and tools, where they are missing
	@bash tests/local-cloud/setup.sh

build: setup ## Build the functions and the local cloud
	@$(CARGO) build --workspace --bins --locked

demo: build ## Migrate a live Redis 7.0 into a Valkey 8.0 group on this machine
	@$(CARGO) run --quiet --locked --package demo -- $(DEMO_ARGS)

test: check tests ## Run everything: format, lints, template, unit and scenario tests

check: setup ## Format, clippy with warnings as errors, template lint
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(PYTHON) -m cfnlint template.yaml

tests: build ## Unit and scenario tests
	$(CARGO) nextest run --workspace --locked --no-fail-fast

# Options for the bench, for example: make bench-cutover BENCH_ARGS="--cutovers 3"
BENCH_ARGS ?=

bench-cutover: build ## Ten cutovers under load: time without writes, lost writes
	@$(CARGO) run --quiet --locked --package bench-cutover -- $(BENCH_ARGS)

clean: ## Remove what was built; keep the set-up
	$(CARGO) clean
