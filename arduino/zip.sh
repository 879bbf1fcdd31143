#!/usr/bin/env bash
# Makes the Arduino library's zip, complete, and prints its path.
#
#   arduino/zip.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

out=$(realpath -m "${CARGO_TARGET_DIR:-target}")/arduino
archive=$(./build.sh)
version=$(sed -n 's/^version=//p' SafeHttpClient/library.properties)
grep -q "^version = \"$version\"" ../Cargo.toml || {
    echo "zip.sh: library.properties has another version than the workspace" >&2
    exit 1
}
place=$out/zip/SafeHttpClient
rm -rf "$out/zip"
mkdir -p "$place"
cp -r SafeHttpClient/. "$place"
mkdir -p "$place/src/esp8266"
cp "$archive" "$place/src/esp8266/"
cp ../include/safe_http_client.h ../crates/lwip/csrc/safe_http_lwip.h ../crates/lwip/csrc/safe_http_lwip.c "$place/src/"
for file in library.properties keywords.txt README.md LICENSE-MIT LICENSE-APACHE src/SafeHttpClient.h \
    src/esp8266/libsafe_http_client.a examples/ThirdCause/ThirdCause.ino; do
    [ -s "$place/$file" ] || {
        echo "zip.sh: $file is missing" >&2
        exit 1
    }
done
zip=$out/SafeHttpClient-$version.zip
rm -f "$zip"
# By Python, which every machine of ours has; with one time for all, so that two zips of one source are equal.
python3 - "$out/zip" "$zip" <<'PYTHON'
import sys, zipfile
from pathlib import Path

root, target = Path(sys.argv[1]), sys.argv[2]
with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
    for path in sorted(it for it in root.rglob("*") if it.is_file()):
        entry = zipfile.ZipInfo(str(path.relative_to(root)), (2026, 1, 1, 0, 0, 0))
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        made.writestr(entry, path.read_bytes())
PYTHON
echo "$zip"
