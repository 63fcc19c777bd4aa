# Two images: the KRM function (the default), and the sidecar of Argo CD with kustomize and Helm (`--target cmp`).
#
#   make image            builds both here
#   make image LOCAL=1    takes the programs from this machine instead of the build stages, and needs no registry

ARG RUST_VERSION=1.95.0
ARG GO_VERSION=1.26

# The program, linked statically: it runs on an empty root.
FROM docker.io/library/rust:${RUST_VERSION}-bookworm AS build
WORKDIR /source
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY benches benches
COPY tests tests
RUN target="$(rustc -vV | sed -n 's/^host: //p')" \
 && RUSTFLAGS='-C target-feature=+crt-static' cargo build --release --locked --bin enforce-intents --target "$target" \
 && cp "target/$target/release/enforce-intents" /enforce-intents

# The tools that the sidecar runs, linked statically too.
FROM docker.io/library/golang:${GO_VERSION}-bookworm AS tools
ARG KUSTOMIZE_VERSION
ARG HELM_VERSION
RUN CGO_ENABLED=0 GOBIN=/ go install -trimpath -ldflags=-s "sigs.k8s.io/kustomize/kustomize/v5@${KUSTOMIZE_VERSION}" \
 && CGO_ENABLED=0 GOBIN=/ go install -trimpath -ldflags=-s "helm.sh/helm/v3/cmd/helm@${HELM_VERSION}"

FROM scratch AS cmp
ARG VERSION
LABEL org.opencontainers.image.title="enforce-intents-cmp" \
      org.opencontainers.image.description="Argo CD plugin sidecar: ClientIntents to NetworkPolicies, with kustomize and Helm" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY image/etc /etc
COPY --from=tools /kustomize /helm /usr/local/bin/
COPY --from=build /enforce-intents /usr/local/bin/enforce-intents
# One folder per plugin, each with its plugin.yaml; the first is where argocd-cmp-server looks unless --config-dir-path says other.
COPY fn-config/argocd/plugins/kustomize /home/argocd/cmp-server/config
COPY fn-config/argocd/plugins /plugins
# Helm keeps its caches below HOME; everything but /tmp is read-only in the sidecar.
ENV PATH=/usr/local/bin HOME=/tmp
# The user that Argo CD's own containers have.
USER 999:999

FROM scratch AS function
ARG VERSION
LABEL org.opencontainers.image.title="enforce-intents" \
      org.opencontainers.image.description="KRM function: ClientIntents to labelled workloads and NetworkPolicies" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
# kpt and kustomize start containers with `--user nobody`, by name.
COPY image/etc /etc
COPY --from=build /enforce-intents /usr/local/bin/enforce-intents
USER 65534:65534
ENTRYPOINT ["/usr/local/bin/enforce-intents"]
