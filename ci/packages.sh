#!/usr/bin/env bash
# Packs the crates that are published, unpacks them into an empty folder, and there builds, tests and
# documents each from what is in it, and runs the README's first command.
#
#   ci/packages.sh
#
# Nothing of this checkout is seen there; a crate finds its siblings among the unpacked ones.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}

read -ra packages <<<"$(ci/published.sh)"
names=("${packages[@]/#/--package=}")
# Each is built below, from what is in it. What cargo would verify here is built with siblings that it unpacks
# once per version into CARGO_HOME and never looks at again: another run's.
cargo publish --workspace --dry-run --no-verify --quiet --all-features
cargo package "${names[@]}" --no-verify --quiet

# The same folder for a target directory each time, so that that doesn't grow.
work=${TMPDIR:-/tmp}/packages-$(cksum <<<"$target" | cut -d ' ' -f 1)
trap 'rm -rf "$work"' EXIT
rm -rf "$work"
mkdir -p "$work/.cargo"
# With the workspace's profile their dependencies are those that the tests have compiled, as far as features agree.
cat >"$work/.cargo/config.toml" <<'CONFIG'
[profile.dev]
debug = "line-tables-only"

[profile.dev.package."*"]
debug = false

[patch.crates-io]
CONFIG
version=$(sed -n 's|^version = "\(.*\)"$|\1|p' Cargo.toml | head -n 1)
for package in "${packages[@]}"; do
    tar -C "$work" -xmzf "$target/package/$package-$version.crate"
    echo "$package = { path = \"$work/$package-$version\" }" >>"$work/.cargo/config.toml"
done

export CARGO_TARGET_DIR=$target
for package in "${packages[@]}"; do
    cd "$work/$package-$version"
    files=$(find . -type f | wc -l)
    echo "packages: $package: $files files, $(cat "$target/package/$package-$version.crate" | wc -c) bytes packed"
    # A user has to be able to look through what is taken in.
    if [ "$files" -ge 90 ]; then
        echo "packages: $package has $files files, and is to have fewer than 90" >&2
        exit 1
    fi
    cargo test --quiet --all-features
    RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --all-features
done

# What the client's README tells first works in it.
cd "$work/safe-http-client-$version"
first=$(awk '/^```sh$/ {on = 1; next} on {print; exit}' README.md)
echo "packages: $first"
eval "timeout 300 $first" </dev/null
