#!/usr/bin/env python3
"""The instructions that a GET takes on a Cortex-M3, in QEMU, beside reqwless, nanofish and a bare floor.

    benches/chip/run.py             builds, counts and prints
    benches/chip/run.py --check     and compares with table.json, within 1 %, and docs/cost.md
    benches/chip/run.py --write     and writes them

It takes the compiler that ci/build-target.sh takes, and Debian's qemu-system-arm and
binutils-arm-none-eabi (`ci/install-packages.sh targets emulators`). The build goes to
benches/chip/target, or to CARGO_TARGET_DIR.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.append(str(Path(__file__).resolve().parent.parent))

import page

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
TARGET = "thumbv7m-none-eabi"
TABLE = HERE / "table.json"
TOLERANCE = 0.01
# An instruction takes 2^7 ns of the chip's time, whatever it does and however long QEMU takes for it.
QEMU = ["qemu-system-arm", "-M", "lm3s6965evb", "-icount", "shift=7,align=off,sleep=off",
        "-nographic", "-monitor", "none", "-serial", "null",
        "-semihosting-config", "enable=on,target=native", "-kernel"]
# The bin of each client. What the floor takes is part of every client's figure.
CLIENTS = {"safe-http-client": "ours", "the same, async": "ours_async",
           "reqwless 0.14": "reqwless", "nanofish 0.14": "nanofish",
           "floor": "floor"}
OURS, THEIRS = "safe-http-client", "reqwless 0.14"


class Failed(Exception):
    """What went wrong, for the one who runs this."""


def run(command, seconds, **options):
    """Runs a command, and returns what it prints."""
    try:
        done = subprocess.run(command, timeout=seconds, text=True, stdout=subprocess.PIPE, **options)
    except subprocess.TimeoutExpired:
        raise Failed(f"{Path(command[0]).name} took more than {seconds} s") from None
    if done.returncode:
        raise Failed(f"{Path(command[0]).name} failed:\n{done.stdout[-3000:]}")
    return done.stdout


def build(*arguments, here=HERE):
    """Builds a program for each client; returns their directory, and the compiler."""
    said = run([REPOSITORY / "ci/build-target.sh", TARGET, "--release", *arguments], 1800,
               cwd=here, stderr=subprocess.STDOUT)
    took = re.search(r"^build-target: \S+: (rustc \S+ \([^)]*\)).*(, (its own|building) core)$", said,
                     re.MULTILINE)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or here / "target").resolve()
    return target / "bare-metal" / TARGET / "release", took.group(1) + took.group(2)


def count(program):
    """The figures of a program, by case."""
    if not shutil.which(QEMU[0]):
        raise Failed(f"{QEMU[0]} is missing: ci/install-packages.sh emulators")
    said = run([*QEMU, program], 60, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    per_tick = 100_000 / int(re.search(r"^100000 instructions: (\d+) ticks$", said, re.MULTILINE)[1])
    cases = {}
    for name, *figures in re.findall(
            r"^(.*): (\d+) ticks, (\d+) GETs, (\d+) connections, (\d+) sends, (\d+) receives$", said,
            re.MULTILINE):
        ticks, gets, connections, sends, receives = map(int, figures)
        if connections != gets:
            raise Failed(f"{program.name}, {name}: {gets} GETs took {connections} connections")
        cases[name] = {"instructions": round(ticks * per_tick / gets),
                       "sends": sends / gets, "receives": receives / gets}
    if len(cases) != 4:
        raise Failed(f"{program.name} printed something else:\n{said}")
    return cases


def markdown(figures):
    """All figures, as they stand in docs/cost.md: instructions, and the calls of `send` and `receive`."""
    clients = figures["clients"]
    lines = [f"| instructions (`send`/`receive` calls) | {' | '.join(clients)} | ratio |",
             "|---|" + "---:|" * (len(clients) + 1)]
    for case in clients[OURS]:
        cells = [f"{row['instructions']:,} ({row['sends']:g}/{row['receives']:g})"
                 for row in (cases[case] for cases in clients.values())]
        ratio = clients[OURS][case]["instructions"] / clients[THEIRS][case]["instructions"]
        lines.append(f"| {case} | {' | '.join(cells)} | {ratio:.2f} |")
    return "\n".join(lines) + f"\n\nMeasured with {figures['compiler']}.\n"


def check(new):
    """Prints what isn't as in the table; returns whether all is."""
    if not TABLE.exists():
        raise Failed(f"{TABLE.name} is missing: make it with --write")
    old = json.loads(TABLE.read_text())
    if old["compiler"] != new["compiler"]:
        print(f"the table is of another compiler: {old['compiler']}; this is {new['compiler']}")
    good = True
    for client, cases in new["clients"].items():
        for case, figures in cases.items():
            for what, figure in figures.items():
                known = old["clients"].get(client, {}).get(case, {}).get(what)
                if known is None or abs(figure - known) > TOLERANCE * known:
                    print(f"{client}, {case}: {figure:g} {what}, and not {known}")
                    good = False
    print("the figures are those of table.json, within 1 %" if good else
          "the table is renewed with --write")
    agrees = page.figures("chip") == markdown(old)
    if not agrees:
        print("docs/cost.md has other figures than table.json: renew both with --write")
    return good and agrees


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true")
    what.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    programs, compiler = build()
    new = {"compiler": compiler,
           "clients": {name: count(programs / program) for name, program in CLIENTS.items()}}
    print(markdown(new))
    if asked.write:
        TABLE.write_text(json.dumps(new, indent=1) + "\n")
        page.write("chip", markdown(new))
        print("written: table.json and docs/cost.md")
    return check(new) if asked.check else True


if __name__ == "__main__":
    try:
        sys.exit(0 if main() else 1)
    except Failed as failed:
        sys.exit(f"run.py: {failed}")
