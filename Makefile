# What CI does is a target here. `make test` needs cargo only; `make e2e` needs go (it installs kustomize into .tools/), python3 and kpt.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

TOOLS := $(CURDIR)/.tools/bin
KUSTOMIZE_VERSION := v5.8.1
export PATH := $(TOOLS):$(PATH)

.PHONY: build test e2e lint corpus fuzz deny bench install tools

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

# Every fuzz target for FUZZ_SECONDS, from the inputs of all tests. The code has no `unsafe`, so no sanitizer slows it down.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= parse label_edit function_config intents function render reachability
fuzz:
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
	fuzz/seeds.sh
	for target in $(FUZZ_TARGETS); do \
	  cargo +nightly fuzz run --sanitizer none $$target -- -max_total_time=$(FUZZ_SECONDS) -max_len=16384 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0; \
	done

# Licences, duplicates and sources of the dependencies. `make deny DENY_CHECKS=advisories` needs the network.
DENY_CHECKS ?= licenses bans sources
deny:
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny
	cargo deny --all-features check $(DENY_CHECKS)

# Times on generated bundles, and how they grow: benches/README.md.
bench:
	cargo bench --locked --bench reachability

install:
	cargo install --locked --path .

tools:
	@if [ "$$(kustomize version 2>&1)" != "$(KUSTOMIZE_VERSION)" ]; then \
	  echo "installing kustomize $(KUSTOMIZE_VERSION)"; \
	  GOBIN="$(TOOLS)" go install sigs.k8s.io/kustomize/kustomize/v5@$(KUSTOMIZE_VERSION); \
	fi
	@python3 -c 'import yaml' 2>/dev/null || python3 -m pip install --quiet pyyaml
	@kpt version >/dev/null || { echo "kpt is missing: see kpt.dev, or Google's package google-cloud-cli-kpt" >&2; exit 1; }
