#!/usr/bin/env bash
# Builds the firmwares with whichever toolchain is there (the same choice as the repository's gate),
# and prints the directory of their ELF files as its last line.
#
#   ./build.sh [cargo build argument]...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# A rustup toolchain has a linker of its own; Debian's compiler hasn't.
if command -v arm-none-eabi-ld >/dev/null; then
    export CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER=arm-none-eabi-ld
fi
../../ci/build-target.sh thumbv7m-none-eabi --release "$@" >&2
cd "${CARGO_TARGET_DIR:-target}/bare-metal/thumbv7m-none-eabi/release"
pwd
