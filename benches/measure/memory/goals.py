"""What Arenite's memory is to be, each goal with the figure of every allocator."""

from measure import report
from measure.memory import cases
from measure.memory.tables import NONE, Figures, kib, mib, times
from measure.results import PEERS, SUBJECT


def per_cent(part):
    return NONE if part is None else f"{part * 100:.2f} %"


def mib_or_less(number):
    """In GiB where that is shorter."""
    return NONE if number is None else mib(number) if number < 2**23 else f"{number / 2**20:,.0f} GiB"


def metadata(of):
    """Only Arenite tells; other builds of it, too."""
    return None if of.allocator in PEERS else of["metadata_part"]


class Goal:
    """The worst figure of the cases of these kinds, which is to be at most `limit`; None where that is for readers."""

    def __init__(self, title, kinds, figure, limit, shown):
        self.title, self.kinds, self.figure, self.limit, self.shown = title, kinds, figure, limit, shown

    def of(self, results, known, allocator):
        numbers = [
            self.figure(Figures(results, case, allocator))
            for case in known
            if case.kind in self.kinds and case.name in results.workloads()
        ]
        return None if None in numbers else max(numbers, default=None)


EVERY_HEAP = [cases.RETURN, cases.LIGHT, cases.SURVIVORS, cases.SHIFT, cases.CHURN, cases.CYCLE]

GOALS = [
    Goal("all freed, 1 s idle: × the start", [cases.RETURN], lambda of: of.over("1s", "start"), 1.1, times),
    Goal("the same with light activity", [cases.LIGHT], lambda of: of.over("1s", "start"), None, times),
    Goal("1 % survivors, 5 s idle: MiB", [cases.SURVIVORS], lambda of: of["5s"], 60e6 / 1024, mib),
    Goal("at start, above glibc: KiB", [cases.START], lambda of: of.above_reference("start"), 200, kib),
    Goal("address space, above glibc: MiB", [cases.START], lambda of: of.above_reference("vm"), 8192, mib_or_less),
    Goal("5,000 threads, above the first: MiB", [cases.SHORT], lambda of: of.less("last", "first"), 2048, mib),
    Goal("an idle thread of 1,000: KiB", [cases.IDLE], lambda of: of.a_thread("5s", "start"), 64, kib),
    Goal("sizes that shift: × live", [cases.SHIFT], lambda of: of["ratio_worst"], None, times),
    Goal("churn, mean: × live", [cases.CHURN], lambda of: of["ratio_mean"], None, times),
    Goal("churn, worst: × live", [cases.CHURN], lambda of: of["ratio_worst"], None, times),
    Goal("metadata: part of the heap", EVERY_HEAP, metadata, 0.02, per_cent),
]


def goal_table(results, known):
    names = results.allocators()
    rows = []
    for goal in GOALS:
        numbers = {name: goal.of(results, known, name) for name in names}
        own = numbers.get(SUBJECT)
        met = NONE if goal.limit is None or own is None else "yes" if own <= goal.limit else "**no**"
        limit = NONE if goal.limit is None else f"≤ {goal.shown(goal.limit)}"
        if any(number is not None for number in numbers.values()):
            rows.append([goal.title, *(goal.shown(numbers[name]) for name in names), limit, met])
    return report.table(["the worst of the cases", *names, "goal", "met"], rows) if rows else ""
