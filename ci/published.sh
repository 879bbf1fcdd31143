#!/usr/bin/env bash
# The names of the crates that are published.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo metadata --no-deps --format-version 1 | python3 -c '
import json, sys

print(*(package["name"] for package in json.load(sys.stdin)["packages"] if package["publish"] is None))
'
