#!/usr/bin/env bash
# Builds the firmwares with whichever toolchain is there (the same choice as the repository's gate),
# and prints the directory of their ELF files as its last line.
#
#   ./build.sh [cargo build argument]...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

../../ci/build-target.sh thumbv7m-none-eabi --release "$@" >&2
cd "${CARGO_TARGET_DIR:-target}/bare-metal/thumbv7m-none-eabi/release"
pwd
