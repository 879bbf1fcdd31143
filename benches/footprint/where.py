"""Whose code the bytes of a program are, and who refers to panics and formatting in it."""

import bisect
import re
from collections import Counter
from pathlib import Path

from chip import HERE, REPOSITORY

CRATES = tuple(REPOSITORY / source for source in ("src", "crates/nal-link/src", "crates/esp-at/src"))
PROGRAM = (HERE / "src",)
NAMELESS = "(nameless)"


class Program:
    """A linked program of an ARM chip, with its lines."""

    def __init__(self, chip, elf):
        self.chip = chip
        self.elf = elf
        self.code = self._instructions()
        symbols = re.findall(r"^([0-9a-f]+) (?:([0-9a-f]+) )?[tTrRdDbBwWvV] (.+)$",
                             chip.tool("nm", "-S", "-C", "-n", elf), re.MULTILINE)
        # Start, size and name. ($t and $d mark code and constants within a function.)
        self.symbols = [(int(at, 16) & ~1, int(size or "0", 16), name)
                        for at, size, name in symbols if not re.match(r"\$[tda]", name)]
        self._starts = [at for at, _, _ in self.symbols]
        flash = elf.with_suffix(".bin")
        chip.tool("objcopy", "-O", "binary", "-j", ".text", "-j", ".rodata", elf, flash)
        self.flash = flash.read_bytes()

    def _instructions(self):
        """Address to length and text of all that the disassembler shows, constants included."""
        lines = re.findall(r"^\s+([0-9a-f]+):\t([0-9a-f ]+?)\s*\t(.*)$",
                           self.chip.tool("objdump", "-d", "-C", "-j", ".text", self.elf),
                           re.MULTILINE)
        return {int(at, 16): (len(code.replace(" ", "")) // 2, text) for at, code, text in lines}

    def symbol(self, address):
        """The name of the function or the constant that the address is in."""
        found = bisect.bisect_right(self._starts, address) - 1
        if found >= 0:
            start, size, name = self.symbols[found]
            if address < start + max(size, 1):
                return name
        return NAMELESS

    def frames(self, addresses):
        """For each address the inlined functions and their files and lines, the innermost first."""
        addresses = sorted(addresses)
        said = self.chip.tool("addr2line", "-e", self.elf, "-a", "-f", "-i", "-C",
                              stdin="\n".join(map(hex, addresses)))
        frames = {}
        lines = iter(said.splitlines())
        for line in lines:
            if re.fullmatch(r"0x[0-9a-f]+", line):
                current = frames.setdefault(int(line, 16), [])
            else:
                current.append((line, next(lines)))
        return frames


def inside(location, roots):
    """The file and line below one of `roots`, or `None`."""
    path, _, line = location.partition(" ")[0].rpartition(":")
    path = Path(path)
    if any(path.is_relative_to(root) for root in roots):
        return f"{path.relative_to(REPOSITORY)}:{line}"
    return None


def short(name):
    """A function's name without the types that it was made for, which are the same everywhere."""
    name, count = name.replace("->", "").replace("safe_http_client::", ""), 1
    while count:
        name, count = re.subn(r"(?<=[\w:])<[^<>]*>", "", name)
    return re.sub(r"^<([^<> ]*)>", r"\1", name).rstrip(":")


def attribute(program):
    """Bytes of .text by file of the crates, and by function with the number of its copies. Of inlined
    functions the innermost that is the crates' own counts: core's are in it."""
    files, functions, copies = Counter(), Counter(), {}
    frames = program.frames(program.code)
    for address, (length, _) in program.code.items():
        stack = frames.get(address, [])
        symbol = program.symbol(address)
        file, function, outer = "(not the crates')", short(symbol), ()
        for depth, (name, location) in enumerate(stack):
            if place := inside(location, CRATES):
                file, function = place.rpartition(":")[0], short(name)
                # A copy is told by where it was inlined, down to the function that is there.
                outer = tuple(location for _, location in stack[depth + 1:])
                break
        files[file] += length
        functions[file, function] += length
        copies.setdefault((file, function), set()).add((symbol, outer))
    return files, [(count, len(copies[key]), *key) for key, count in functions.most_common()]


# Functions of the two modules, and core::fmt's for the primitive types.
FORBIDDEN = re.compile(r"[<&]*core::(panicking|fmt)\b|<[&\w\[\]]+ as core::fmt::")


def forbidden(program):
    """The functions and constants of panicking and formatting in the program."""
    return sorted({name for _, _, name in program.symbols if FORBIDDEN.match(name)})


def culprits(program, roots):
    """Where code of `roots` leads to panicking or formatting: a list of (place, function, symbol).

    References are followed up through functions that aren't inlined and are nobody's of this
    repository (core's, a dependency's), until one is met that is."""
    references = list(program_references(program))
    frames = program.frames({at for at, _ in references})
    found, seen = set(), set()
    waiting = [(name, name) for name in forbidden(program)]
    while waiting:
        target, symbol = waiting.pop()
        if target in seen or target == NAMELESS:
            continue
        seen.add(target)
        for address, name in references:
            if name != target:
                continue
            owner = owned(frames.get(address, []))
            if owner is None:
                waiting.append((program.symbol(address), symbol))
            elif place := inside(owner[1], roots):
                found.add((place, short(owner[0]), symbol))
    return sorted(found)


def owned(frames):
    """The innermost of the inlined functions that is this repository's."""
    for name, location in frames:
        if inside(location, CRATES + PROGRAM):
            return name, location
    return None


def program_references(program):
    """Each reference in the program: the address of who refers, and the symbol."""
    said = program.chip.tool("readelf", "-r", "-W", program.elf)
    # Those of the lines are none of the chip's.
    said = "".join(part for part in said.split("Relocation section ")
                   if re.match(r"'\.rel\.(text|rodata|data)'", part))
    entries = re.findall(r"^([0-9a-f]+)\s+[0-9a-f]+\s+(R_ARM_\S+)\s+([0-9a-f]+)", said, re.MULTILINE)
    # Who loads a constant from behind a function is the instruction, not the constant.
    loads = {}
    for at, (_, text) in program.code.items():
        if constant := re.search(r"@ \(?([0-9a-f]+) <|; \(?([0-9a-f]+) <", text):
            loads.setdefault(int(constant.group(1) or constant.group(2), 16), at)
    for at, kind, value in entries:
        at, value = int(at, 16), int(value, 16)
        if kind == "R_ARM_ABS32" and at + 4 <= len(program.flash):
            # The entry may name no more than the section; the word is what is meant.
            value = int.from_bytes(program.flash[at:at + 4], "little")
        yield loads.get(at, at), program.symbol(value & ~1)
