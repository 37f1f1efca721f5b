# The commands of this project. Each does its own set-up; a second run finds it done.
# `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help setup build docs demo faults test check check-deploy tests bench bench-cold bench-cost bench-cutover bench-profile bench-signal bench-verify deny unused fuzz mutants package release clean

VENV := .local-cloud/venv/bin
CARGO := cargo
# Options for the demonstration, for example: make demo DEMO_ARGS="--keys 50000"
DEMO_ARGS ?=
# Who approves the demonstration's cutover: auto, or manual: you, on the page whose address it prints.
APPROVE ?= auto
FUNCTIONS := $(notdir $(wildcard functions/*))
# The processor that `make package` builds for: arm64 or x86_64.
ARCH ?= arm64
# Options for the fault matrix, for example: make faults FAULTS_ARGS="--only 3,13"
FAULTS_ARGS ?=

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install engines, Python environment and tools, where they are missing
	@bash tests/local-cloud/setup.sh

build: setup ## Build the functions and the local cloud
	@$(CARGO) build --workspace --bins --locked

demo: build ## Migrate a live Redis 7.0 into a Valkey 8.0 group on this machine
	@$(CARGO) run --quiet --locked --package demo -- --approve $(APPROVE) $(DEMO_ARGS)

docs: ## Write the pages that are made from the code
	UPDATE_DOCS=1 $(CARGO) nextest run --locked --package domain --test checks_page
	UPDATE_DOCS=1 $(CARGO) nextest run --locked --package scenarios --test docs

test: check check-deploy tests ## Run everything: format, lints, template, unit and scenario tests

check: setup ## Format, clippy and rustdoc with warnings as errors, template lint
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path tests/fuzz/Cargo.toml --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --quiet --workspace --no-deps --document-private-items --locked
	$(VENV)/cfn-lint template.yaml infra/*.yaml

check-deploy: setup ## Hold template, policies and state machine against SAM, cfn-lint, checkov, cdk-nag and their tests
	@bash tests/deploy/setup.sh checks
	@bash tests/deploy/check.sh

tests: build ## Unit and scenario tests
	$(CARGO) nextest run --workspace --locked --no-fail-fast

# Options for the bench, for example: make bench-cutover BENCH_ARGS="--cutovers 3"
BENCH_ARGS ?=
# All benches, each with a place of its own in docs/performance.md.
BENCHES := cold cost cutover profile signal verify

bench: ## All benches; they write their figures into docs/performance.md (hours: a release build, 30 days sped up)
	@$(MAKE) --keep-going --no-print-directory -j1 $(BENCHES:%=bench-%) BENCH_ARGS="--write docs/performance.md"

bench-cold: ## Cold starts, memory and zipped size of every function, against a hello-world (a release build first)
	$(CARGO) build --release --locked $(FUNCTIONS:%=--package %) --package bench-cold
	@target/release/bench-cold $(BENCH_ARGS)

bench-cost: build ## What migrations of an hour, a day and 30 days make AWS bill, with time sped up
	@$(CARGO) run --quiet --locked --package bench-cost -- $(BENCH_ARGS)

bench-cutover: build ## Ten cutovers under load: time without writes, lost writes
	@$(CARGO) run --quiet --locked --package bench-cutover -- $(BENCH_ARGS)

bench-profile: ## Release profiles side by side: size, cold, warm, build time (five release builds of the largest function)
	@$(CARGO) run --quiet --profile bench-light --locked --package bench-cold --bin bench-profile -- $(BENCH_ARGS)

bench-signal: ## How long a signal takes to find its own among a thousand executions that wait
	@$(CARGO) run --quiet --locked --package bench --bin bench-signal -- $(BENCH_ARGS)

bench-verify: setup ## Verification beside a plain loop, on a million keys (optimised, without link-time optimisation)
	@$(CARGO) run --quiet --profile bench-light --locked --package bench --bin bench-verify -- $(BENCH_ARGS)

faults: build ## Play the whole fault matrix on real engines and print it
	@RUST_BACKTRACE=0 $(CARGO) run --quiet --locked --package faults -- $(FAULTS_ARGS)

package: setup ## Build the functions for Lambda and print their zipped sizes (ARCH=x86_64 for the other processor)
	@bash tests/deploy/setup.sh package
	@bash tests/deploy/package.sh $(ARCH)

release: setup ## Zips for both processors, template in one piece, checksums and SBOM, in target/release-files
	@bash tests/deploy/setup.sh checks
	@bash tests/deploy/setup.sh package
	@bash tests/deploy/release.sh

deny: ## Licences, duplicates and sources of all dependencies; advisories too where their database can be fetched
	@bash tests/deploy/setup.sh dependencies
	$(CARGO) deny check licenses bans sources
	@$(CARGO) deny check advisories || echo "advisories: not checked, or found (see above)"

unused: ## Dependencies that a crate names and does not use
	@bash tests/deploy/setup.sh dependencies
	$(CARGO) machete

# For how long each target runs.
FUZZ_SECONDS ?= 60
fuzz: ## Fuzz what reads texts from outside, a minute each: INFO, events, SNS bodies, signed links, plans
	@bash tests/deploy/setup.sh fuzz
	@bash tests/fuzz/run.sh $(FUZZ_SECONDS)

# Parts of it, for example: make mutants MUTANTS="cutover progress"; all where none is named.
MUTANTS ?=
mutants: ## Mutation tests of the code that decides; what survives has to stand in docs/mutants.md (hours)
	@bash tests/deploy/setup.sh mutants
	@bash tests/mutants/run.sh $(MUTANTS)

clean: ## Remove what was built; keep the set-up
	$(CARGO) clean
