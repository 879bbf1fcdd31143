#!/usr/bin/env bash
# Fetches the source of lwIP that Debian has, for the tests over it, and prints the folder.
#
#   ci/lwip-source.sh
#
# It goes to lwip/ of the target directory. Works without root: apt's lists of sources are kept there, too,
# made from the machine's own list of packages. Debian's liblwip-dev is a library of another configuration.
set -euo pipefail
cd "$(dirname "$0")/.."

place=$(realpath -m "${CARGO_TARGET_DIR:-target}")/lwip
found() { find "$place" -mindepth 1 -maxdepth 1 -type d -name 'lwip-*' 2>/dev/null | sort | tail -n 1; }
if [ -n "$(found)" ]; then
    found
    exit 0
fi
mkdir -p "$place/lists/partial" "$place/cache/archives/partial"

{
    sed -n 's/^deb \(.*\)/deb-src \1/p' /etc/apt/sources.list 2>/dev/null || true
} >"$place/sources.list"
rm -f "$place/sources.sources"
for list in /etc/apt/sources.list.d/debian*.sources; do
    [ -e "$list" ] && sed 's/^Types:.*/Types: deb-src/' "$list" >>"$place/sources.sources" && echo >>"$place/sources.sources"
done
mkdir -p "$place/parts"
mv "$place/sources.list" "$place/parts/"
[ ! -e "$place/sources.sources" ] || mv "$place/sources.sources" "$place/parts/"
apt=(apt-get -q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$place/parts"
    -o "Dir::State::Lists=$place/lists" -o "Dir::Cache=$place/cache" -o APT::Sandbox::User=)
(
    cd "$place"
    "${apt[@]}" update
    "${apt[@]}" source --download-only lwip
    tar xf lwip_*.orig.tar.*
) >"$place/log" 2>&1 || {
    tail -n 20 "$place/log" >&2
    echo "lwip-source: lwIP's source can't be fetched" >&2
    exit 1
}
rm -rf "$place/lists" "$place/cache"
found
