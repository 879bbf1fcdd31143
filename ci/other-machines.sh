#!/usr/bin/env bash
# Runs the library's tests as programs of other machines, in QEMU: words of 32 bits, and bytes in the
# other order.
#
#   ci/other-machines.sh [powerpc|s390x|i686]...      (no argument: powerpc, which is both)
#
# With Debian's packaged compiler, which has the standard library's source; installs what is missing.
# Takes some minutes for each machine: the standard library is built for it.
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- powerpc

# The target, Debian's name for the compiler, libc's package, and how a program of it is run.
machine() {
    case $1 in
        powerpc) echo powerpc-unknown-linux-gnu powerpc-linux-gnu libc6-dev-powerpc-cross qemu-ppc ;;
        s390x) echo s390x-unknown-linux-gnu s390x-linux-gnu libc6-dev-s390x-cross qemu-s390x ;;
        i686) echo i686-unknown-linux-gnu i686-linux-gnu libc6-dev-i386-cross qemu-i386 ;;
        *)
            echo "other-machines: unknown machine '$1' (powerpc, s390x, i686)" >&2
            return 2
            ;;
    esac
}

for name in "$@"; do
    found=$(machine "$name")
    read -r target gnu libc emulator <<<"$found"
    ci/install-packages.sh targets
    missing=()
    for package in qemu-user "gcc-$gnu" "$libc"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        as_root=()
        [ "$(id -u)" -eq 0 ] || as_root=(sudo)
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
            -o DPkg::Lock::Timeout=300 install --no-install-recommends "${missing[@]}"
    fi
    variable=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$target")
    echo "other-machines: $target, $(/usr/bin/rustc -V), $emulator"
    # `client` takes minutes there: many of its rows run split after each byte.
    env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc \
        CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/other-machines" \
        "${variable}_LINKER=$gnu-gcc" "${variable}_RUNNER=$emulator -L /usr/$gnu" \
        /usr/bin/cargo test -Zbuild-std=std,panic_unwind,test --target "$target" \
        -p safe-http-client -p client-tests --features esp-at --lib --test client --test hostile
done
