"""Builds and links a variant of the program for a chip, and reads what it takes there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or HERE / "target").resolve()
OUT = TARGET / "footprint"
SECTIONS = (".text", ".rodata", ".data", ".bss")
PACKAGES = {
    "arm-none-eabi-": "binutils-arm-none-eabi",
    "xtensa-lx106-elf-": "binutils-xtensa-lx106",
    "xtensa-lx106-elf-gcc": "gcc-xtensa-lx106",
}


class Failed(Exception):
    """What went wrong, for the one who runs this."""


def run(tool, *arguments, stdin=None):
    """Runs a tool and returns what it prints; says which Debian package has one that is missing."""
    if shutil.which(tool) is None:
        package = PACKAGES.get(tool) or PACKAGES.get(re.sub(r"[^-]*$", "", tool), tool)
        raise Failed(f"{tool} is missing: apt-get install --no-install-recommends {package}")
    done = subprocess.run([tool, *map(str, arguments)], input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{tool} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


class Chip:
    """A target of ci/build-target.sh, with its binutils."""

    def __init__(self, name, target, binutils, assembler):
        self.name = name
        self.target = target
        self.binutils = binutils
        self.assembler = assembler
        # Whoever built last; the targets may have different compilers.
        self.compiler = None

    def tool(self, name, *arguments, stdin=None):
        return run(self.binutils + name, *arguments, stdin=stdin)

    def link(self, features):
        """Builds and links the program with these features; returns the path of the ELF file."""
        directory = self.directory(features)
        code = self.compile(features)
        stubs = directory / "stubs.o"
        self.tool("as", *self.assembler, "-o", stubs, HERE / "stubs.s")
        elf = directory / "program.elf"
        self.link_in(directory, elf, code, stubs)
        return elf

    def link_in(self, _directory, elf, *objects):
        # The references are kept for the search for panics. They aren't in the chip's memory.
        self.tool("ld", "--gc-sections", "--emit-relocs", "-z", "noexecstack",
                  "-T", HERE / "chip.ld", "-o", elf, *objects)

    def compile(self, features):
        """Compiles the program with these features; returns the path of the object or the archive."""
        self.build(features)
        return TARGET / "bare-metal" / self.target / "release" / "libfootprint.a"

    def directory(self, features):
        directory = OUT / self.name / ("-".join(features) or "baseline")
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def build(self, features, *arguments):
        command = [REPOSITORY / "ci/build-target.sh", self.target, "--release", "--lib",
                   "--features", ",".join(features), *arguments]
        environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET), **self.environment()}
        with open(self.directory(features) / "build.log", "w+") as log:
            done = subprocess.run(command, cwd=HERE, env=environment, stdout=log,
                                  stderr=subprocess.STDOUT)
            log.seek(0)
            said = log.read()
        if done.returncode:
            raise Failed(f"{self.name} with {features} doesn't build:\n{said[-1500:]}")
        # With a core library of other settings the figures are others, too.
        took = re.search(r"^build-target: \S+: (rustc \S+ \([^)]*\)).*(, (its own|building) core)$",
                         said, re.MULTILINE)
        self.compiler = took.group(1) + took.group(2) if took else "unknown"

    def environment(self):
        return {}

    def sections(self, elf):
        """Bytes of each section that is in the chip's memory."""
        sizes = dict.fromkeys(SECTIONS, 0)
        for line in self.tool("size", "-A", elf).splitlines():
            fields = line.split()
            if fields and fields[0] in sizes:
                sizes[fields[0]] = int(fields[1])
        return sizes

    def sizes_of_types(self):
        """The sizes of the client's types in the program's order, as this chip's compiler lays them out."""
        code = self.compile(["client", "esp-at", "sizes"])
        symbols = re.findall(r"^[0-9a-f]+ ([0-9a-f]+) \S size (.*)$", self.tool("nm", "-S", code),
                             re.MULTILINE)
        program = (HERE / "src/sizes.rs").read_text()
        symbols.sort(key=lambda symbol: program.index(f'"{symbol[1]}"'))
        return {name: int(size, 16) for size, name in symbols}


class Lx106(Chip):
    """The ESP8266's core. LLVM's own objects for it don't link, so binutils assemble the program; what
    its libgcc lacks is the emulated firmware's (firmware/lx106)."""

    def compile(self, features):
        directory = self.directory(features)
        self.build(features, "--", f"--emit=asm={directory / 'rust.s'}")
        run(REPOSITORY / "ci/assemble-lx106.py", directory / "rust.s", directory / "rust.o")
        return directory / "rust.o"

    def link_in(self, directory, elf, *objects):
        runtime = REPOSITORY / "firmware/lx106/machine/runtime.c"
        # Without the last the compiler makes a call of memcpy out of memcpy's own loop.
        self.tool("gcc", "-mlongcalls", "-O2", "-ffreestanding", "-ffunction-sections",
                  "-fno-tree-loop-distribute-patterns", "-c", "-o", directory / "runtime.o", runtime)
        self.tool("gcc", "-mlongcalls", "-nostdlib", "-nostartfiles", "-Wl,--gc-sections",
                  "-Wl,--no-warn-rwx-segments", "-Wl,-z,noexecstack", "-T", HERE / "chip.ld",
                  "-o", elf, *objects, directory / "runtime.o", "-lgcc")

    def environment(self):
        # Nothing is attributed here, and the assembler has its own idea of lines.
        return {"CARGO_PROFILE_RELEASE_DEBUG": "0"}


ARM = "arm-none-eabi-"
THUMBV6M = Chip("thumbv6m", "thumbv6m-none-eabi", ARM, ["-mcpu=cortex-m0", "-mthumb"])
THUMBV7M = Chip("thumbv7m", "thumbv7m-none-eabi", ARM, ["-mcpu=cortex-m3", "-mthumb"])
LX106 = Lx106("lx106", "esp8266", "xtensa-lx106-elf-", ["--longcalls"])
CHIPS = (THUMBV6M, THUMBV7M, LX106)


def say(text):
    """Progress, apart from what is measured."""
    print(text, file=sys.stderr, flush=True)
