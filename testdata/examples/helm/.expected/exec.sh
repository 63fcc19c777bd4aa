#!/usr/bin/env bash
# Prints the chart as Helm would send it to the cluster.
set -euo pipefail
helm template guestbook chart --namespace guestbook \
  --post-renderer enforce-intents --post-renderer-args render \
  --post-renderer-args --namespace --post-renderer-args guestbook >rendered.yaml
mv rendered.yaml manifests.yaml
