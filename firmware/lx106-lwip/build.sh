#!/usr/bin/env bash
# Builds the firmware over lwIP for the ESP8266's core, and prints the path of the ELF file.
#
#   firmware/lx106-lwip/build.sh
#
# LWIP_SOURCE names the folder of lwIP's source; otherwise ci/lwip-source.sh fetches it.
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

out=$(realpath -m "${CARGO_TARGET_DIR:-target}")/lx106-lwip
mkdir -p "$out"
lwip=${LWIP_SOURCE:-$(../../ci/lwip-source.sh)}/src

../../ci/build-target.sh esp8266 --release --lib -- --emit="asm=$out/rust.s" >&2
../../ci/assemble-lx106.py "$out/rust.s" "$out/rust.o"

machine=../lx106/machine
harness=../../conformance/lwip/csrc
shim=../../crates/lwip/csrc
gcc=(xtensa-lx106-elf-gcc -mlongcalls -ffreestanding -ffunction-sections -fdata-sections)
"${gcc[@]}" -mtext-section-literals -c -o "$out/start.o" $machine/start.S
"${gcc[@]}" -O2 -fno-tree-loop-distribute-patterns -Wall -Werror -c -o "$out/runtime.o" $machine/runtime.c
"${gcc[@]}" -O2 -fno-tree-loop-distribute-patterns -Wall -Werror -Icsrc/include -c -o "$out/strings.o" csrc/strings.c

includes=(-Icsrc/include -I$harness -I"$lwip/include" -I$shim)
objects=()
for source in "$lwip"/core/{def,dns,inet_chksum,init,ip,mem,memp,netif,pbuf,tcp,tcp_in,tcp_out,timeouts,udp}.c \
    "$lwip"/core/ipv4/{etharp,icmp,ip4,ip4_addr}.c "$lwip/netif/ethernet.c"; do
    object=$out/lwip_$(basename "$source" .c).o
    [ "$object" -nt "$source" ] && [ "$object" -nt $harness/lwipopts.h ] ||
        "${gcc[@]}" -Os -fno-strict-aliasing -w "${includes[@]}" -c -o "$object" "$source"
    objects+=("$object")
done
for source in $shim/safe_http_lwip.c $harness/netif.c; do
    object=$out/$(basename "$source" .c).o
    "${gcc[@]}" -Os -fno-strict-aliasing -Wall -Wextra -Werror "${includes[@]}" -c -o "$object" "$source"
    objects+=("$object")
done

"${gcc[@]}" -nostdlib -nostartfiles -Wl,--gc-sections -Wl,--no-warn-rwx-segments -Wl,-z,noexecstack \
    -T $machine/lx.ld -o "$out/firmware.elf" "$out/start.o" "$out/rust.o" "$out/runtime.o" "$out/strings.o" \
    "${objects[@]}" -lgcc
echo "$out/firmware.elf"
