"""The tables of docs/performance.md, which are printed as well."""

import os
import platform

from measure.programs import notes
from measure.results import FLOOR, LEAN_PEERS, SUBJECT
from measure.workloads import PROGRAMS, SYNTHETIC

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

TITLES = {SYNTHETIC: "Workloads", PROGRAMS: "Real programs"}

# Above this part of the processors the machine is doing something else as well.
BUSY_LOAD = 0.3

NEW_DOCUMENT = f"""# Performance

How fast Arenite is beside other allocators, and how much memory it needs. The tables and the chart are
what `scripts/bench --write` measured; `benches/workloads` has the programs.

![Time of each workload, as a multiple of the fastest](performance.svg)

{BEGIN}
{END}
"""


def machine():
    """What is worth knowing of this machine, for the document."""
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {
        "processor": model,
        "processors": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "libc": os.confstr("CS_GNU_LIBC_VERSION").removeprefix("glibc "),
        "load": round(os.getloadavg()[0], 2),
    }


def is_busy(facts):
    return facts["load"] > BUSY_LOAD * facts["processors"]


def document(old, tables):
    """The text of docs/performance.md: that which is there, with the tables in place of its own."""
    return replaced(old, BEGIN, END, tables, NEW_DOCUMENT)


def replaced(old, begin, end, content, otherwise):
    """`old`, or where that has not both comments `otherwise`, with this content between them."""
    text = old if begin in old and end in old else otherwise
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    return f"{before}{begin}\n{content.strip()}\n{end}{after}"


def tables(times, latencies, facts):
    parts = [conditions(facts), means(times)]
    for group, title in TITLES.items():
        workloads = times.workloads(group)
        if workloads:
            parts += [time_table(times, title, workloads), peak_table(times, title, workloads)]
    parts += [floor_table(times), latency_table(latencies), faults(times, latencies)]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head, rows):
    """A Markdown table; all columns but the first are right-aligned."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells):
        return "| " + " | ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ) + " |"  # fmt: skip

    rules = ["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]
    return "\n".join([line(head), f"|{'|'.join(rules)}|", *map(line, rows)])


def machine_and_versions(facts):
    versions = ", ".join(f"{name} {version}".strip() for name, version in facts["versions"].items())
    where = f"{facts['processor']}, {facts['processors']} processors, Linux {facts['kernel']}"
    return f"Measured on {where}: {versions}."


def conditions(facts):
    text = (
        f"{machine_and_versions(facts)} {facts['mode'].capitalize()} mode, medians of {facts['rounds']} rounds in which the allocators took turns."
    )
    if is_busy(facts):
        text += f" **The machine was busy with other things (load {facts['load']}): the figures are rough.**"
    return text


# ---- means ----


def means(times):
    others = [name for name in times.allocators() if name != SUBJECT]
    if SUBJECT not in times.allocators() or not others:
        return ""
    synthetic, programs = times.workloads(SYNTHETIC), times.workloads(PROGRAMS)
    kinds = [("time", "ns_per_op"), ("peak memory", "peak_kib")]
    rows = []
    for kind, value in kinds:
        for title, workloads in (("workloads", synthetic), ("programs", programs), ("all", synthetic + programs)):
            if not workloads or (title == "all" and not (synthetic and programs)):
                continue
            ratios = [times.mean_ratio(workloads, name, value) for name in others]
            ratios.append(times.mean_ratio_to_best(workloads, value))
            rows.append([f"{kind}, {title}", *(shown_mean(*one, len(workloads)) for one in ratios)])
    text = table(["Arenite over", *others, "the best of each"], rows)
    lean = [name for name in times.peers() if name in LEAN_PEERS]
    single = best_single(times, synthetic + programs, times.peers(), "ns_per_op")
    leanest = best_single(times, synthetic + programs, lean, "peak_kib")
    notes = [
        "Geometric means; below 1 is faster, or less memory. In parentheses: of how many, where some have no figure."
    ]
    if single:
        notes.append(f"Fastest single peer: {single[0]}, than which Arenite is {1 / single[1]:.2f} × as fast.")
    if leanest:
        notes.append(f"Leanest of {', '.join(lean)}: {leanest[0]}, of whose peak Arenite's is {leanest[1]:.2f} ×.")
    return "## Together\n\n" + text + "\n\n" + " ".join(notes)


def best_single(times, workloads, peers, value):
    """(name, mean ratio) of the peer against which Arenite looks worst."""
    known = [(times.mean_ratio(workloads, name, value)[0], name) for name in peers]
    known = [one for one in known if one[0]]
    return max(known)[::-1] if known else None


def shown_mean(ratio, count, total):
    if ratio is None:
        return "–"
    return f"{ratio:.2f}" if count == total else f"{ratio:.2f} ({count})"


# ---- one line a workload ----


def shown_ratio(ratio):
    return "–" if ratio is None else f"{ratio:.2f}"


def shown_share(share):
    return "–" if share is None else f"{share * 100:.0f} %"


UNITS = [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)]


def unit_for(numbers):
    known = [number for number in numbers if number is not None]
    return max((one for one in UNITS if known and min(known) >= one[1] * 2), key=lambda one: one[1], default=UNITS[0])


def digits(number):
    """Three digits that matter."""
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 100 else f"{number:.0f}"


def time_table(times, title, workloads):
    names = times.allocators()
    rows = []
    for workload in workloads:
        medians = [times.median(workload, name, "ns_per_op") for name in names]
        unit, scale = unit_for(medians)
        cells = [
            digits(median / scale) if median is not None else short(times.fault(workload, name))
            for name, median in zip(names, medians, strict=True)
        ]
        best = times.best_peer(workload, "ns_per_op")
        spread = times.spread(workload, SUBJECT, "ns_per_op")
        ratio = times.ratio_to_best(workload, "ns_per_op")
        rows.append([workload, unit, *cells, best[0] if best else "–", shown_ratio(ratio), shown_share(spread)])
    head = ["time of an operation", "in", *names, "best peer", "arenite / best", "spread"]
    return (
        f"## {title}: time\n\n{table(head, rows)}\n\n"
        "Spread: the distance between the quartiles of Arenite's rounds, as a part of their median."
        f"{notes(workloads)}"
    )


def peak_table(times, title, workloads):
    names = times.allocators()
    rows = []
    for workload in workloads:
        medians = [times.median(workload, name, "peak_kib") for name in names]
        cells = ["–" if median is None else digits(median / 1024) for median in medians]
        best = times.best_peer(workload, "peak_kib")
        ratio = times.ratio_to_best(workload, "peak_kib")
        rows.append([workload, *cells, best[0] if best else "–", shown_ratio(ratio)])
    return f"## {title}: peak memory\n\n" + table(["resident, MiB", *names, "best peer", "arenite / best"], rows)


def short(fault):
    """A fault in a cell; the whole text is in the list below the tables."""
    return "hangs" if fault == "hangs" else "not run" if fault == "not run" else "fails"


def floor_table(times):
    rows = []
    for workload in times.workloads():
        floor, own = (times.median(workload, name, "ns_per_op") for name in (FLOOR, SUBJECT))
        best = times.best_peer(workload, "ns_per_op")
        if floor is None:
            continue
        ratios = [one / floor if one is not None else None for one in (own, best[1] if best else None)]
        numbers = ["–" if one is None else digits(one) for one in (floor, own, best[1] if best else None)]
        rows.append([workload, *numbers, *map(shown_ratio, ratios)])
    if not rows:
        return ""
    head = ["ns a pair", "empty library", "arenite", "best peer", "arenite / empty", "best peer / empty"]
    return (
        "## The floor\n\nAn empty library, whose `malloc` returns a constant and whose `free` returns, costs what "
        "two calls cost.\n\n" + table(head, rows)
    )


def latency_table(latencies):
    rows = []
    for name in latencies.allocators():
        fault = latencies.fault("latency", name)
        if fault:
            rows.append([name, *["fails"] * 6])
            continue
        medians = [latencies.median("latency", name, value) for value in ("p50", "p99", "p99.9", "max")]
        leasts = [latencies.least("latency", name, value) for value in ("max", "quiet_max")]
        rows.append([name, *(f"{one:,.0f}" for one in medians + leasts)])
    if not rows:
        return ""
    head = ["ns a call", "p50", "p99", "p99.9", "longest", "longest, least of rounds", "quiet, least of rounds"]
    overhead = latencies.median("latency", latencies.rows[0]["allocator"], "overhead")
    cost = f", with the {overhead:.0f} ns that reading the clock costs" if overhead is not None else ""
    return (
        "## Single calls\n\n`malloc`, `free` and `realloc` in a mixed workload with sizes up to 8 MiB, each timed "
        f"with the time-stamp counter{cost}. The calls are the same in each round, so what the longest takes in *every* "
        "round is the allocator's doing; quiet calls are those without a page fault or a switch to another thread.\n\n"
        + table(head, rows)
    )


def faults(*all_results):
    lines = []
    for results in all_results:
        for workload in results.workloads():
            for name in results.allocators():
                fault = results.fault(workload, name)
                if fault:
                    lines.append(f"- {name}, {workload}: {fault}")
    return "## What failed\n\n" + "\n".join(lines) if lines else ""


def faults_of(name, *all_results):
    """(workload, fault) of one allocator."""
    return [
        (workload, results.fault(workload, name))
        for results in all_results
        for workload in results.workloads()
        if results.fault(workload, name) not in ("", "not run")
    ]
