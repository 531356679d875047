"""The tables of docs/memory.md, which are printed as well: one a case, with a line for each allocator."""

from measure import report
from measure.memory import cases
from measure.results import REFERENCE

NONE = "–"


def mib(kib):
    return NONE if kib is None else f"{kib / 1024:.1f}"


def kib(number):
    return NONE if number is None else f"{number:,.0f}"


def times(ratio):
    return NONE if ratio is None else f"{ratio:.2f} ×"


class Figures:
    """The medians of a case and an allocator, by name; what was not measured is None."""

    def __init__(self, results, case, allocator):
        self.results, self.case, self.allocator = results, case, allocator

    def __getitem__(self, name):
        rows = self.results.of(self.case.name, self.allocator)
        if any(row[name] == "" for row in rows):
            return None
        return self.results.median(self.case.name, self.allocator, name)

    def of(self, allocator):
        return Figures(self.results, self.case, allocator)

    def less(self, name, other):
        ends = self[name], self[other]
        return None if None in ends else ends[0] - ends[1]

    def over(self, name, other):
        ends = self[name], self[other]
        return None if None in ends or not ends[1] else ends[0] / ends[1]

    def above_reference(self, name):
        ends = self[name], self.of(REFERENCE)[name]
        return None if None in ends else ends[0] - ends[1]

    def a_thread(self, name, less):
        number = self.less(name, less)
        return None if number is None else number / self.case.amount


def resident(title, name):
    return title, lambda of: mib(of[name])


def ratio(title, name):
    return title, lambda of: times(of[name])


def over_start(title, name):
    """As a multiple of what was resident at the start."""
    return title, lambda of: times(of.over(name, "start"))


PEAK = [resident("start", "start"), resident("peak", "peak"), resident("freed", "freed")]
IDLE = [resident("1 s", "1s"), resident("5 s", "5s")]
TRIMMED = [resident("malloc_trim", "trimmed")]
OVERHEAD = [ratio("peak / live", "ratio_worst")]
RATIOS = [ratio("mean / live", "ratio_mean"), ratio("worst / live", "ratio_worst"), ratio("last / live", "ratio_last")]
FREED = [resident("freed", "freed"), *IDLE, *TRIMMED]

# Of each kind of case: the unit, and columns as (title, text of the figures of an allocator).
COLUMNS = {
    cases.START: (
        "KiB",
        [
            ("resident", lambda of: kib(of["start"])),
            ("above glibc", lambda of: kib(of.above_reference("start"))),
            ("with a block", lambda of: kib(of["first"])),
            ("above glibc", lambda of: kib(of.above_reference("first"))),
            ("address space", lambda of: kib(of["vm"])),
            ("above glibc", lambda of: kib(of.above_reference("vm"))),
        ],
    ),
    cases.RETURN: (
        "resident, MiB",
        [*PEAK, *IDLE, *TRIMMED, over_start("1 s / start", "1s"), *OVERHEAD],
    ),
    cases.LIGHT: (
        "resident, MiB",
        [*PEAK, *IDLE, resident("15 s", "15s"), over_start("1 s / start", "1s")],
    ),
    cases.SURVIVORS: ("resident, MiB", [*PEAK, *IDLE, *TRIMMED, *OVERHEAD]),
    cases.SHORT: (
        "resident, MiB",
        [
            resident("start", "start"),
            resident("after the first", "first"),
            resident("after the last", "last"),
            ("last − first", lambda of: mib(of.less("last", "first"))),
            resident("1 s", "1s"),
        ],
    ),
    cases.IDLE: (
        "resident",
        [
            ("KiB a thread, new", lambda of: kib(of.a_thread("threads", "start"))),
            ("used, more", lambda of: kib(of.a_thread("freed", "threads"))),
            ("5 s, more", lambda of: kib(of.a_thread("5s", "threads"))),
            ("malloc_trim, more", lambda of: kib(of.a_thread("trimmed", "threads"))),
            ("MiB, used", lambda of: mib(of["freed"])),
            ("MiB, threads ended", lambda of: mib(of["ended"])),
        ],
    ),
    cases.SHIFT: ("resident, MiB", [resident("last", "steady"), *RATIOS, *FREED]),
    cases.CYCLE: (
        "resident, MiB",
        [resident("last peak", "steady"), ratio("peak / live", "ratio_worst"), resident("last idle", "idle"), *FREED],
    ),
    cases.CHURN: ("resident, MiB", [resident("last", "steady"), *RATIOS, *FREED]),
}


def case_table(results, case):
    unit, columns = COLUMNS[case.kind]
    rows = []
    for name in results.allocators():
        of = Figures(results, case, name)
        if results.fault(case.name, name):
            cells = [report.short(results.fault(case.name, name))] * len(columns)
        else:
            cells = [text(of) for _, text in columns]
        rows.append([name, *cells])
    head = [unit, *(title for title, _ in columns)]
    return f"### {case.name}\n\n{case.about}\n\n{report.table(head, rows)}"
