#!/usr/bin/env bash
# Installs what Debian doesn't have, from PyPI, into the target directory: esptool, which looks at images for the
# ESP8266. Prints the folder of its programs.
#
#   ci/tools.sh
#
# Without PyPI it says so, and the check that needs it is skipped with a word.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools
packages=(esptool==5.6.0)

if [ "$(cat "$tools/packages" 2>/dev/null || true)" != "${packages[*]}" ]; then
    rm -rf "$tools"
    if ! why=$(python3 -m venv "$tools" 2>&1 && "$tools/bin/pip" --disable-pip-version-check --quiet --timeout 20 \
        install "${packages[@]}" 2>&1); then
        rm -rf "$tools"
        echo "tools: SKIPPED esptool, which can't be installed: ${why##*$'\n'}" >&2
        exit 0
    fi
    echo "${packages[*]}" >"$tools/packages"
fi
echo "$tools/bin"
