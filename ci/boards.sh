#!/usr/bin/env bash
# Builds the firmwares for real boards, and prints what they take of flash and RAM.
#
#   ci/boards.sh [BOARD]...       (no argument: all)
#
# They are compiled and linked, not run. RAM is what statics take; the rest is the stack's.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
firmware=$here/../firmware

target_of() {
    case $1 in
        pico-esp01 | pico-w5500 | pico-w | pico-w5500-embassy) echo thumbv6m-none-eabi ;;
        esp32c3) echo riscv32imc-unknown-none-elf ;;
        bluepill-esp01) echo thumbv7m-none-eabi ;;
        *)
            echo "boards: there is no board '$1'" >&2
            return 2
            ;;
    esac
}

if ! command -v arm-none-eabi-size >/dev/null; then
    echo "boards: arm-none-eabi-size isn't there: Debian's package binutils-arm-none-eabi" >&2
    exit 1
fi

[ $# -gt 0 ] || set -- pico-esp01 bluepill-esp01 pico-w5500 pico-w pico-w5500-embassy esp32c3
# The settings of the programs that are measured (benches), which use the same `core` then.
export CARGO_PROFILE_RELEASE_{DEBUG=1,PANIC=abort}
row='%-20s %-28s %8s %8s\n'
rows=
for board in "$@"; do
    target=$(target_of "$board")
    cd "$firmware/$board"
    "$here/build-target.sh" "$target" --release
    elf=${CARGO_TARGET_DIR:-target}/bare-metal/$target/release/$board
    # Initial values of statics lie in the flash and in RAM.
    size=arm-none-eabi-size
    if [ "$board" = esp32c3 ]; then
        size=size
    fi
    read -r text data bss _ < <("$size" "$elf" | tail -n 1)
    # shellcheck disable=SC2059
    rows+=$(printf "$row" "$board" "$target" $((text + data)) $((data + bss)))$'\n'
done
# shellcheck disable=SC2059
printf "$row" board target flash RAM
printf '%s' "$rows"
