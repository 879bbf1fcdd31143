#!/usr/bin/env bash
# Builds the firmwares and runs them in QEMU, as the tests of `harness`.
#
#   ./run.sh [cargo test argument]...      such as: ./run.sh -- --nocapture the_gate_opens
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

missing=0
need() {
    command -v "$1" >/dev/null && return
    echo "run.sh: $1 isn't there: $2" >&2
    missing=1
}
need cargo "https://rustup.rs, or Debian's package cargo-web"
need qemu-system-arm "Debian's package qemu-system-arm"
# (A toolchain that has the target brings a linker.)
if ! rustc --print target-libdir --target thumbv7m-none-eabi 2>/dev/null | xargs -r ls >/dev/null 2>&1; then
    need arm-none-eabi-ld "Debian's package binutils-arm-none-eabi, or: rustup target add thumbv7m-none-eabi"
fi
[ $missing -eq 0 ] || exit 1

cd harness
exec cargo test --locked -p cortex-m3-harness --test '*' "$@"
