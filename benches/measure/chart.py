"""docs/performance.svg: a row a workload, and in it a dot for each allocator."""

import html
import math

from measure.results import SUBJECT

ROW, LEFT, WIDTH, RIGHT, TOP, BOTTOM = 18, 190, 620, 40, 64, 34
MOST = 8.0  # times the fastest; what takes longer is drawn at the edge
GRID = [(1.0, "1 ×"), (2**0.5, "1.4 ×"), (2.0, "2 ×"), (4.0, "4 ×"), (MOST, "8 × and more")]

COLOURS = ["#d62728", "#7f7f7f", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b"]


def place_of(multiple):
    """The x coordinate of a multiple of the fastest; the scale is logarithmic."""
    return LEFT + WIDTH * math.log2(min(multiple, MOST)) / math.log2(MOST)


def dot(x, y, colour, text, is_subject):
    shape = (
        f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" transform="rotate(45 {x:.1f} {y:.1f})"'
        if is_subject
        else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"'
    )
    return f'{shape} fill="{colour}" fill-opacity="0.85"><title>{html.escape(text)}</title>' + (
        "</rect>" if is_subject else "</circle>"
    )


def text_at(x, y, text, anchor="start", weight="normal"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{html.escape(text)}</text>'


def legend(names, colours):
    parts, x = [], LEFT
    for name in names:
        parts += [dot(x, 40, colours[name], name, name == SUBJECT), text_at(x + 9, 44, name)]
        x += 34 + 7 * len(name)
    return parts


def grid(height):
    parts = []
    for multiple, label in GRID:
        x = place_of(multiple)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - BOTTOM + 4}" stroke="#ddd"/>')
        parts.append(text_at(x, height - BOTTOM + 20, label, "middle"))
    return parts


def chart(times):
    workloads, names = times.workloads(), times.allocators()
    colours = {name: COLOURS[at % len(COLOURS)] for at, name in enumerate(names)}
    height = TOP + ROW * len(workloads) + BOTTOM
    width = LEFT + WIDTH + RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12" fill="#222">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        text_at(LEFT, 20, "Time of an operation, as a multiple of the fastest allocator's", weight="bold"),
        *legend(names, colours),
        *grid(height),
    ]
    for at, workload in enumerate(workloads):
        y = TOP + ROW * (at + 0.5)
        parts.append(text_at(LEFT - 12, y + 4, workload, "end"))
        parts.append(f'<line x1="{LEFT}" y1="{y}" x2="{LEFT + WIDTH}" y2="{y}" stroke="#eee"/>')
        medians = {name: times.median(workload, name, "ns_per_op") for name in names}
        known = {name: median for name, median in medians.items() if median}
        # Arenite's is drawn last, so that it is not hidden.
        for name in sorted(known, key=lambda one: one == SUBJECT):
            multiple = known[name] / min(known.values())
            parts.append(dot(place_of(multiple), y, colours[name], f"{name}: {multiple:.2f} ×", name == SUBJECT))
    return "\n".join([*parts, "</svg>"]) + "\n"
