#!/usr/bin/env bash
# Gathers what a release holds, so that nobody needs a Rust toolchain to install it: zips for both processors, the
# template in one piece for each, the state machine, an SBOM and checksums.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly OUT=target/release-files
rm -rf "$OUT"
mkdir -p "$OUT/statemachine"
for arch in arm64 x86_64; do
    bash tests/deploy/package.sh "$arch"
    mkdir -p "$OUT/$arch"
    cp "target/lambda/$arch"/*.zip "$OUT/$arch/"
done
cp statemachine/*.asl.json "$OUT/statemachine/"
# README and alarms point to docs/.
cp LICENSE README.md CHANGELOG.md SECURITY.md "$OUT/"
cp -R docs "$OUT/"
.local-cloud/sam/bin/python tests/deploy/release.py "$OUT"
(cd "$OUT" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
printf '\n%s\n' "$OUT"
(cd "$OUT" && find . -type f | sort)
