#!/usr/bin/env bash
# Builds the library for every bare-metal target with every set of features, and prints a table.
#
#   ci/bare-metal.sh [CRATE DIRECTORY]      (default: this repository)
#
# The sets: the default features, none, and all but those that need `std`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "${1:-$here/..}"

# All features that don't enable `std`, here or in a dependency, directly or through others.
metadata=$(cargo metadata --no-deps --format-version 1)
all_but_std=$(python3 -c '
import json, os, sys

manifest = os.path.realpath("Cargo.toml")
packages = json.load(sys.stdin)["packages"]
package = next(p for p in packages if os.path.realpath(p["manifest_path"]) == manifest)
features = package["features"]
needs_std = {"std"}
while True:
    more = {
        name
        for name, enables in features.items()
        if name not in needs_std and any(e in needs_std or e.endswith("/std") for e in enables)
    }
    if not more:
        break
    needs_std |= more
left_out = sorted(needs_std & features.keys())
print("bare-metal: left out, as they need std:", ", ".join(left_out) or "none", file=sys.stderr)
print(package["name"], ",".join(sorted(features.keys() - needs_std)))
' <<<"$metadata")
package=${all_but_std%% *}
all_but_std=${all_but_std#* }

# The settings of the programs that are measured (benches), which use the same `core` then.
export CARGO_PROFILE_RELEASE_{OPT_LEVEL=s,LTO=fat,CODEGEN_UNITS=1,PANIC=abort}

logs=${CARGO_TARGET_DIR:-target}/bare-metal/logs
mkdir -p "$logs"
row='%-20s %-22s %-7s %8s %8s\n'
builds=0
failed=0
rows=

# build TARGET LABEL [cargo build argument]...
build() {
    local target=$1 label=$2 log=$logs/$1-$2.log start=$SECONDS result=ok warnings
    shift 2
    builds=$((builds + 1))
    export CARGO_PROFILE_RELEASE_DEBUG=1
    if [ "$target" = esp8266 ]; then
        export CARGO_PROFILE_RELEASE_DEBUG=0
    fi
    if ! "$here/build-target.sh" "$target" -p "$package" --lib --release "$@" >"$log" 2>&1; then
        result=FAILED
        failed=$((failed + 1))
        echo "--- $target, $label features: the log's end"
        tail -n 40 "$log"
        echo "---"
    fi
    warnings=$(grep -Ec '^warning: .*generated [0-9]+ warning' "$log" || true)
    # shellcheck disable=SC2059
    rows+=$(printf "$row" "$target" "$label" "$result" "$warnings" $((SECONDS - start)))$'\n'
}

for target in thumbv6m-none-eabi thumbv7m-none-eabi esp8266; do
    build "$target" default
    build "$target" none --no-default-features
    build "$target" all-but-std --no-default-features --features "$all_but_std"
    grep -m 1 '^build-target: ' "$logs/$target-default.log" || true
done

echo "bare-metal: all-but-std is: ${all_but_std:-no feature at all}"
# shellcheck disable=SC2059
printf "$row" target features result warnings seconds
printf '%s' "$rows"
echo "bare-metal: $builds builds, $failed failed"
[ "$failed" -eq 0 ]
