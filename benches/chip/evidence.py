#!/usr/bin/env python3
"""The instructions that a GET which succeeds spends on what a failure would tell: with what notes it in the
client's source, less without, each built and counted as run.py does it.

    benches/chip/evidence.py

What is noted of a GET that succeeds stands in NOTES, each as it is written in the source and as it is without
(where something else depends on it, no more than that remains). What is kept for other reasons, as the deadlines'
times, the status and the place in the head, isn't counted. A note that isn't found ends the program, so that
none goes uncounted unnoticed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import run

# What is noted, how it is written, and what it is without.
NOTES = [
    # Whether something was sent decides what a timeout is.
    ("bytes sent", r"self\.sent = self\.sent\.saturating_add\([^;]*\);", "self.sent |= 1;"),
    # Whether something came decides whether a request may be repeated.
    ("bytes received", r"if let Some\(received\) = [^}]*}", "self.received |= 1;"),
    # Data that remains is counted anyway.
    ("chunks' sizes", r"self\.parser\.fields\.chunk\([^;]*;", ""),
    # An excerpt of a head that may answer with the password isn't shown.
    ("whether there is a secret", r"\b[a-z_.]*\.has_secret = [a-z_.]*;", ""),
    ("", r"=> self\.head\.has_secret = true,", "=> {}"),
    ("", r"has_secret: false,", ""),
    ("", r"pub\(crate\) has_secret: bool,", ""),
    ("", r"self\.endpoint\.has_secret\b", "false"),
]


def without_notes(repository):
    """Takes the notes out of a copy."""
    files = {path: path.read_text() for path in sorted((repository / "src").rglob("*.rs"))}
    for what, written, instead in NOTES:
        found = 0
        for path, text in files.items():
            files[path], times = re.subn(written, instead, text)
            found += times
        if not found:
            raise run.Failed(f"no line is like {written} any more ({what or 'as above'}): look at NOTES")
    for path, text in files.items():
        path.write_text(text)


def main():
    programs, compiler = run.build()
    with_notes = run.count(programs / "ours")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=run.REPOSITORY, check=True, stdout=subprocess.PIPE)
    with tempfile.TemporaryDirectory() as copy:
        copy = Path(copy)
        for name in filter(None, listed.stdout.decode().split("\0")):
            source = run.REPOSITORY / name
            if source.is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, copy / name)
        without_notes(copy)
        os.environ["CARGO_TARGET_DIR"] = str(programs.parents[2] / "evidence")
        programs, _ = run.build("--bin", "ours", here=copy / run.HERE.relative_to(run.REPOSITORY))
        without = run.count(programs / "ours")
    print("| instructions of a GET | with what is noted | without | of it |\n|---|---:|---:|---:|")
    for case, figures in with_notes.items():
        with_them, without_them = figures["instructions"], without[case]["instructions"]
        print(f"| {case} | {with_them:,} | {without_them:,} | {with_them - without_them} |")
    print(f"\nMeasured with {compiler}.")


if __name__ == "__main__":
    try:
        main()
    except run.Failed as failed:
        sys.exit(f"evidence.py: {failed}")
