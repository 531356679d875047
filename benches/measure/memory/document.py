"""docs/memory.md: what is written between its two comments."""

from measure import report
from measure.memory.goals import goal_table
from measure.memory.tables import case_table
from measure.report import BEGIN, END

NEW_DOCUMENT = f"""# Memory

How much memory Arenite takes beside other allocators, and how much of it goes back to the system when the
program needs it no more. The tables and the chart are what `scripts/bench --memory --write` measured;
`benches/memory` has the programs. The peak memory of the workloads and programs of
[performance.md](performance.md) is told there, in the table "Together".

## How to read it

Resident memory is what the kernel counts for the process (`Rss` in `/proc/self/smaps_rollup`), with the code of the
program and its libraries, and without the tables in which a program keeps its blocks: these are no blocks, and are
taken off. `start` is taken after the first block, when the program's own code has been run once. `freed` is the moment
after the last `free`; `1 s` and `5 s` are so much later, while every thread sleeps or waits; under `malloc_trim` is
what is left after that call, for allocators that have one of their own. "live" are the bytes that the program asked
for; what is resident beyond the start, as a multiple of them, is what slack, structures and fragmentation cost.

The allocators run side by side, with their default settings. Some return memory only some time after it was freed, and
only while the program goes on to allocate or free something: `return-light` does so, and is watched for 15 s. In the
chart, lines that lie on each other at the top are allocators that keep all.

{BEGIN}
{END}
"""

CHART = "![Resident memory over time in each case, with a line for each allocator](memory.svg)"


def document(old, text):
    return report.replaced(old, BEGIN, END, text, NEW_DOCUMENT)


def tables(results, known, facts):
    """`known` are the cases that are wanted; of those what was measured is shown."""
    measured = results.workloads()
    parts = [
        conditions(facts),
        "## Together",
        goal_table(results, known),
        "## Over time",
        CHART,
        "## Case by case",
        *(case_table(results, case) for case in known if case.name in measured),
        report.faults(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def conditions(facts):
    rounds = f"medians of {facts['rounds']} rounds" if facts["rounds"] > 1 else "one round"
    if facts["mode"] == "full":
        rounds += ", of the churns one round"
    return f"{report.machine_and_versions(facts)} {facts['mode'].capitalize()} mode, {rounds}."
