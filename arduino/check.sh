#!/usr/bin/env bash
# Unpacks the library's zip into an empty folder, compiles it and each of its examples with the chip's g++, and
# links them against a stand-in of the core and the real lwIP, into the chip's memory. Prints what the library
# takes there.
#
#   arduino/check.sh [ZIP]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

need() {
    command -v "$1" >/dev/null || {
        echo "check.sh: SKIPPED: $1 is missing: apt-get install --no-install-recommends $2" >&2
        exit 0
    }
}
need xtensa-lx106-elf-g++ gcc-xtensa-lx106
lwip=${LWIP_SOURCE:-$(../ci/lwip-source.sh)}/src || exit 0
zip=${1:-$(./zip.sh)}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m zipfile -e "$zip" "$work"
library=$work/SafeHttpClient

here=$PWD
machine=$here/../firmware/lx106
options=$here/../conformance/lwip/csrc
strings=$here/../firmware/lx106-lwip/csrc
cc=(xtensa-lx106-elf-gcc -mlongcalls -mtext-section-literals -ffreestanding -ffunction-sections -fdata-sections -Os
    -fno-strict-aliasing "-I$strings/include" "-I$options" "-I$lwip/include")
cxx=(xtensa-lx106-elf-g++ -ffreestanding -mlongcalls -mtext-section-literals -std=gnu++17 -fno-exceptions -fno-rtti
    -ffunction-sections -fdata-sections -Os -Wall -Wextra -Werror -fno-threadsafe-statics
    "-I$strings/include" "-I$here/check/stand-in")

cd "$work"
mkdir core library
for source in "$lwip"/core/{def,dns,inet_chksum,init,ip,mem,memp,netif,pbuf,tcp,tcp_in,tcp_out,timeouts,udp}.c \
    "$lwip"/core/ipv4/{etharp,icmp,ip4,ip4_addr}.c "$lwip/netif/ethernet.c"; do
    "${cc[@]}" -w -c -o "core/$(basename "$source").o" "$source"
done
"${cc[@]}" -c -Wall -o core/keep_lwip.c.o "$here/check/stand-in/keep_lwip.c"
"${cxx[@]}" -c -o core/core.cpp.o "$here/check/stand-in/core.cpp"
# The ROM's, and the C library's.
"${cc[@]}" -O2 -fno-tree-loop-distribute-patterns -c -o core/runtime.c.o "$machine/machine/runtime.c"
"${cc[@]}" -O2 -fno-tree-loop-distribute-patterns -c -o core/strings.c.o "$strings/strings.c"

# As the IDE: each C and C++ file of the library's src.
for source in "$library"/src/*.c; do
    "${cc[@]}" -Wall -Wextra -Werror -DARDUINO=10819 -c -o "library/$(basename "$source").o" "$source"
done
for source in "$library"/src/*.cpp; do
    "${cxx[@]}" -DARDUINO=10819 -c -o "library/$(basename "$source").o" "$source"
done

link() {
    local name=$1
    shift
    # The C and C++ objects that no sketch asks for aren't linked, as they are an archive in the IDE.
    xtensa-lx106-elf-gcc -mlongcalls -nostdlib -nostartfiles -Wl,--gc-sections -Wl,--no-warn-rwx-segments \
        -Wl,-z,noexecstack -u core_main -T "$here/check/esp8266.ld" -o "$name.elf" "$@" core/*.o -lgcc
}
sizes() {
    xtensa-lx106-elf-size -A "$1.elf" |
        awk '{size[$1] = $2} END {print size[".irom0.text"], size[".text"] + 0, size[".data"] + size[".rodata"], size[".bss"]}'
}

echo 'void setup() {} void loop() {}' | "${cxx[@]}" -x c++ -c -o nothing.ino.cpp.o -
link nothing nothing.ino.cpp.o
read -r flash iram constants bss <<<"$(sizes nothing)"
printf '%-14s %8s %8s %10s %8s\n' 'sketch' 'flash' 'IRAM' 'constants' '.bss'
for sketch in "$library"/examples/*/*.ino; do
    name=$(basename "$sketch" .ino)
    "${cxx[@]}" -DARDUINO=10819 "-I$library/src" -include Arduino.h -x c++ -c -o "$name.ino.cpp.o" "$sketch"
    link "$name" "$name.ino.cpp.o" library/*.o -L"$library/src/esp8266" -lsafe_http_client
    read -r f i c b <<<"$(sizes "$name")"
    printf '%-14s %+8d %+8d %+10d %+8d\n' "$name" $((f - flash)) $((i - iram)) $((c - constants)) $((b - bss))
    [ $((i - iram)) -eq 0 ] || { echo "check.sh: $name puts code into IRAM" >&2; exit 1; }
    [ $((f - flash)) -le 36864 ] || { echo "check.sh: $name takes more than 36 KiB of flash" >&2; exit 1; }
    [ $((c - constants)) -le 4096 ] || { echo "check.sh: $name has more than 4,096 bytes of constants" >&2; exit 1; }
done
xtensa-lx106-elf-g++ --version | head -n 1
