#!/usr/bin/env bash
# Builds every function as Lambda takes it and holds each zip against the limit.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly ARCH=${1:-arm64} LIMIT=3000000 TOOLS=.local-cloud/package/bin
case "$ARCH" in
    arm64) flag=--arm64 ;;
    x86_64) flag=--x86-64 ;;
    *) echo "ARCH is arm64 or x86_64, not $ARCH"; exit 2 ;;
esac

readonly OUT="target/lambda/$ARCH"
# A function that is no more must not be packaged for ever.
rm -rf "$OUT"
packages=()
for manifest in functions/*/Cargo.toml; do packages+=(--package "$(basename "$(dirname "$manifest")")"); done

PATH="$PWD/$TOOLS:$PATH" cargo lambda build --release --locked "$flag" --output-format zip --lambda-dir "$OUT" "${packages[@]}"

status=0
printf '\n%-12s %12s\n' "$ARCH" 'zipped, bytes'
for folder in "$OUT"/*/; do
    name=$(basename "$folder")
    mv "$folder/bootstrap.zip" "$OUT/$name.zip"
    rmdir "$folder"
    size=$(stat --format %s "$OUT/$name.zip")
    note=
    if [ "$size" -gt "$LIMIT" ]; then note=" more than $LIMIT" status=1; fi
    printf '%-12s %12d%s\n' "$name" "$size" "$note"
done
exit "$status"
