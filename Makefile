# The commands of this project. Each does its own set-up; a second run finds it done.
# `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help setup build docs demo faults test check lint tests clean

PYTHON := .local-cloud/venv/bin/python
CARGO := cargo
# Options for the demonstration, for example: make demo DEMO_ARGS="--keys 50000"
DEMO_ARGS ?=
# Options for the fault matrix, for example: make faults FAULTS_ARGS="--only 3,13"
FAULTS_ARGS ?=

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install engines, Python environment and tools, where they are missing
	@bash tests/local-cloud/setup.sh

build: setup ## Build the functions and the local cloud
	@$(CARGO) build --workspace --bins --locked

demo: build ## Migrate a live Redis 7.0 into a Valkey 8.0 group on this machine
	@$(CARGO) run --quiet --locked --package demo -- $(DEMO_ARGS)

docs: ## Write the pages that are made from the code
	UPDATE_DOCS=1 $(CARGO) nextest run --locked --package scenarios -E "binary(docs)"

test: check tests ## Run everything: format, lints, template, unit and scenario tests

check: setup ## Format, clippy with warnings as errors, template lint
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(PYTHON) -m cfnlint template.yaml

tests: build ## Unit and scenario tests
	$(CARGO) nextest run --workspace --locked --no-fail-fast

faults: build ## Play the whole fault matrix on real engines and print it
	@RUST_BACKTRACE=0 $(CARGO) run --quiet --locked --package faults -- $(FAULTS_ARGS)

clean: ## Remove what was built; keep the set-up
	$(CARGO) clean
