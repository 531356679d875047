"""docs/memory.svg: a small chart a case, with a line for each allocator: what is resident over time."""

import math

from measure.chart import COLOURS, text_at
from measure.results import SUBJECT

COLUMNS, WIDTH, HEIGHT = 3, 300, 150
LEFT, RIGHT, TOP, GAP = 46, 14, 70, 62

# By the mark from which time is counted.
UNITS = {"freed": "seconds after the last free", "start": "seconds after the start"}

# Seconds that are shown of what was before the moment from which time is counted.
SECONDS_BEFORE = 1.5


def nice_step(most, count):
    """A step of 1, 2 or 5 times a power of ten, of which about `count` fit."""
    rough = max(most, 1e-9) / count
    power = 10 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough)


def ticks(low, high, count):
    step = nice_step(high - low, count)
    return [at * step for at in range(math.ceil(low / step), math.floor(high / step) + 1)]


class Panel:
    """One case: its scales, and where it stands."""

    def __init__(self, left, top, lines):
        points = [point for line in lines.values() for point in line]
        self.left, self.top = left, top
        self.first, self.last = min(at for at, _ in points), max(at for at, _ in points)
        self.most = max(mib for _, mib in points) * 1.05

    def x(self, seconds):
        return self.left + WIDTH * (seconds - self.first) / max(self.last - self.first, 1e-3)

    def y(self, mib):
        return self.top + HEIGHT * (1 - mib / self.most)

    def axes(self, title, unit):
        parts = [text_at(self.left, self.top - 10, title, weight="bold")]
        for mib in ticks(0, self.most, 4):
            y = self.y(mib)
            parts.append(line_at(self.left, y, self.left + WIDTH, y, "#e4e4e4"))
            parts.append(text_at(self.left - 6, y + 4, f"{mib:g}", "end"))
        for seconds in ticks(self.first, self.last, 6):
            x = self.x(seconds)
            parts.append(line_at(x, self.top + HEIGHT, x, self.top + HEIGHT + 4, "#888"))
            parts.append(text_at(x, self.top + HEIGHT + 17, f"{seconds:g}", "middle"))
        if self.first < 0:
            parts.append(line_at(self.x(0), self.top, self.x(0), self.top + HEIGHT, "#888", "4 3"))
        parts.append(line_at(self.left, self.top + HEIGHT, self.left + WIDTH, self.top + HEIGHT, "#888"))
        parts.append(text_at(self.left + WIDTH, self.top + HEIGHT + 31, unit, "end"))
        return parts

    def line(self, points, colour, is_subject):
        shown = " ".join(f"{x:.0f},{y:.1f}" for x, y in thinned([(self.x(at), self.y(mib)) for at, mib in points]))
        width, opacity = (2.4, 1) if is_subject else (1.4, 0.9)
        return (
            f'<polyline points="{shown}" fill="none" stroke="{colour}" stroke-width="{width}" '
            f'stroke-opacity="{opacity}" stroke-linejoin="round"/>'
        )


def line_at(x1, y1, x2, y2, colour, dashes=None):
    style = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{style}/>'


def thinned(points):
    """At most the lowest and highest of each pixel, and no points within a level line."""
    by_pixel = {}
    for x, y in points:
        by_pixel.setdefault(round(x), []).append(y)
    columns = []
    for x, ys in sorted(by_pixel.items()):
        for y in dict.fromkeys((ys[0], max(ys), min(ys), ys[-1])):
            columns.append((x, y))
    return [
        one
        for at, one in enumerate(columns)
        if not 0 < at < len(columns) - 1 or abs(columns[at - 1][1] - one[1]) + abs(columns[at + 1][1] - one[1]) > 0.1
    ]


def legend(names, colours):
    parts, x = [], LEFT
    for name in names:
        parts += [line_at(x, 40, x + 22, 40, colours[name]).replace("/>", ' stroke-width="3"/>')]
        parts.append(text_at(x + 28, 44, name))
        x += 56 + 7 * len(name)
    return parts


def chart(known, lines_of, names):
    """`lines_of` has {allocator: [(seconds, KiB)]} by the name of a case."""
    colours = {name: COLOURS[at % len(COLOURS)] for at, name in enumerate(names)}
    drawn = [case for case in known if any(lines_of.get(case.name, {}).values())]
    across = LEFT + WIDTH + RIGHT
    width = COLUMNS * across + RIGHT
    height = TOP + 12 + math.ceil(len(drawn) / COLUMNS) * (HEIGHT + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12" fill="#222">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        text_at(LEFT, 20, "Resident memory over time, MiB", weight="bold"),
        *legend(names, colours),
    ]
    for at, case in enumerate(drawn):
        lines = {
            name: [(seconds, kib / 1024) for seconds, kib in points if seconds >= -SECONDS_BEFORE]
            for name, points in lines_of[case.name].items()
        }
        panel = Panel(LEFT + at % COLUMNS * across, TOP + 12 + at // COLUMNS * (HEIGHT + GAP), lines)
        parts += panel.axes(case.name, UNITS[case.origin])
        # Arenite's is drawn last, so that it is not hidden.
        for name in sorted(lines, key=lambda one: one == SUBJECT):
            parts.append(panel.line(lines[name], colours[name], name == SUBJECT))
    return "\n".join([*parts, "</svg>"]) + "\n"
