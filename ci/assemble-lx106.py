#!/usr/bin/env python3
"""Assembles what the compiler made for the ESP8266's core.

    ci/assemble-lx106.py PROGRAM.s PROGRAM.o

LLVM's back end for Xtensa is young. It calls each function through a register, which the linker can't shorten to a
`call0`; it masks with constants where the core has `extui`, and compares with them where it has `beqz`; it sums up
addresses in the frame that fit into the load itself. That is a tenth of the flash. Each function is rewritten here,
instruction by instruction, until nothing more is found; one with an instruction that isn't known stays as it is.
Alignment of branches' targets is left out, too.

The firmware of firmware/lx106 and firmware/lx106-lwip is assembled by this, and runs its tests in QEMU.
"""

import re
import subprocess
import sys
from pathlib import Path

# The registers (call0 ABI): a0 holds the return address, a1 the stack, a2 to a7 arguments; a12 to a15 are the caller's.
ALL = frozenset(f"a{number}" for number in range(16))
ARGUMENTS = frozenset(f"a{number}" for number in range(1, 8))
LOST_IN_A_CALL = frozenset(f"a{number}" for number in (0, *range(2, 12)))
ALIVE_AT_RETURN = frozenset(f"a{number}" for number in (*range(6), *range(12, 16)))

INVERSE = {"beq": "bne", "bltu": "bgeu", "blt": "bge", "beqz": "bnez", "bltz": "bgez", "beqi": "bnei",
           "blti": "bgei", "bltui": "bgeui", "bbci": "bbsi", "bbc": "bbs", "bany": "bnone", "ball": "bnall"}
INVERSE |= {inverse: name for name, inverse in INVERSE.items()}
STORES = {"s8i": 1, "s16i": 2, "s32i": 4}
LOADS = {"l8ui": 1, "l16ui": 2, "l16si": 2, "l32i": 4}
# They set no register of these.
OTHERS = {"ssl", "ssr", "ssai", "memw", "j", "jx"}
# They do nothing but set their first operand.
SETTERS = {"movi", "or", "l32r", "and", "extui", "addi", "addmi", "add", "slli", "srli", "srai", "sub", "xor",
           "addx2", "addx4", "addx8", "subx2", "subx4", "subx8", "neg", "mull", "sll", "srl", "sra", "src",
           *LOADS}
# They set it or leave it.
CONDITIONAL = {"moveqz", "movnez", "movltz", "movgez"}
# The constants that a branch takes.
UNSIGNED = {2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256}
SIGNED = {-1, 1} | UNSIGNED


class Line:
    """A line of the program: an instruction, a label, or what is neither."""

    def __init__(self, text):
        self.text, self.name, self.operands, self.label = text, None, [], None
        code = text.split("#")[0].strip()
        if match := re.fullmatch(r"([\w.$]+):", code):
            self.label = match[1]
        elif code and not code.startswith("."):
            self.name, *rest = code.split(None, 1)
            self.operands = [operand.strip() for operand in rest[0].split(",")] if rest else []

    def set(self, name, *operands):
        self.text, self.name, self.operands = f"\t{name}\t{', '.join(operands)}", name, list(operands)

    def drop(self):
        self.text, self.name, self.operands = "", None, []

    def writes_and_reads(self):
        """The registers that it sets for sure, and those that it looks at."""
        registers = [operand for operand in self.operands if operand in ALL]
        if self.name in ("call0", "callx0"):
            return LOST_IN_A_CALL, ARGUMENTS.union(registers)
        if self.name == "ret":
            return frozenset(), ALIVE_AT_RETURN
        if self.name in SETTERS:
            return frozenset(registers[:1]), frozenset(registers[1:])
        if self.name in CONDITIONAL | OTHERS or self.name in STORES or self.name in INVERSE:
            return frozenset(), frozenset(registers)
        raise KeyError(self.name)


class Function:
    def __init__(self, lines, literals):
        self.lines, self.literals, self.changed = lines, literals, False

    def rewrite(self):
        self.call_directly()
        self.changed = True
        while self.changed:
            self.changed = False
            self.drop_unread()
            self.add_once()
            self.use_constants()
            self.jump_less()

    def set(self, line, *instruction):
        line.set(*instruction)
        self.changed = True

    def drop(self, *lines):
        for line in lines:
            line.drop()
        self.changed = True

    def alive(self):
        """For each line the registers that are read later, before they are set."""
        places = {line.label: place for place, line in enumerate(self.lines) if line.label}
        effects = [line.writes_and_reads() if line.name else None for line in self.lines]
        before = [frozenset()] * (len(self.lines) + 1)

        def behind(place):
            line, target = self.lines[place], self.lines[place].operands[-1:]
            there = before[places[target[0]]] if target and target[0] in places else ALL
            if line.name in ("j", "jx"):
                return there
            if line.name == "ret":
                return frozenset()
            return before[place + 1] | there if line.name in INVERSE else before[place + 1]

        steady = False
        while not steady:
            steady = True
            for place in reversed(range(len(self.lines))):
                now = before[place + 1]
                if effects[place]:
                    writes, reads = effects[place]
                    now = behind(place) - writes | reads
                if now != before[place]:
                    before[place], steady = now, False
        return [behind(place) if line.name else before[place + 1] for place, line in enumerate(self.lines)]

    def next(self, place):
        """The place of the instruction behind, if nobody can jump in between."""
        for place in range(place + 1, len(self.lines)):
            if self.lines[place].label:
                return None
            if self.lines[place].name:
                return place
        return None

    def call_directly(self):
        for place, line in enumerate(self.lines):
            if line.name != "callx0":
                continue
            for earlier in reversed(self.lines[:place]):
                if earlier.name == "l32r" and earlier.operands[0] == line.operands[0]:
                    function = self.literals.get(earlier.operands[1], "0")
                    if not re.match(r"-?\d", function):
                        line.set("call0", function)
                    break
                if earlier.label or line.operands[0] in earlier.operands or earlier.name in INVERSE \
                        or earlier.name in ("call0", "callx0", "j", "jx", "ret"):
                    break

    def drop_unread(self):
        alive = self.alive()
        for place, line in enumerate(self.lines):
            # (A load may be of a register of the hardware.)
            if line.name in SETTERS and line.name not in LOADS and line.operands[0] not in alive[place]:
                self.drop(line)

    def add_once(self):
        """`addi a8, a1, -32` and `mov a1, a8`; an offset of its own in front of the load that has one."""
        alive = self.alive()
        for place, line in enumerate(self.lines):
            if line.name == "addi" and line.operands[2] == "0":
                register, source = line.operands[:2]
                self.set(line, "or", register, source, source)
            if line.name == "or" and line.operands[0] == line.operands[1] == line.operands[2]:
                self.drop(line)
            second = self.next(place)
            if line.name not in ("addi", "add", "movi") or second is None:
                continue
            register, then = line.operands[0], self.lines[second]
            is_copied = then.name == "or" and then.operands == ["a1", register, register]
            if line.name != "movi" and is_copied and "a1" in line.operands and register not in alive[second]:
                self.set(line, line.name, "a1", *line.operands[1:])
                self.drop(then)
            third = self.next(second)
            if line.name == "movi" and third is not None and then.name == "add" and then.operands[0] == register \
                    and sorted(then.operands[1:]) == sorted(["a1", register]):
                self.add_to_frame(line, then, self.lines[third], register not in alive[third])

    def add_to_frame(self, constant, addition, use, is_last):
        """`movi a8, 300`, `add a8, a1, a8` and `l8ui a9, a8, 4`."""
        register, offset = constant.operands[0], int(constant.operands[1])
        size = (LOADS | STORES).get(use.name)
        if size and use.operands[1] == register and (use.name in LOADS or use.operands[0] != register):
            offset += int(use.operands[2])
            # What is loaded may take the address's place.
            if offset < 0 or offset > 32_512 or offset % size or not is_last and use.operands[0] != register:
                return
            if offset <= 255 * size:
                self.drop(constant, addition)
                self.set(use, use.name, use.operands[0], "a1", str(offset))
            else:
                self.drop(constant)
                self.set(addition, "addmi", register, "a1", str(offset & ~255))
                self.set(use, use.name, use.operands[0], register, str(offset & 255))
        elif use.name == "addi" and use.operands[1] == register and (is_last or use.operands[0] == register):
            offset, result = offset + int(use.operands[2]), use.operands[0]
            if -128 <= offset <= 127:
                self.drop(constant, addition)
                self.set(use, "addi", result, "a1", str(offset))
            elif -2048 <= offset <= 2047:
                self.set(constant, "movi", result, str(offset))
                self.set(addition, "add", result, "a1", result)
                self.drop(use)

    def use_constants(self):
        """Instructions that have the constant in them. `drop_unread` then takes the `movi`."""
        known = {}
        for line in self.lines:
            if line.label:
                known = {}
            if not line.name:
                continue
            first, second, *rest = *line.operands, None, None
            if line.name == "and":
                for mask, other in ((line.operands[1], line.operands[2]), (line.operands[2], line.operands[1])):
                    bits = known.get(mask, 0).bit_length()
                    if 0 < bits <= 16 and known[mask] == (1 << bits) - 1:
                        self.set(line, "extui", first, other, "0", str(bits))
                        break
            elif line.name in ("beq", "bne"):
                for constant, other in ((first, second), (second, first)):
                    if known.get(constant) == 0:
                        self.set(line, line.name + "z", other, rest[0])
                        break
                    if known.get(constant) in SIGNED:
                        self.set(line, line.name + "i", other, str(known[constant]), rest[0])
                        break
            elif line.name in ("bltu", "bgeu", "blt", "bge"):
                if known.get(second) in (UNSIGNED if line.name.endswith("u") else SIGNED):
                    name = line.name.removesuffix("u") + ("ui" if line.name.endswith("u") else "i")
                    self.set(line, name, first, str(known[second]), rest[0])
            elif line.name == "movi":
                if known.get(first) == int(second):
                    self.drop(line)
                else:
                    known[first] = int(second)
                continue
            if line.name in SETTERS | CONDITIONAL:
                known.pop(line.operands[0], None)
            elif line.name in ("call0", "callx0"):
                known = {register: value for register, value in known.items() if register not in LOST_IN_A_CALL}

    def jump_less(self):
        """A branch over a jump, and a jump to where it goes anyway."""
        def leads_to(place, label):
            for line in self.lines[place + 1:]:
                if line.name or line.label == label:
                    return line.label == label
            return False

        for place, line in enumerate(self.lines):
            if line.name == "j" and leads_to(place, line.operands[0]):
                self.drop(line)
            after = self.next(place) if line.name in INVERSE else None
            if after is not None and self.lines[after].name == "j" and leads_to(after, line.operands[-1]):
                self.set(line, INVERSE[line.name], *line.operands[:-1], self.lines[after].operands[0])
                self.drop(self.lines[after])


def rewritten(text):
    lines = [Line(line) for line in text.splitlines()]
    literals = dict(re.findall(r"^\s*\.literal (\S+), (\S+)$", text, re.MULTILINE))
    place = 1
    while place < len(lines):
        if lines[place].label and re.search(r"\.type\s.*@function", lines[place - 1].text):
            end = next(at for at in range(place, len(lines)) if (lines[at].label or "").startswith(".Lfunc_end"))
            function = Function([Line(line.text) for line in lines[place:end]], literals)
            try:
                function.rewrite()
                lines[place:end] = function.lines
            except KeyError as unknown:
                print(f"assemble-lx106: {lines[place].label} stays as it is: {unknown}", file=sys.stderr)
            place = end
        place += 1
    used = {line.operands[1] for line in lines if line.name == "l32r"}
    return "".join(line.text + "\n" for line in lines
                   if not (match := re.match(r"\s*\.literal (\S+), ", line.text)) or match[1] in used)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, made = Path(sys.argv[1]), sys.argv[2]
    shorter = program.with_suffix(".lx106.s")
    shorter.write_text(rewritten(program.read_text()))
    sys.exit(subprocess.run(["xtensa-lx106-elf-as", "--longcalls", "--no-target-align", "-o", made, shorter]).returncode)


if __name__ == "__main__":
    main()
