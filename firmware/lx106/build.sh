#!/usr/bin/env bash
# Builds the firmware for the ESP8266's core, and prints the path of the ELF file.
#
#   firmware/lx106/build.sh
#
# LLVM's own objects for this core don't link (`l32r: misaligned literal target`): the whole program
# goes through one assembler file, and binutils assemble and link it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

need() {
    command -v "$1" >/dev/null || {
        echo "build.sh: $1 is missing: apt-get install --no-install-recommends $2" >&2
        exit 1
    }
}
need xtensa-lx106-elf-gcc gcc-xtensa-lx106
need xtensa-lx106-elf-as binutils-xtensa-lx106

out=$(realpath -m "${CARGO_TARGET_DIR:-target}")/lx106
mkdir -p "$out"

../../ci/build-target.sh esp8266 --release --lib -- --emit="asm=$out/rust.s" >&2

# Without --text-section-literals: LLVM names a function's literals while still in the section before,
# which may be a jump table's. In sections of their own, the linker script collects them all.
../../ci/assemble-lx106.py "$out/rust.s" "$out/rust.o"
gcc=(xtensa-lx106-elf-gcc -mlongcalls)
# This one says where its literals are: the vectors have to reach them.
"${gcc[@]}" -mtext-section-literals -c -o "$out/start.o" machine/start.S
# Without the flag the compiler makes a call of memcpy out of memcpy's own loop.
"${gcc[@]}" -O2 -ffreestanding -fno-tree-loop-distribute-patterns -ffunction-sections -Wall -Werror \
    -c -o "$out/runtime.o" machine/runtime.c
"${gcc[@]}" -nostdlib -nostartfiles -Wl,--gc-sections -Wl,--no-warn-rwx-segments -Wl,-z,noexecstack \
    -T machine/lx.ld \
    -o "$out/firmware.elf" "$out/start.o" "$out/rust.o" "$out/runtime.o" -lgcc
echo "$out/firmware.elf"
