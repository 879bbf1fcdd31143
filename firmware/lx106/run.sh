#!/usr/bin/env bash
# Builds the firmware, runs it in QEMU through all of its tests, and prints a line for each thing that
# the chip reported.
#
#   firmware/lx106/run.sh [cargo test argument]...
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
if [ ${#missing[@]} -gt 0 ]; then
    echo "run.sh: these Debian packages are missing: ${missing[*]}" >&2
    echo "run.sh: to install them: ci/install-packages.sh targets emulators" >&2
    exit 1
fi

./build.sh >/dev/null
cd harness
# More than one thread, so that a test's lines aren't within cargo's own.
RUST_TEST_THREADS=${RUST_TEST_THREADS:-4} exec cargo test --locked -p lx106-harness --test '*' "$@"
