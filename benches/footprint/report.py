"""The figures as Markdown, beside their bars and beside earlier ones."""

from chip import CHIPS, SECTIONS, THUMBV7M

GET = "a GET"
SECOND = "what a GET over a second stack in the same program adds"
# Layers over a GET: what they add, the program's feature, and what it may be at most.
LAYERS = (
    ("what following redirects adds", "redirect", 2048),
    ("what a loop of one's own with `redirect()` adds in place of that", "led", None),
    ("what sending it again adds", "retry", 1024),
    ("what a loop of one's own with `Backoff` adds in place of that", "backoff", None),
    ("what Basic credentials add", "basic", 512),
    ("what a Bearer token adds", "bearer", 512),
    ("what Digest adds, with SHA-256 and MD5", "digest", 6144),
    ("what redirects, sending again and Digest add together", "layers", None),
    ("what JSON of a number adds", "json", None),
    ("what a query and a form add", "form", None),
    ("what a body of two parts adds", "multipart", None),
    ("what a stream of events adds, its body not read at once", "events", None),
    ("what a download adds, its body not read at once", "download", None),
    ("what lenient reading adds", "lenient", None),
)
# On a Cortex-M3: what, where its figure is, what it may be at most, and what it should be.
BARS = (
    ("`.text` of a GET", ("code", GET, THUMBV7M.name, ".text"), 12288, 10240),
    ("`.text` of a GET over a second stack", ("code", SECOND, THUMBV7M.name, ".text"), 3072, 2048),
    *((name, ("code", name, THUMBV7M.name, ".text"), bar, bar) for name, _, bar in LAYERS if bar),
    ("stack of a GET", ("stack", "stack_scripted_get"), 1536, 1024),
    ("size of `Error`", ("types", "Error<T, D>", THUMBV7M.name), 48, 40),
)

# What the emulated firmware measures, by its names.
STACK = {
    "stack_scripted_get": "a GET",
    "stack_scripted_get_chunked": "a GET in chunks",
    "stack_scripted_post": "a POST",
    "stack_scripted_diagnose": "`diagnose`",
}


def table(heads, rows):
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def number(figure):
    return "" if figure is None else f"{figure:,}"


def markdown(figures):
    """All figures, as they stand in docs/cost.md."""
    names = [chip.name for chip in CHIPS]
    # Sections that nothing ever adds to take no column.
    used = [section for section in SECTIONS
            if any(sizes[section] for by_chip in figures["code"].values()
                   for sizes in by_chip.values())]
    code = table(
        ["bytes"] + [f"{name} `{section}`" for name in names for section in used],
        [[variant] + [number(by_chip.get(name, {}).get(section))
                      for name in names for section in used]
         for variant, by_chip in figures["code"].items()])
    same = all(len(set(by_chip.values())) == 1 for by_chip in figures["types"].values())
    types = table(
        ["size in bytes"] + ([", ".join(names)] if same else names),
        [[f"`{name}`"] + [number(by_chip.get(chip)) for chip in names][:1 if same else None]
         for name, by_chip in figures["types"].items()])
    stack = table(
        ["stack in bytes", THUMBV7M.name],
        [[title, number(figures["stack"].get(name))] for name, title in STACK.items()])
    compilers = figures["compilers"]
    made_by = ", ".join(sorted(set(compilers.values())) if len(set(compilers.values())) == 1 else
                        [f"{name}: {by}" for name, by in compilers.items()])
    return f"{code}\n{types}\n{stack}\nMeasured with {made_by}.\n"


def bars(figures):
    """The figures that have a bar, beside it."""
    return table(
        ["bytes on a Cortex-M3", "now", "at most", "aim"],
        [[what, number(at(figures, path)), number(bar), number(aim)]
         for what, path, bar, aim in BARS])


def above(figures):
    """Lines on figures that are above their bar, or missing."""
    return [f"ABOVE ITS BAR: {what}: {number(at(figures, path)) or 'no figure'}, at most {bar:,}"
            for what, path, bar, _ in BARS if not 0 < (at(figures, path) or 0) <= bar]


def at(figures, path):
    for key in path:
        figures = figures.get(key, {})
    return figures if isinstance(figures, int) else None


def leaves(figures, path=()):
    """Each figure with its path."""
    if isinstance(figures, dict):
        for key, value in figures.items():
            yield from leaves(value, (*path, key))
    else:
        yield path, figures


def compare(old, new):
    """Lines on figures that are worse, and on those that are better, by 2 % and 16 bytes at least."""
    worse, better = [], []
    for part in ("code", "types", "stack"):
        before = dict(leaves(old.get(part, {})))
        for path, figure in leaves(new[part]):
            name = " ".join((part, *path))
            if path not in before:
                better.append(f"new: {name}: {figure:,}")
                continue
            change = figure - before.pop(path)
            was = figure - change
            if abs(change) <= 16 or abs(change) * 50 <= was:
                continue
            line = f"{name}: {was:,} -> {figure:,} ({change:+,})"
            if change < 0:
                better.append(f"better: {line}")
                continue
            made_by = [by.get(path[-2 if part == "code" else -1]) for by in
                       (old.get("compilers", {}), new["compilers"])]
            if made_by[0] == made_by[1]:
                worse.append(f"WORSE: {line}")
            else:
                worse.append(f"worse, by another compiler ({made_by[0]}, {made_by[1]}): {line}")
        worse.extend(f"WORSE: {part} {' '.join(path)}: not measured any more" for path in before)
    return worse, better
