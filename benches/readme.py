#!/usr/bin/env python3
"""README.md's table of costs, made of benches/footprint/table.json and benches/chip/table.json.

    benches/readme.py             prints it
    benches/readme.py --check     and says whether README.md has it
    benches/readme.py --write     and writes it there
"""

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- cost:begin -->\n", "<!-- cost:end -->\n"
CHIP = "thumbv7m"
PEERS = ("reqwless 0.14", "nanofish 0.14")


def table():
    """The table, as Markdown."""
    footprint = json.loads((HERE / "footprint/table.json").read_text())
    instructions = json.loads((HERE / "chip/table.json").read_text())["clients"]
    text = {name: sections.get(CHIP, {}).get(".text") for name, sections in footprint["code"].items()}

    def counted(case):
        return [instructions[client][case]["instructions"] for client in ("safe-http-client", *PEERS)]

    rows = [
        ("flash of a GET, bytes of `.text`, its URL checked by the compiler (`url!`)",
         text["a GET of a URL that the compiler has checked (`url!`)"], None, None),
        ("the same, of a URL that is a string at run time", text["a GET"], *(text[peer] for peer in PEERS)),
        ("what a GET over a second stack adds",
         text["what a GET over a second stack in the same program adds"],
         *(text[f"the same with {peer}"] for peer in PEERS)),
        ("stack of a GET, bytes", footprint["stack"]["stack_scripted_get"], None, None),
        ("instructions of a GET, 529 bytes in one piece", *counted("length, whole")),
        ("the same, in chunks and in pieces of 64 bytes", *counted("chunked, 64-byte segments")),
    ]
    lines = [f"| on a Cortex-M3 | this crate | {' | '.join(PEERS)} |", "|---|---:|---:|---:|"]
    for name, *figures in rows:
        cells = ["" if figure is None else f"{figure:,}" for figure in figures]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true")
    what.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    new = table()
    print(new, end="")
    before, begin, rest = README.read_text().partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit("README.md has no marks for the table: cost:begin, cost:end")
    if asked.write:
        README.write_text(before + begin + new + end + after)
    elif asked.check and old != new:
        sys.exit("README.md has another table: benches/readme.py --write")


if __name__ == "__main__":
    main()
