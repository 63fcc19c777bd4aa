# What CI does is a target here. `make test` needs cargo only; `make e2e` needs go, python3 and, for what `make tools` installs, apt.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

TOOLS := $(CURDIR)/.tools/bin
KUSTOMIZE_VERSION := v5.8.1
HELM_VERSION := v3.20.2
export PATH := $(TOOLS):$(PATH)

# The images: `make image REGISTRY=registry.example.com`. LOCAL=1 takes programs from this machine, without any registry.
VERSION := v$(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
REGISTRY ?= localhost
TAG ?= $(VERSION)
PROFILE ?= release
LOCAL ?=
ENGINE ?= $(shell command -v podman || command -v docker)

# What static linking needs: `--target` keeps the flags from procedural macros.
STATIC_TARGET = $(shell rustc -vV | sed -n 's/^host: //p')
TARGET_DIR = $(or $(CARGO_TARGET_DIR),target)
STATIC_BINARY = $(TARGET_DIR)/$(STATIC_TARGET)/$(patsubst dev,debug,$(PROFILE))/enforce-intents

.PHONY: build test e2e lint corpus fuzz fuzz-smoke deny bench mutants install install-pages tools go-tools apt-tools static image

build:
	cargo build --locked --release

test:
	cargo test --locked

# The program behind the real tools, as a program and as an image.
e2e: tools
	$(MAKE) image LOCAL=1 PROFILE=dev TAG=e2e
	cargo test --locked --features e2e --test e2e

lint:
	cargo fmt --all --check
	cargo clippy --locked --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --document-private-items

# The cases of a folder outside this repository, named by ENFORCE_INTENTS_CORPUS, besides our own. Prints the counts.
corpus:
	@test -d "$${ENFORCE_INTENTS_CORPUS:-}" || { echo "set ENFORCE_INTENTS_CORPUS to the folder of the corpus" >&2; exit 1; }
	cargo test --locked --test golden --test connectivity --test fidelity --test check -- --quiet

# Every fuzz target for FUZZ_SECONDS, from the inputs of all tests. The code has no `unsafe`, so no sanitizer slows it down.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= parse label_edit function_config intents function render reachability
fuzz:
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
	fuzz/seeds.sh
	if cargo +nightly --version >/dev/null 2>&1; then toolchain=+nightly; else toolchain=; export RUSTC_BOOTSTRAP=1; fi; \
	for target in $(FUZZ_TARGETS); do \
	  cargo $$toolchain fuzz run --sanitizer none $$target -- -max_total_time=$(FUZZ_SECONDS) -max_len=16384 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0; \
	done

# A short run of every target for CI: the inputs of this repository's tests, then mutants of them, as many as FUZZ_RUNS says and from a
# fixed random seed. The same code tries the same inputs, so running it again changes nothing; there is no limit of time.
FUZZ_RUNS ?= 500
fuzz-smoke:
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
	rm -rf fuzz/smoke
	env -u ENFORCE_INTENTS_CORPUS fuzz/seeds.sh fuzz/smoke
	if cargo +nightly --version >/dev/null 2>&1; then toolchain=+nightly; else toolchain=; export RUSTC_BOOTSTRAP=1; fi; \
	for target in $(FUZZ_TARGETS); do \
	  runs=$$(( $$(ls fuzz/smoke/$$target | wc -l) + $(FUZZ_RUNS) )); \
	  cargo $$toolchain fuzz run --sanitizer none --codegen-units 16 $$target fuzz/smoke/$$target -- -seed=1 -runs=$$runs -max_len=16384 \
	    -timeout=120 -rss_limit_mb=4096 -verbosity=0 \
	    || { echo "mend what $$target found, and keep the input in testdata/fuzz/$$target/" >&2; exit 1; }; \
	done

# Licences, duplicates and sources of the dependencies. `make deny DENY_CHECKS=advisories` needs the network.
DENY_CHECKS ?= licenses bans sources
deny:
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny
	cargo deny --all-features check $(DENY_CHECKS)

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

# The program into cargo's own folder; manual pages and completions below PREFIX, where shells and `man` look.
PREFIX ?= $(HOME)/.local
install:
	cargo install --locked --path .
	$(MAKE) install-pages

install-pages: PROGRAM ?= $(or $(CARGO_INSTALL_ROOT),$(CARGO_HOME),$(HOME)/.cargo)/bin/enforce-intents
install-pages:
	"$(PROGRAM)" man "$(PREFIX)/share/man/man1"
	mkdir -p "$(PREFIX)/share/bash-completion/completions" "$(PREFIX)/share/zsh/site-functions" "$(PREFIX)/share/fish/vendor_completions.d"
	"$(PROGRAM)" completions bash >"$(PREFIX)/share/bash-completion/completions/enforce-intents"
	"$(PROGRAM)" completions zsh >"$(PREFIX)/share/zsh/site-functions/_enforce-intents"
	"$(PROGRAM)" completions fish >"$(PREFIX)/share/fish/vendor_completions.d/enforce-intents.fish"

# The program without any library: runs on an empty root.
static:
	RUSTFLAGS='-C target-feature=+crt-static' cargo build --locked --profile $(PROFILE) --bin enforce-intents --target $(STATIC_TARGET)

# The function, and the sidecar for Argo CD. Nothing in them depends on when they are built.
image: $(if $(LOCAL),static go-tools)
	@test -n "$(ENGINE)" || { echo "neither podman nor docker is on PATH" >&2; exit 1; }
	contexts=(); \
	if [ -n "$(LOCAL)" ]; then \
	  folder="$$(mktemp -d)"; trap 'rm -rf "$$folder"' EXIT; \
	  mkdir "$$folder/build" "$$folder/tools"; \
	  install -m 755 "$(STATIC_BINARY)" "$$folder/build/enforce-intents"; \
	  install -m 755 $(TOOLS)/kustomize $(TOOLS)/helm "$$folder/tools"; \
	  contexts=(--network none --build-context "build=$$folder/build" --build-context "tools=$$folder/tools"); \
	fi; \
	case "$(ENGINE)" in \
	  *podman) build=("$(ENGINE)" build --layers=false --timestamp 0);; \
	  *) build=(env SOURCE_DATE_EPOCH=0 "$(ENGINE)" buildx build --load);; \
	esac; \
	for image in function:enforce-intents cmp:enforce-intents-cmp; do \
	  "$${build[@]}" "$${contexts[@]}" --target "$${image%%:*}" --tag "$(REGISTRY)/$${image#*:}:$(TAG)" \
	    --build-arg VERSION=$(VERSION) --build-arg KUSTOMIZE_VERSION=$(KUSTOMIZE_VERSION) --build-arg HELM_VERSION=$(HELM_VERSION) .; \
	done

# What the end-to-end tests run. A tool that cannot be installed fails here, with its name.
tools: go-tools apt-tools
	@python3 -c 'import yaml' 2>/dev/null || python3 -m pip install --quiet pyyaml
	@kubectl version --client >/dev/null || { echo "kubectl is missing: see kubernetes.io, or Google's package kubectl" >&2; exit 1; }
	@kpt version >/dev/null || { echo "kpt is missing: see kpt.dev, or Google's package google-cloud-cli-kpt" >&2; exit 1; }

# Linked statically, since the sidecar's image has them too. `go version -m` tells what a program was built from.
go-tools:
	@for tool in sigs.k8s.io/kustomize/kustomize/v5@$(KUSTOMIZE_VERSION) helm.sh/helm/v3/cmd/helm@$(HELM_VERSION); do \
	  name="$${tool%@*}"; name="$${name%/v5}"; name="$${name##*/}"; \
	  if ! go version -m "$(TOOLS)/$$name" 2>/dev/null | grep -q "[[:space:]]mod.*[[:space:]]$${tool#*@}[[:space:]]"; then \
	    echo "installing $$name $${tool#*@}"; \
	    CGO_ENABLED=0 GOBIN="$(TOOLS)" go install -trimpath -ldflags=-s "$$tool" || { echo "$$name cannot be installed with go" >&2; exit 1; }; \
	  fi; \
	done

# Debian's packages. The first run of apt-get can fail where the package lists are old.
APT_TOOLS := podman:podman buildah:buildah runc:runc conmon:conmon dot:graphviz chromium:chromium
apt-tools:
	@missing=(); \
	for tool in $(APT_TOOLS); do command -v "$${tool%%:*}" >/dev/null || missing+=("$${tool#*:}"); done; \
	if [ "$${#missing[@]}" -gt 0 ]; then \
	  echo "installing $${missing[*]}"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  for attempt in 1 2 3; do \
	    if apt-get update -qq && apt-get install -y -qq --no-install-recommends "$${missing[@]}"; then exit 0; fi; \
	  done; \
	  echo "cannot install with apt-get: $${missing[*]}" >&2; exit 1; \
	fi
