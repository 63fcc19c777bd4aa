#!/usr/bin/env bash
# Fills fuzz/corpus/<target>/, or <folder>/<target>/ for another folder, with every test input, named by content. Nothing there is
# committed.
set -euo pipefail
cd "$(dirname "$0")/.."
corpus="${1:-fuzz/corpus}"

seed() { # target, files on stdin
  mkdir -p "$corpus/$1"
  while IFS= read -r file; do
    if [ "$(wc -c <"$file")" -le 65536 ]; then
      cp -f "$file" "$corpus/$1/$(sha1sum "$file" | cut -c1-16)"
    fi
  done
}

# The corpora outside the repository count, too, where they are.
folders=(testdata fn-config)
if [ -d "${ENFORCE_INTENTS_CORPUS:-}" ]; then folders+=("$ENFORCE_INTENTS_CORPUS"); fi
all="$(find "${folders[@]}" -type f \( -name '*.yaml' -o -name '*.yml' -o -name '*.json' \) | sort)"

for target in parse label_edit function render intents; do
  seed "$target" <<<"$all"
done
grep -l 'EnforceIntents' $all | seed function_config
# Random bundles grow from any bytes.
seed reachability <<<"$all"
# What was found once is tried first.
for folder in testdata/fuzz/*/; do
  if [ -d "$folder" ]; then find "$folder" -type f | seed "$(basename "$folder")"; fi
done
