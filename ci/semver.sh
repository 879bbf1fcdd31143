#!/usr/bin/env bash
# Whether the published crates' interfaces still are what their last release promised, by cargo-semver-checks:
# against the newest version on crates.io; for a crate that isn't there, against the package made from the newest
# tag v*; without either it says that there is no baseline.
#
#   ci/semver.sh
#   ci/semver.sh --self-test    that a public function which is gone is found
#
# Without cargo-semver-checks, whose build takes minutes, it says so.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v cargo-semver-checks >/dev/null; then
    echo "semver: SKIPPED: cargo install --locked cargo-semver-checks" >&2
    exit 0
fi

here=$PWD
target=${CARGO_TARGET_DIR:-$PWD/target}
work=$(mktemp -d)
# cargo would note in the lock file that the packages below aren't used by this workspace.
cp Cargo.lock "$work/Cargo.lock"
trap 'cp "$work/Cargo.lock" "$here/Cargo.lock"; rm -rf "$work"' EXIT

# Packs what is published of a revision, and unpacks it into $work/packages/NAME-VERSION.
pack() {
    mkdir -p "$work/checkout" "$work/packages/.cargo"
    git archive "$1" | tar -x -C "$work/checkout"
    (
        cd "$work/checkout"
        read -ra published <<<"$(ci/published.sh)"
        CARGO_TARGET_DIR=$work/packed cargo package "${published[@]/#/--package=}" --no-verify --quiet
    )
    # They find one another there, and not on crates.io.
    local file name
    echo '[patch.crates-io]' >"$work/packages/.cargo/config.toml"
    for file in "$work"/packed/package/*.crate; do
        tar -C "$work/packages" -xmzf "$file"
        file=$(basename "$file" .crate)
        name=${file%-[0-9]*}
        echo "$name = { path = \"$work/packages/$file\" }" >>"$work/packages/.cargo/config.toml"
    done
}

# compare NAME [argument of cargo-semver-checks]...
compare() {
    local name=$1
    shift
    (cd "$work/packages" && CARGO_TARGET_DIR=$target cargo semver-checks --manifest-path "$here/Cargo.toml" -p "$name" "$@")
}

if [ "${1:-}" = --self-test ]; then
    pack HEAD
    compare nal-link --baseline-root "$work"/packages/nal-link-[0-9]*
    echo 'pub fn that_is_gone() {}' >>"$(echo "$work"/packages/nal-link-[0-9]*)/src/lib.rs"
    if said=$(compare nal-link --baseline-root "$work"/packages/nal-link-[0-9]* 2>&1); then
        echo "semver: a public function that is gone wasn't found" >&2
        exit 1
    fi
    grep that_is_gone <<<"$said"
    echo "semver: a public function that is gone is found"
    exit 0
fi

tag=$(git tag --list 'v*' --sort=-version:refname | head -n 1)
[ -z "$tag" ] || pack "$tag"
mkdir -p "$work/packages"
read -ra published <<<"$(ci/published.sh)"
without=()
for name in "${published[@]}"; do
    if why=$(cd "$work" && cargo info --registry crates-io --quiet "$name" 2>&1); then
        compare "$name"
    elif [[ $why != *"could not find"* ]]; then
        echo "semver: crates.io doesn't tell whether it has $name: ${why##*$'\n'}" >&2
        exit 1
    elif baseline=$(compgen -G "$work/packages/$name-[0-9]*"); then
        echo "semver: $name against $tag"
        compare "$name" --baseline-root "$baseline"
    else
        without+=("$name")
    fi
done
[ ${#without[@]} -eq 0 ] || echo "semver: no baseline yet, neither on crates.io nor in a tag v*: ${without[*]}"
