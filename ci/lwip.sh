#!/usr/bin/env bash
# Runs the client over the real lwIP, whose source it fetches: as it is, and under the address and undefined
# behaviour sanitizers, C and Rust together.
#
#   ci/lwip.sh [cargo test argument]...
#
# HTTP_CORPUS names a folder of responses with known outcomes; without it, that test says so. LWIP_SOURCE names a
# folder of lwIP's source, of 2.x or 1.4.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${LWIP_SOURCE:-}" ] && ! LWIP_SOURCE=$(ci/lwip-source.sh); then
    echo "lwip: SKIPPED: lwIP's source isn't to be had"
    exit 0
fi
export LWIP_SOURCE
tests=(--test '*')
if [ -e "$LWIP_SOURCE/src/core/timers.c" ]; then
    echo "lwip: SKIPPED: the emulated core, which is built over lwIP 2 alone"
    tests=(--test '[!c]*' --test c_abi --test corpus)
fi
run() {
    # The lines of one test aren't within those of another, as lwIP is one at a time anyway.
    (cd conformance/lwip && cargo test --quiet "${tests[@]}" "$@" -- --nocapture --test-threads=1)
}
run "$@"

# gcc's, in lwIP, its C side and the harness (conformance/lwip/build.rs); the rest is compiled once for both.
host=$(rustc -vV | sed -n 's/^host: //p')
echo "lwip: the same under AddressSanitizer and UndefinedBehaviorSanitizer"
export LWIP_SANITIZED=1
# It has to be the first library of the program, and rustc puts it last.
variable=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$host")_RUNNER
export "$variable=env LD_PRELOAD=$(gcc -print-file-name=libasan.so)"
# What the last test leaves is lwIP's.
export ASAN_OPTIONS=detect_leaks=0
run "$@"
