"""docs/cost.md, into which the commands beside this write their figures."""

from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs/cost.md"


def _parts(name):
    """What stands before a section's figures, the figures, and what stands behind them."""
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"
    before, found, rest = PAGE.read_text().partition(begin)
    figures, ended, after = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"{PAGE.name} has no marks for the figures: {name}:begin, {name}:end")
    return before + begin, figures, end + after


def figures(name):
    """The figures of a section."""
    return _parts(name)[1]


def write(name, new):
    """Puts new ones in their place."""
    before, _, after = _parts(name)
    PAGE.write_text(before + new + after)
