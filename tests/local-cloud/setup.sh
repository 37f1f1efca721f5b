#!/usr/bin/env bash
# Installs what the local cloud runs on, where it is missing: both engines, a Python environment for moto, Chromium
# with what drives it, and cargo-nextest. Made for Debian 12 with Rust and Python 3.11. A second run looks and does nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly HOME_OF_TOOLS=.local-cloud
readonly NEXTEST_VERSION=0.9.143
mkdir -p "$HOME_OF_TOOLS"

say() { printf 'set-up: %s\n' "$*"; }

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Packages whose services must not start: an engine on port 6379 of this machine is nobody's wish.
apt_install() {
    local policy=/usr/sbin/policy-rc.d made_policy=no
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        made_policy=yes
    fi
    local status=0
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >/dev/null || status=$?
    if [ "$made_policy" = yes ]; then as_root rm -f "$policy"; fi
    return "$status"
}

# The archive this machine installs Debian from: backports lie beside the release.
debian_archive() {
    apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Created-By: Packages' 'Component: main' | head -n 1
}

install_engines() {
    local missing=()
    command -v redis-server >/dev/null || missing+=(redis-server)
    command -v cc >/dev/null || missing+=(build-essential)
    command -v setpriv >/dev/null || missing+=(util-linux)
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    if [ "${#missing[@]}" -gt 0 ] || ! command -v valkey-server >/dev/null; then
        say "apt: updating the lists"
        as_root apt-get update >/dev/null
    fi
    if [ "${#missing[@]}" -gt 0 ]; then
        say "apt: installing ${missing[*]}"
        apt_install "${missing[@]}"
    fi
    if ! command -v valkey-server >/dev/null; then
        if ! apt-cache policy valkey-server | grep -q 'Candidate: [0-9]'; then
            say "apt: adding bookworm-backports"
            printf 'Types: deb\nURIs: %s\nSuites: bookworm-backports\nComponents: main\nSigned-By: %s\n' \
                "$(debian_archive)" /usr/share/keyrings/debian-archive-keyring.gpg |
                as_root tee /etc/apt/sources.list.d/bookworm-backports.sources >/dev/null
            as_root apt-get update >/dev/null
        fi
        say "apt: installing valkey-server"
        apt_install -t bookworm-backports valkey-server
    fi
}

install_python() {
    local wanted=tests/local-cloud/requirements.txt venv="$HOME_OF_TOOLS/venv"
    if [ -x "$venv/bin/python" ] && cmp -s "$wanted" "$venv/installed.txt"; then return; fi
    say "Python environment: installing (about a minute)"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$venv/installed.txt"
}

# Chromium and what drives it, for the page: tests/browser.
install_browser() {
    local wanted=tests/browser/package-lock.json folder="$HOME_OF_TOOLS/browser" missing=()
    command -v chromium >/dev/null || missing+=(chromium)
    command -v npm >/dev/null || missing+=(nodejs npm)
    if [ "${#missing[@]}" -gt 0 ]; then
        say "apt: installing ${missing[*]}"
        as_root apt-get update >/dev/null
        apt_install "${missing[@]}"
    fi
    if [ -d "$folder/node_modules" ] && cmp -s "$wanted" "$folder/installed.json"; then return; fi
    say "playwright-core and axe-core: installing"
    mkdir -p "$folder"
    cp tests/browser/package.json "$wanted" "$folder/"
    (cd "$folder" && npm ci --ignore-scripts --no-fund --no-audit --silent)
    cp "$wanted" "$folder/installed.json"
}

install_nextest() {
    if cargo nextest --version >/dev/null 2>&1; then return; fi
    say "cargo-nextest: building it (a few minutes, once)"
    cargo install cargo-nextest --locked --quiet --version "$NEXTEST_VERSION"
}

install_engines
install_python
install_browser
install_nextest
