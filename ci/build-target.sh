#!/usr/bin/env bash
# Builds the crate in the current directory for a bare-metal target:
#
#   ci/build-target.sh TARGET [cargo build argument]... [-- rustc argument...]
#
# for the TARGET thumbv6m-none-eabi, thumbv7m-none-eabi, riscv32imc-unknown-none-elf or esp8266,
# with the first of these that can do it:
#   1. the active toolchain, if it has the target's core library (`rustup target add TARGET`; not for esp8266)
#   2. rustup's nightly with rust-src, building core
#   3. Debian's packaged compiler (rustc-web, cargo-web, rust-web-src), building core
# The build goes to target/bare-metal, away from the host's; the ESP8266's to target/bare-metal-esp8266.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=${1:-}
case $name in
    thumbv6m-none-eabi | thumbv7m-none-eabi | riscv32imc-unknown-none-elf) target=$name ;;
    # Its options for LLVM take 6 % of the flash: what is moved out of a loop or kept for later has no register here.
    esp8266) target=$here/targets/esp8266.json ;;
    *)
        echo "usage: ${0##*/} TARGET [cargo build argument]..." >&2
        echo "TARGET: thumbv6m-none-eabi, thumbv7m-none-eabi, riscv32imc-unknown-none-elf, esp8266" >&2
        exit 2
        ;;
esac
shift

# Arguments for the compiler itself are another of cargo's commands.
command=build
for argument in "$@"; do
    if [ "$argument" = -- ]; then
        command=rustc
    fi
done

# Whether the compiler given as a command has the target's core library already built.
has_core() {
    local libdir
    libdir=$("$@" --print target-libdir --target "$target" 2>/dev/null) &&
        compgen -G "$libdir/libcore-*.rlib" >/dev/null
}

# Whether the compiler given as a command has the library's source, and an LLVM that knows the chip.
can_build_core() {
    local sysroot cpus
    sysroot=$("$@" --print sysroot 2>/dev/null) &&
        [ -e "$sysroot/lib/rustlib/src/rust/library/core/Cargo.toml" ] || return 1
    [ "$name" = esp8266 ] || return 0
    # An LLVM without the chip still exits with 0 here: look for the name in the list.
    cpus=$("$@" -Zunstable-options --print target-cpus --target "$target" 2>/dev/null) &&
        grep -Eq '^ *esp8266( |$)' <<<"$cpus"
}

# (Asking for a nightly that isn't there shouldn't install one.)
nightly=(env RUSTUP_AUTO_INSTALL=0)
debian=(env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc)
build_core=(-Zbuild-std=core)
# The radio's driver on an ESP32 has a heap.
if [ "$name" = riscv32imc-unknown-none-elf ]; then
    build_core=(-Zbuild-std=core,alloc)
fi
if [ "$name" = esp8266 ]; then
    build_core+=(-Zjson-target-spec)
fi

if [ "$name" != esp8266 ] && has_core rustc; then
    took="$(rustc -V), its own core"
    cargo=(cargo "$command")
elif can_build_core "${nightly[@]}" rustc +nightly; then
    took="$(rustc +nightly -V) of rustup, building core"
    cargo=(cargo +nightly "$command" "${build_core[@]}")
elif [ -x /usr/bin/cargo ] && can_build_core "${debian[@]}" /usr/bin/rustc; then
    took="$(/usr/bin/rustc -V) in /usr/bin, building core"
    cargo=("${debian[@]}" /usr/bin/cargo "$command" "${build_core[@]}")
else
    {
        echo "build-target: no toolchain here builds for $name. Install one of:"
        if [ "$name" != esp8266 ]; then
            echo "  rustup target add $name"
        fi
        echo "  rustup toolchain install nightly --component rust-src    (esp8266: with LLVM 22 or later)"
        echo "  ci/install-packages.sh targets                           (Debian 12)"
    } >&2
    exit 1
fi
echo "build-target: $name: $took"

# A rustup toolchain with the target has a linker of its own; Debian's compiler hasn't, and one of rustup's has
# the host's.
linker=
case $name in
    thumb*) linker=$(command -v arm-none-eabi-ld || true) ;;
    riscv*)
        host=$(rustc -vV | sed -n 's/^host: //p')
        linker=$(command -v "$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld" || true)
        ;;
esac
if [ -n "$linker" ]; then
    export "CARGO_TARGET_$(tr a-z- A-Z_ <<<"$target")_LINKER=$linker"
fi

# A lock file that is committed holds; one that cargo left lying about doesn't.
locked=()
if git ls-files --error-unmatch Cargo.lock >/dev/null 2>&1; then
    locked=(--locked)
fi

# One build waits for another in the same folder.
folder=bare-metal
if [ "$name" = esp8266 ]; then
    folder=bare-metal-esp8266
fi
exec "${cargo[@]}" --target "$target" --target-dir "${CARGO_TARGET_DIR:-target}/$folder" \
    "${locked[@]}" "$@"
