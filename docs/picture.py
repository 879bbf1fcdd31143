#!/usr/bin/env python3
"""Draws docs/failure.svg: what the sketch says on an access point that keeps its clients from each
other.

    pip install rich
    python3 docs/picture.py
"""

import io
import subprocess
from pathlib import Path

from rich.console import Console
from rich.text import Text

REPOSITORY = Path(__file__).resolve().parent.parent
COMMAND = ["cargo", "run", "--quiet", "--example", "gate_opener", "--", "--fault", "ap-isolation"]
WIDTH = 100


def report():
    """The program's lines up to the end of its first check."""
    lines, checks = [], False
    with subprocess.Popen(COMMAND, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as sketch:
        for line in map(str.rstrip, sketch.stdout):
            says_why = " why " in line
            checks = checks or (says_why and " url " in line)
            if checks and not says_why:
                break
            # The loop goes on meanwhile, and says so each second.
            if " loop " not in line and "owner" not in line:
                lines.append(line)
        sketch.kill()
    return lines


def style(line):
    if "cause:" in line:
        return "bold red"
    if "try:" in line:
        return "bold green"
    if " why " in line:
        return "white"
    return "bright_black"


def main():
    console = Console(width=WIDTH, record=True, file=io.StringIO())
    console.print(Text("$ " + " ".join(COMMAND).replace(" --quiet", ""), style="bold"))
    for line in report():
        console.print(Text(line, style=style(line)))
    picture = REPOSITORY / "docs/failure.svg"
    picture.write_text(console.export_svg(title="gate_opener"))
    print(f"written: {picture.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    main()
