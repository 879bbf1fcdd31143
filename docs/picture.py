#!/usr/bin/env python3
"""Draws docs/failure.svg: what the sketch says when nothing listens on the service's port.

    pip install rich
    python3 docs/picture.py
"""

import io
import subprocess
from pathlib import Path

from rich.console import Console
from rich.text import Text

REPOSITORY = Path(__file__).resolve().parent.parent
COMMAND = ["cargo", "run", "--quiet", "--example", "gate_opener", "--", "--fault", "port-refused"]
WIDTH = 100


def report():
    """The program's lines up to the end of its first report."""
    lines = []
    with subprocess.Popen(COMMAND, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as sketch:
        looking = False
        for line in sketch.stdout:
            said = line.split(maxsplit=2)[2:3] == ["why"] or " why " in line
            if looking and not said:
                break
            looking = looking or "http" in line and said
            if " loop " not in line and "turns" not in line:
                lines.append(line.rstrip())
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
        console.print(Text(line[:WIDTH], style=style(line)))
    picture = REPOSITORY / "docs/failure.svg"
    picture.write_text(console.export_svg(title="gate_opener"))
    print(f"written: {picture.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    main()
