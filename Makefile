# What CI does is a target here. `make test` needs cargo only; `make e2e` needs go (it installs kustomize into .tools/) and kpt.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

TOOLS := $(CURDIR)/.tools/bin
KUSTOMIZE_VERSION := v5.8.1
export PATH := $(TOOLS):$(PATH)

.PHONY: build test e2e lint corpus bench mutants install tools

build:
	cargo build --locked --release

test:
	cargo test --locked

# The program behind the real kustomize and kpt.
e2e: tools
	cargo test --locked --features e2e --test e2e

lint:
	cargo fmt --all --check
	cargo clippy --locked --all-targets --all-features -- -D warnings

# The cases of a folder outside this repository, named by ENFORCE_INTENTS_CORPUS, besides our own. Prints the counts.
corpus:
	@test -d "$${ENFORCE_INTENTS_CORPUS:-}" || { echo "set ENFORCE_INTENTS_CORPUS to the folder of the corpus" >&2; exit 1; }
	cargo test --locked --test golden --test connectivity --test fidelity -- --quiet

# Times and memory on generated bundles, and how they grow: benches/README.md.
bench:
	cargo bench --locked --bench speed
	cargo bench --locked --bench reachability

# Mutants of small texts, which both ways to read YAML must agree on; `make test` runs 100,000 of them. FIRST is the number of the
# first one.
SECONDS_OF_MUTANTS ?= 600
FIRST ?= 1000000
mutants:
	cargo bench --locked --bench lane_mutants -- $(SECONDS_OF_MUTANTS) $(FIRST) testdata fn-config

install:
	cargo install --locked --path .

tools:
	@if [ "$$(kustomize version 2>&1)" != "$(KUSTOMIZE_VERSION)" ]; then \
	  echo "installing kustomize $(KUSTOMIZE_VERSION)"; \
	  GOBIN="$(TOOLS)" go install sigs.k8s.io/kustomize/kustomize/v5@$(KUSTOMIZE_VERSION); \
	fi
	@kpt version >/dev/null || { echo "kpt is missing: see kpt.dev, or Google's package google-cloud-cli-kpt" >&2; exit 1; }
