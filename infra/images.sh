#!/bin/bash
# Builds the three images from digests that it looks up now, and pushes them under one tag: infra/images.sh REGISTRY/PREFIX TAG
#   infra/images.sh 123456789012.dkr.ecr.eu-central-1.amazonaws.com/fantail 2026-11-24-1
# Needs docker with buildx. The digests used are printed; an SBOM of Debian's packages is attached to each image (--sbom), and
# infra/sbom.py lists the crates, too.
set -euo pipefail
cd "$(dirname "$0")/.."
registry=$1 tag=$2

digest() {
  docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$1"
}

args=()
for pair in BUILDER=docker.io/library/rust:1.95-bookworm NODE=docker.io/library/node:20-bookworm-slim BASE=docker.io/library/debian:bookworm-slim; do
  pinned="$pair@$(digest "${pair#*=}")"
  echo "$pinned"
  args+=(--build-arg "$pinned")
done
for service in upload-api transcoder thumbnailer; do
  docker buildx build --file infra/Dockerfile --target "$service" "${args[@]}" --sbom=true --provenance=true \
    --tag "$registry/$service:$tag" --push .
done
