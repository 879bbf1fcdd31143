#!/usr/bin/env bash
# Installs the Debian packages that the checks need, only those that are missing.
#
#   ci/install-packages.sh [targets|emulators|servers|network|valgrind|lwip|tools]...      (no argument: all)
#
#   targets   compilers and binutils for the bare-metal targets
#   emulators QEMU for the chips that firmware is run on
#   servers   HTTP servers that the tests talk to, and curl and h11 to compare with
#   network   networks of their own for the tests: namespaces, a firewall
#   valgrind  valgrind and a C compiler
#   lwip      a C compiler, and what unpacks lwIP's source (ci/lwip-source.sh fetches it)
#   tools     what ci/tools.sh installs the others with
set -euo pipefail

# Node.js and Python often come from elsewhere: any that is there will do.
packages_of() {
    case $1 in
        targets)
            echo rustc-web cargo-web rust-web-src
            echo gcc-xtensa-lx106 binutils-xtensa-lx106 binutils-arm-none-eabi
            command -v python3 >/dev/null || echo python3
            ;;
        emulators) echo qemu-system-misc qemu-system-arm ;;
        servers)
            echo nginx-light openssl curl apache2-bin apache2-utils python3-h11
            command -v node >/dev/null || echo nodejs
            ;;
        network) echo iproute2 nftables openssl ;;
        valgrind) echo valgrind gcc ;;
        lwip) echo gcc g++ libc6-dev xz-utils ;;
        tools) python3 -c 'import ensurepip' 2>/dev/null || echo python3 python3-venv ;;
        *)
            echo "install-packages: unknown group '$1' (targets, emulators, servers, network, valgrind, lwip, tools)" >&2
            return 2
            ;;
    esac
}

[ $# -gt 0 ] || set -- targets emulators servers network valgrind lwip tools

missing=()
for group in "$@"; do
    packages=$(packages_of "$group")
    for package in $packages; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing+=("$package")
    done
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "install-packages: $*: nothing missing"
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "install-packages: not root and no sudo; install: ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

# Debian starts a server as soon as it is installed. The tests start their own, so keep nginx off port 80.
policy=/usr/sbin/policy-rc.d
with_nginx=false
case " ${missing[*]} " in *" nginx-light "*) with_nginx=true ;; esac
if $with_nginx && [ ! -e $policy ]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod 755 $policy
fi

echo "install-packages: installing ${missing[*]}"
apt_get update
apt_get install --no-install-recommends "${missing[@]}"

# A policy-rc.d of the machine's own may have let it start.
if $with_nginx && [ -s /run/nginx.pid ]; then
    "${as_root[@]}" service nginx stop
fi
