#!/usr/bin/env bash
# Builds the Arduino library's archive for the ESP8266, checks it, and prints its path.
#
#   arduino/build.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

need() {
    command -v "$1" >/dev/null || {
        echo "build.sh: $1 is missing: apt-get install --no-install-recommends $2" >&2
        exit 1
    }
}
need xtensa-lx106-elf-as binutils-xtensa-lx106

out=$(realpath -m "${CARGO_TARGET_DIR:-target}")/arduino
mkdir -p "$out"
(cd archive && ../../ci/build-target.sh esp8266 --release --lib -- --emit="asm=$out/rust.s") >&2
tool=xtensa-lx106-elf-
../ci/assemble-lx106.py "$out/rust.s" "$out/assembled.o"
# As relocate.ld has it, but with a section for each function, so that the IDE's linker leaves out those that a sketch
# doesn't need. (The core's script has .irom0.text.*; that of the NONOS SDK hasn't.) Literals stand first, too.
"${tool}objdump" -h "$out/assembled.o" | awk '
    $2 ~ /^\.literal/ || $2 ~ /^\.rodata\..*\.literal$/ {
        literals = literals sprintf("    .irom0.text.literal%d 0 : { *(%s) }\n", NR, $2)
        next
    }
    $2 ~ /^\.text/ { code = code sprintf("    .irom0.text.%d 0 : { *(%s) }\n", NR, $2) }
    $2 ~ /^\.rodata/ { constants = constants sprintf("    .rodata.%d 0 : { *(%s) }\n", NR, $2) }
    END { printf "SECTIONS {\n%s%s%s", literals, code, constants }
' >"$out/sections.ld"
sed -n '/\.data 0/,$p' relocate.ld >>"$out/sections.ld"
"${tool}ld" -r -T "$out/sections.ld" -o "$out/safe_http_client.o" "$out/assembled.o"
rm -f "$out/libsafe_http_client.a"
"${tool}ar" rcsD "$out/libsafe_http_client.a" "$out/safe_http_client.o"

fail() {
    echo "build.sh: the archive: $*" >&2
    exit 1
}
sections=$("${tool}objdump" -h "$out/libsafe_http_client.a")
# The core's linker script would put these into IRAM.
if grep -Eq ' \.(text|literal|iram)' <<<"$sections"; then fail "has a section of IRAM"; fi
size_of() {
    local total=0 bytes
    while read -r bytes; do total=$((total + 16#$bytes)); done \
        < <(awk -v name="$1" '$2 ~ "^" name {print $3}' <<<"$sections")
    echo "$total"
}
flash=$(($(size_of '\\.irom0')))
constants=$(size_of '\\.rodata')
bss=$(size_of '\\.bss')
[ "$flash" -le 34816 ] || fail "$flash bytes of code are more than 34 KiB"
[ "$constants" -le 4096 ] || fail "$constants bytes of constants are more than 4,096"
[ "$(size_of '\\.data')" -eq 0 ] || fail "has initialised data"
# Windowed code (ABI=0) would crash on a core that has no windows.
"${tool}objcopy" -O binary --only-section=.xtensa.info "$out/safe_http_client.o" "$out/info" 2>/dev/null || true
if strings "$out/info" 2>/dev/null | grep -q 'ABI=0'; then fail "is of the windowed ABI"; fi

# What it asks of the firmware: of the library's C side, the ROM, and the C library.
allowed=$(sort <<'NAMES'
__atomic_load_1
__atomic_load_4
__atomic_store_1
__atomic_store_4
__muldi3
__udivdi3
__udivsi3
__umoddi3
__umodsi3
abort
memchr
memcmp
memcpy
memmove
memset
shc_interrupts_off
shc_interrupts_restore
shl_close
shl_connect
shl_depth
shl_enter_handler
shl_leave_handler
shl_link
shl_open
shl_other_link
shl_receive
shl_resolve
shl_send
strlen
NAMES
)
undefined=$("${tool}nm" -u "$out/libsafe_http_client.a" | awk '$1 == "U" {print $2}' | sort -u)
strangers=$(comm -23 <(echo "$undefined") <(echo "$allowed"))
[ -z "$strangers" ] || fail "asks for $strangers"
# Panics can't cross into C: there are none.
if "${tool}nm" -C "$out/libsafe_http_client.a" | grep -E 'panicking|[tT] <?core::fmt'; then
    fail "can panic, or formats"
fi
echo "build.sh: $flash bytes of flash before the linker shortens calls, $constants of constants, $bss of .bss" >&2
echo "$out/libsafe_http_client.a"
