#!/usr/bin/env bash
# Builds the firmware, runs it in QEMU through all of its tests, and prints a line for each thing that
# the chip reported.
#
#   examples/firmware/lx106/run.sh [cargo test argument]...
#
# HTTP_CORPUS names a folder of responses with known outcomes; without it, that test says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# Before anything is built: what is missing, and where it comes from.
missing=()
need() {
    command -v "$1" >/dev/null || missing+=("$2")
}
need qemu-system-xtensa qemu-system-misc
need xtensa-lx106-elf-gcc gcc-xtensa-lx106
need xtensa-lx106-elf-as binutils-xtensa-lx106
need cargo "cargo (rustup.rs)"
if [ ${#missing[@]} -gt 0 ]; then
    echo "run.sh: missing: ${missing[*]}" >&2
    echo "run.sh: on Debian: apt-get install --no-install-recommends, or ci/install-packages.sh targets emulators" >&2
    exit 1
fi

./build.sh >/dev/null
cd harness
exec cargo test --locked --quiet "$@"
