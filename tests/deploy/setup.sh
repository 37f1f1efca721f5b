#!/usr/bin/env bash
# Installs what checks the template (`checks`) or packages the functions (`package`), where it is missing: environments
# of their own under .local-cloud, because their pins differ from moto's. Node.js is taken as it is, or from
# Debian's packages.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly HOME_OF_TOOLS=.local-cloud HERE=tests/deploy

say() { printf 'set-up: %s\n' "$*"; }

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# A Python environment with exactly what a file pins.
python_environment() {
    local name=$1 wanted=$2 venv="$HOME_OF_TOOLS/$1"
    if [ -x "$venv/bin/python" ] && cmp -s "$wanted" "$venv/installed.txt"; then return; fi
    say "Python environment $name: installing (about a minute)"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$venv/installed.txt"
}

node_modules() {
    local folder="$HOME_OF_TOOLS/node"
    if [ -d "$folder/node_modules" ] && cmp -s "$HERE/package-lock.json" "$folder/package-lock.json"; then return; fi
    if ! command -v npm >/dev/null; then
        say "apt: installing nodejs and npm"
        as_root apt-get update >/dev/null
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nodejs npm >/dev/null
    fi
    say "cdk-nag and asl-validator: installing"
    mkdir -p "$folder"
    cp "$HERE/package.json" "$folder/package.json"
    cp "$HERE/package-lock.json" "$folder/package-lock.new"
    mv "$folder/package-lock.new" "$folder/package-lock.json"
    (cd "$folder" && npm ci --ignore-scripts --no-fund --no-audit --silent) || { rm -f "$folder/package-lock.json"; exit 1; }
}

# A cargo command of a pinned version, built where it is missing.
cargo_command() {
    local name=$1 version=$2
    if cargo "${name#cargo-}" --version 2>/dev/null | grep -q "$version"; then return; fi
    say "$name: building it (minutes, once)"
    cargo install "$name" --locked --quiet --version "$version"
}

case "${1:-}" in
    checks)
        python_environment sam "$HERE/requirements-sam.txt"
        python_environment checkov "$HERE/requirements-checkov.txt"
        node_modules
        ;;
    package) python_environment package "$HERE/requirements-package.txt" ;;
    dependencies)
        cargo_command cargo-deny 0.20.2
        cargo_command cargo-machete 0.9.2
        ;;
    mutants) cargo_command cargo-mutants 27.1.0 ;;
    fuzz) cargo_command cargo-fuzz 0.13.2 ;;
    *) say "usage: $0 checks | package | dependencies | mutants | fuzz"; exit 2 ;;
esac
