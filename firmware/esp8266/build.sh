#!/usr/bin/env bash
# Builds the firmware, and its images for esptool where that is there.
#
#   firmware/esp8266/build.sh SDK=/path/to/ESP8266_NONOS_SDK [SSID=... PASSWORD=...]
#   firmware/esp8266/build.sh                 against the stand-in: it links, and doesn't run on a chip
#
# With an SDK of your own (3.0 or later): its headers, its libraries, its linker script for 4 MB.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

sdk= ssid= password=
for argument in "$@"; do
    case $argument in
        SDK=*) sdk=$(realpath "${argument#SDK=}") ;;
        SSID=*) ssid=${argument#SSID=} ;;
        PASSWORD=*) password=${argument#PASSWORD=} ;;
        *) echo "usage: build.sh [SDK=FOLDER] [SSID=NAME PASSWORD=WORD]" >&2; exit 2 ;;
    esac
done
command -v xtensa-lx106-elf-gcc >/dev/null || {
    echo "build.sh: SKIPPED: xtensa-lx106-elf-gcc is missing (Debian: gcc-xtensa-lx106)" >&2
    exit 0
}

out=$(realpath -m "${CARGO_TARGET_DIR:-target}")/esp8266
mkdir -p "$out"
../../ci/build-target.sh esp8266 --release --lib -- --emit="asm=$out/rust.s" >&2
tool=xtensa-lx106-elf-
../../ci/assemble-lx106.py "$out/rust.s" "$out/assembled.o"
"${tool}ld" -r -T ../../arduino/relocate.ld -o "$out/rust.o" "$out/assembled.o"

shim=../../crates/lwip/csrc
platform=../../arduino/SafeHttpClient/src/safe_http_platform.c
# Debian's compiler for this chip has no C library: the few headers that are asked for are here.
cc=("${tool}gcc" -mlongcalls -mtext-section-literals -ffunction-sections -fdata-sections -Os -fno-strict-aliasing
    -ffreestanding -idirafter ../lx106-lwip/csrc/include -I$shim -Wall)
[ -z "$ssid" ] || cc+=("-DWIFI_SSID=\"$ssid\"" "-DWIFI_PASSWORD=\"$password\"")
compile() { "${cc[@]}" "${@:3}" -c -o "$out/$2" "$1"; }

if [ -n "$sdk" ]; then
    headers=(-DICACHE_FLASH -D__ets__ "-I$sdk/include" "-I$sdk/include/lwip" "-I$sdk/third_party/include"
        '-DSHL_NOW()=firmware_millis()' -include c_types.h)
    printf 'unsigned firmware_millis(void);\n' >"$out/clock.h"
    compile $shim/safe_http_lwip.c shim.o "${headers[@]}" -include "$out/clock.h"
    compile sdk/main.c main.o "${headers[@]}"
    compile $platform platform.o
    # To the flash, as the SDK's linker script has it.
    for object in shim main platform; do
        "${tool}ld" -r -T ../../arduino/relocate.ld -o "$out/$object.flash.o" "$out/$object.o"
    done
    "${tool}gcc" -nostdlib -Wl,--gc-sections -Wl,--no-check-sections -Wl,-static -u call_user_start -Wl,-e,call_user_start \
        -L"$sdk/lib" -T"$sdk/ld/eagle.app.v6.ld" -o "$out/firmware.elf" "$out"/{rust,shim.flash,main.flash,platform.flash}.o \
        -Wl,--start-group -lmain -lnet80211 -lwpa -llwip -lpp -lphy -lcrypto -lc -lgcc -Wl,--end-group
else
    lwip=${LWIP_SOURCE:-$(../../ci/lwip-source.sh)}/src
    strings=../lx106-lwip/csrc
    headers=(-Istand-in/include -I../../conformance/lwip/csrc "-I$lwip/include")
    for source in "$lwip"/core/{def,dns,inet_chksum,init,ip,mem,memp,netif,pbuf,tcp,tcp_in,tcp_out,timeouts,udp}.c \
        "$lwip"/core/ipv4/{etharp,icmp,ip4,ip4_addr}.c "$lwip/netif/ethernet.c"; do
        compile "$source" "lwip_$(basename "$source").o" "${headers[@]}" -w
    done
    compile $shim/safe_http_lwip.c shim.c.o "${headers[@]}" -Wextra -Werror
    compile sdk/main.c main.c.o "${headers[@]}" -Wextra -Werror
    compile $platform platform.c.o "${headers[@]}"
    compile stand-in/sdk.c sdk.c.o "${headers[@]}" -Wextra -Werror
    compile ../lx106/machine/runtime.c runtime.c.o -O2 -ffreestanding -fno-tree-loop-distribute-patterns
    compile $strings/strings.c strings.c.o "${headers[@]}" -O2 -fno-tree-loop-distribute-patterns
    "${tool}gcc" -nostdlib -nostartfiles -mlongcalls -Wl,--gc-sections -Wl,--no-warn-rwx-segments \
        -Wl,-z,noexecstack -Wl,-e,call_user_start -T ../../arduino/check/esp8266.ld -o "$out/firmware.elf" \
        "$out/rust.o" "$out"/*.c.o -lgcc
fi

"${tool}size" -A "$out/firmware.elf" | awk '
    {size[$1] = $2}
    END {printf "esp8266: flash %d, IRAM %d, constants and data %d, .bss %d bytes, with lwIP%s\n",
        size[".irom0.text"], size[".text"], size[".data"] + size[".rodata"], size[".bss"], stand_in}
' "stand_in=$([ -n "$sdk" ] || echo ' and a stand-in of the SDK')"

for esptool in esptool esptool.py "${ESPTOOL:-none}"; do
    command -v "$esptool" >/dev/null || continue
    "$esptool" --chip esp8266 elf2image --version 1 -o "$out/image-" "$out/firmware.elf" >"$out/image.log" || {
        cat "$out/image.log" >&2
        exit 1
    }
    "$esptool" --chip esp8266 image-info "$out/image-0x00000.bin" >"$out/image.log" 2>&1 ||
        "$esptool" --chip esp8266 image_info "$out/image-0x00000.bin" >"$out/image.log" 2>&1
    grep -Ei 'checksum|segments' "$out/image.log"
    grep -qi 'checksum.*valid' "$out/image.log"
    exit 0
done
echo "esp8266: SKIPPED: the image: esptool isn't there (ci/tools.sh installs it)" >&2
