#!/usr/bin/env bash
# Quick checks of what the manifest promises:
#   - the library builds with the oldest versions of its dependencies that it allows
#   - it builds with the oldest compiler (`rust-version`), where rustup can fetch that
#   - licences, bans and sources (deny.toml), where cargo-deny is installed
#
#   ci/checks.sh            without cargo-deny, says so
#   ci/checks.sh --strict   without cargo-deny, fails
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A user's package: the library's development dependencies don't count there.
mkdir "$work/src"
touch "$work/src/lib.rs"
cat >"$work/Cargo.toml" <<MANIFEST
[package]
name = "minimal-versions"
version = "0.0.0"
edition = "2024"

[workspace]

[features]
std = ["safe-http-client/std"]
esp-at = ["safe-http-client/esp-at"]
defmt = ["safe-http-client/defmt"]
cortex-m = ["safe-http-client/cortex-m"]
json = ["safe-http-client/json"]
digest = ["safe-http-client/digest"]
async = ["safe-http-client/async"]

[dependencies]
safe-http-client = { path = "$PWD", default-features = false }
MANIFEST

target=${CARGO_TARGET_DIR:-$PWD/target}/minimal-versions
(
    cd "$work"
    RUSTC_BOOTSTRAP=1 cargo -Zminimal-versions generate-lockfile --quiet
    for set in "" --features=std --features=esp-at --features=async --all-features; do
        CARGO_TARGET_DIR=$target cargo check --quiet --locked $set
        echo "checks: the oldest dependencies, ${set:-no features}: ok"
    done
)

oldest=$(sed -n 's|^rust-version = "\(.*\)"$|\1|p' Cargo.toml | head -n 1)
if why=$(timeout 120 rustup toolchain install "$oldest" --profile minimal --no-self-update 2>&1); then
    export CARGO_TARGET_DIR=$target/oldest-compiler
    for set in "" --no-default-features --features=std --features=defmt --features=cortex-m --features=esp-at \
        --features=json --features=digest --features=async; do
        cargo "+$oldest" check --quiet -p safe-http-client $set
    done
    echo "checks: Rust $oldest, each set of features: ok"
else
    echo "checks: SKIPPED the oldest compiler, Rust $oldest, which can't be fetched: ${why##*$'\n'}" >&2
fi

if command -v cargo-deny >/dev/null; then
    cargo deny --workspace check licenses bans sources
elif [ "${1:-}" = --strict ]; then
    echo "checks: cargo-deny is missing: cargo install cargo-deny --locked" >&2
    exit 1
else
    echo "checks: SKIPPED licences, bans and sources: cargo install cargo-deny --locked" >&2
fi
