#!/usr/bin/env python3
"""What a GET costs on a chip.

    python3 benches/footprint/measure.py              builds, measures and prints
    python3 benches/footprint/measure.py --check      and compares with table.json and docs/cost.md
    python3 benches/footprint/measure.py --write      and writes them
    python3 benches/footprint/measure.py --where      whose bytes of .text they are
    python3 benches/footprint/measure.py --panics     who may panic or format
    python3 benches/footprint/measure.py --self-test  whether a panic would be found

It takes what ci/build-target.sh takes, and Debian's binutils-arm-none-eabi, binutils-xtensa-lx106 and
gcc-xtensa-lx106 (all in `ci/install-packages.sh targets`). The build goes to benches/footprint/target,
or to CARGO_TARGET_DIR.
"""

import argparse
import json
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.append(str(Path(__file__).resolve().parent.parent))

import page
import report
import where
from chip import CHIPS, HERE, REPOSITORY, THUMBV6M, THUMBV7M, Failed, say

TABLE = HERE / "table.json"
# The figures of a run of the emulated firmware, as its README records them.
RECORDED_STACK = REPOSITORY / "firmware/cortex-m3/README.md"

CLIENT = ["client", "advice"]
REQWLESS = "reqwless 0.14"
NANOFISH = "nanofish 0.14"
# Name, the program's features, and the chips, where it isn't built for all.
VARIANTS = (
    (report.GET, CLIENT, CHIPS),
    ("a GET of a URL that the compiler has checked (`url!`)", [*CLIENT, "checked"], (THUMBV7M,)),
    ("a GET over `EspAt`", [*CLIENT, "esp-at"], CHIPS),
    ("a GET, and the likeliest cause by its number", [*CLIENT, "cause"], (THUMBV7M,)),
    ("a GET, diagnosed by numbers", ["client", "codes"], CHIPS),
    ("a GET, diagnosed in words", [*CLIENT, "texts"], CHIPS),
    # The LX106's assembler doesn't take the names of defmt's symbols.
    ("a GET, its error logged by defmt", [*CLIENT, "defmt"], (THUMBV6M, THUMBV7M)),
    ("a GET, async", ["asynch"], (THUMBV7M,)),
    (REQWLESS, ["reqwless"], (THUMBV7M,)),
    (NANOFISH, ["nanofish"], (THUMBV7M,)),
)
# Name, and the features that the GET has more then.
LAYERS = tuple((name, [*CLIENT, feature], (THUMBV7M,)) for name, feature, _ in report.LAYERS)
# Name, and the variant that is over two stacks then: what is there for one doesn't count.
SECONDS = (
    (report.SECOND, report.GET),
    (f"the same with {REQWLESS}", REQWLESS),
    (f"the same with {NANOFISH}", NANOFISH),
)


def measure(stack_file):
    """All figures: of the code, of the types and of the stack, with the compilers that made them."""
    code = {name: {} for name, *_ in VARIANTS + LAYERS + SECONDS}
    types = {}
    for chip in CHIPS:
        without = sections(chip)
        for name, features, chips in VARIANTS:
            if chip in chips:
                code[name][chip.name] = less(sections(chip, features), without)
        for name, features, chips in LAYERS:
            if chip in chips:
                both = less(sections(chip, features), without)
                code[name][chip.name] = less(both, code[report.GET][chip.name])
        without = sections(chip, ["second"])
        for name, first in SECONDS:
            features, chips = variant(first)
            if chip in chips:
                both = less(sections(chip, [*features, "second"]), without)
                code[name][chip.name] = less(both, code[first][chip.name])
        say(f"{chip.name}: sizes of types")
        for name, size in chip.sizes_of_types().items():
            types.setdefault(name, {})[chip.name] = size
    stack = dict(re.findall(r"figure (stack_scripted_\w+) (\d+)", stack_file.read_text()))
    return {
        "compilers": {chip.name: chip.compiler for chip in CHIPS},
        "code": code,
        "types": types,
        "stack": {name: int(figure) for name, figure in stack.items()},
    }


def sections(chip, features=()):
    """Bytes of each section of the program with these features."""
    say(f"{chip.name}: {' '.join(features) or 'the program without a client'}")
    return chip.sections(chip.link(list(features)))


def less(sizes, others):
    """What is more in the first."""
    return {section: sizes[section] - others[section] for section in sizes}


def variant(name):
    """Its features, and its chips."""
    return next((features, chips) for known, features, chips in VARIANTS if known == name)


def features_of(name):
    """The features of the first variant that has this in its name."""
    for known, features, _ in VARIANTS + LAYERS:
        if name in known:
            return features
    for known, first in SECONDS:
        if name in known:
            return [*variant(first)[0], "second"]
    raise Failed(f"no variant is called {name!r}")


def panics(features, roots=where.CRATES):
    """Prints who of `roots` may panic or format; returns whether somebody does."""
    # On this chip every reference to a constant is a word in memory, which can be followed.
    program = where.Program(THUMBV6M, THUMBV6M.link(features))
    symbols = where.forbidden(program)
    print(f"{len(symbols)} functions of core::panicking and core::fmt in the program")
    for symbol in symbols:
        print(f"  {symbol}")
    culprits = where.culprits(program, roots)
    for place, function, symbol in culprits:
        print(f"{place}: {function} leads to {symbol}")
    if not culprits:
        print("none is reached from", ", ".join(str(root.relative_to(REPOSITORY)) for root in roots))
    return bool(culprits)


def self_test():
    """Whether a panic is found: the program indexes on purpose."""
    found = panics([*CLIENT, "panics"], where.PROGRAM)
    print("self-test: the panic was found" if found else "self-test: the panic WASN'T found")
    return found


def attribution(features):
    files, functions = where.attribute(where.Program(THUMBV7M, THUMBV7M.link(features)))
    print(f"{sum(files.values())} bytes of .text on {THUMBV7M.name}, by file:")
    for file, count in files.most_common():
        print(f"{count:7}  {file}")
    print("\nby function, with the number of its copies:")
    for count, copies, file, function in functions:
        print(f"{count:7} {copies:3}  {file}  {function}")


def check(new):
    """Prints what has changed and what is above its bar; returns whether nothing is worse."""
    if not TABLE.exists():
        raise Failed(f"{TABLE.name} is missing: make it with --write")
    old = json.loads(TABLE.read_text())
    worse, better = report.compare(old, new)
    above = report.above(new)
    agrees = page.figures("footprint") == report.markdown(old)
    for line in worse + better + above:
        print(line)
    if not agrees:
        print("docs/cost.md has other figures than table.json: renew both with --write")
    elif better and not worse:
        print("the table can be renewed with --write")
    elif not worse:
        print("the figures are those of table.json, within 2 %")
    # A bar is a goal, which the table may miss; that nothing gets worse is the check.
    return agrees and not any(line.startswith("WORSE") for line in worse)


def write(new):
    TABLE.write_text(json.dumps(new, indent=1) + "\n")
    page.write("footprint", report.markdown(new))
    print("written: table.json and docs/cost.md")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true")
    what.add_argument("--write", action="store_true")
    # A variant is named by a part of its name.
    what.add_argument("--where", metavar="VARIANT", nargs="?", const="a GET")
    what.add_argument("--panics", metavar="VARIANT", nargs="?", const="a GET")
    what.add_argument("--self-test", action="store_true")
    parser.add_argument("--stack", metavar="FILE", type=Path, default=RECORDED_STACK,
                        help="what firmware/cortex-m3 printed: `figure NAME BYTES`")
    asked = parser.parse_args()
    if asked.where:
        attribution(features_of(asked.where))
        return True
    if asked.panics:
        return not panics(features_of(asked.panics))
    if asked.self_test:
        return self_test()
    new = measure(asked.stack)
    print(report.markdown(new))
    print(report.bars(new))
    good = not panics(CLIENT)
    if asked.check:
        good &= check(new)
    if asked.write:
        write(new)
    return good


if __name__ == "__main__":
    try:
        sys.exit(0 if main() else 1)
    except Failed as failed:
        sys.exit(f"measure: {failed}")
