"""Counts locks and shared cache lines on a library that was built for it, and makes tables of them."""

import csv
import os
import statistics
import time

from measure import Failure, build, report, run, workloads

ROUNDS = 3

# Below this part of its time the machine is doing something else as well.
IDLE = 0.9

BEGIN, END = "<!-- counts: begin -->", "<!-- counts: end -->"
HEADING = "## Locks and shared cache lines"
CSV = os.path.join(build.FOLDER, "counts.csv")

# Columns, and the prefixes of the names (src/sync/tally.rs) that each of them adds up.
OTHERS = ["other", "choice", "queue", "regions", "metadata", "mapped", "stacks", "threads"]
LOCKS = {
    "arena locks": ["locks.arena"],
    "other locks": [f"locks.{kind}" for kind in OTHERS],
    "contended": ["contended."],
    "turned away": ["turned_away."],
    "sleeps": ["sleeps"],
    "shared lines written": ["lines."],
}
LINES = {
    "arena locks": ["lines.lock.arena"],
    "other locks": [f"lines.lock.{kind}" for kind in OTHERS],
    "slabs": ["lines.slab"],
    "remote frees": ["lines.remote_"],
    "unit map": ["lines.unit_map"],
    "counters": ["lines.counter"],
}

NOTE = f"""\
Medians of a million operations each, an operation being a block that is allocated and freed. Each thread does a million
(in `server`, 20 threads one after the other do; `brief-threads` has {workloads.BRIEF_THREADS:,} threads with
{workloads.BRIEF_BLOCKS} blocks each). Contended: a thread found the lock held and waited. Turned away: it found an
arena's lock held and left its blocks in the arena's queue. A shared line is one that another thread wrote last;
`src/sync/counts.rs` says which lines are looked at."""


def count(chosen, rounds, progress):
    """Runs the workloads; returns {workload: [values of a round by name]}."""
    idle = idle_part()
    library = run.Allocator("counts", build.counts(), "")
    library.check(os.path.join(build.PROGRAMS, "threads"))
    rows = []
    steps = progress([(one.name, "") for one in chosen] * rounds)
    for number, one in ((number, one) for number in range(rounds) for one in chosen):
        steps.show(f"{one.name}, round {number + 1} of {rounds}")
        outcome = run.run(one.command(1), library, "locks.arena")
        if outcome.status != run.OK:
            raise Failure(f"{one.name}: {outcome.status}")
        steps.done((one.name, ""), float(outcome.values["seconds"]))
        rows.append({"workload": one.name, "idle": idle, **outcome.values})
    steps.end()
    with open(CSV, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return by_workload(rows)


def idle_part():
    """The part of a second that the processors have nothing to do. (The load would be that of the last run.)"""

    def times():
        with open("/proc/stat", encoding="utf-8") as file:
            return [int(word) for word in file.readline().split()[1:]]

    before = times()
    time.sleep(1)
    spent = [after - then for then, after in zip(before, times(), strict=True)]
    return spent[3] / max(sum(spent), 1)


def load():
    """What the last run counted."""
    if not os.path.exists(CSV):
        raise Failure("nothing was counted yet")
    with open(CSV, encoding="utf-8", newline="") as file:
        return by_workload(list(csv.DictReader(file)))


def by_workload(rows):
    found = {}
    for row in rows:
        found.setdefault(row["workload"], []).append(row)
    return found


def tables(counted):
    facts = report.machine()
    where = f"Counted on {facts['processors']} processors, Linux {facts['kernel']}, C library {facts['libc']}."
    if any(float(row["idle"]) < IDLE for rounds in counted.values() for row in rounds):
        where += (
            " **The machine was busy with other things: threads ran one after the other more often, so that less was "
            "contended and shared.**"
        )
    parts = [
        where,
        table("in a million operations", LOCKS, counted),
        NOTE,
        "Of the shared lines written:",
        table("in a million operations", LINES, counted),
    ]
    return "\n\n".join(parts) + "\n"


def table(title, columns, counted):
    rows = [
        [name, *(shown(per_million(rounds, prefixes)) for prefixes in columns.values())]
        for name, rounds in counted.items()
    ]
    return report.table([title, *columns], rows)


def per_million(rounds, prefixes):
    return statistics.median(1e6 * total(row, prefixes) / blocks(row) for row in rounds)


def total(row, prefixes):
    return sum(int(number) for name, number in row.items() if name.startswith(tuple(prefixes)))


def blocks(row):
    return workloads.blocks(row["workload"], int(row["operations"]))


def shown(number):
    return "0" if number == 0 else f"{number:.1f}" if number < 10 else f"{number:,.0f}"


def document(old, text):
    """The text of docs/performance.md with these tables in place of its own."""
    return report.replaced(old, BEGIN, END, text, f"{old.rstrip()}\n\n{HEADING}\n\n{BEGIN}\n{END}\n")
