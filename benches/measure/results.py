"""The figures: kept run by run as CSV, and summed up by medians and geometric means."""

import collections
import csv
import math
import statistics

from measure.run import OK

SUBJECT, REFERENCE, FLOOR = "arenite", "glibc", "floor"
# Those whose best is the mark; other libraries have a column only.
PEERS = [REFERENCE, "mimalloc", "jemalloc", "tcmalloc", "snmalloc"]
# The peers whose memory Arenite's is compared with: those that trade it for speed.
LEAN_PEERS = ["mimalloc", "snmalloc", "tcmalloc", "jemalloc"]

COLUMNS = ["round", "group", "workload", "allocator", "status"]
TIMES = ["operations", "seconds", "ns_per_op", "peak_kib", "checksum"]
LATENCIES = [
    "operations", "overhead", "p50", "p99", "p99.9", "max", "quiet_max", "quiet_calls", "checksum"
]  # fmt: skip


class Results:
    """Rows of one kind, one a run, in a CSV file that grows with them."""

    def __init__(self, path, values):
        self.path, self.columns, self.rows = path, COLUMNS + values, []

    def begin(self):
        with open(self.path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(self.columns)

    def add(self, row, outcome):
        row = {**dict.fromkeys(self.columns, ""), **row, "status": outcome.status}
        row.update({name: outcome.values[name] for name in self.columns if name in outcome.values})
        self.rows.append(row)
        with open(self.path, "a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, self.columns).writerow(row)

    def load(self):
        with open(self.path, encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))

    # ---- what is in them ----

    def of(self, workload, allocator):
        return [row for row in self.rows if (row["workload"], row["allocator"]) == (workload, allocator)]

    def workloads(self, group=None):
        return list(dict.fromkeys(row["workload"] for row in self.rows if group in (None, row["group"])))

    def allocators(self):
        """In the order of the columns: Arenite, the C library's, the others."""
        found = dict.fromkeys(row["allocator"] for row in self.rows if row["allocator"] != FLOOR)
        return sorted(found, key=lambda name: (name != SUBJECT, name != REFERENCE))

    def peers(self):
        return [name for name in self.allocators() if name in PEERS]

    def fault(self, workload, allocator):
        """What went wrong, in the words of the first run in which something did; "" if nothing did."""
        rows = self.of(workload, allocator)
        for row in rows:
            if row["status"] != OK:
                return row["status"]
        expected = self.expected_checksum(workload)
        if any(row["checksum"] != expected for row in rows):
            return "prints something else"
        return "" if rows else "not run"

    def expected_checksum(self, workload):
        """The C library's checksum, or if that was not run the most frequent one."""
        good = [row for row in self.rows if row["workload"] == workload and row["status"] == OK]
        trusted = [row for row in good if row["allocator"] == REFERENCE] or good
        counts = collections.Counter(row["checksum"] for row in trusted)
        return counts.most_common(1)[0][0] if counts else ""

    def median(self, workload, allocator, value):
        """None where something went wrong."""
        if self.fault(workload, allocator):
            return None
        return statistics.median(float(row[value]) for row in self.of(workload, allocator))

    def least(self, workload, allocator, value):
        if self.fault(workload, allocator):
            return None
        return min(float(row[value]) for row in self.of(workload, allocator))

    def spread(self, workload, allocator, value):
        """The distance between the quartiles as a part of the median; None with fewer than three runs."""
        rows = self.of(workload, allocator)
        if self.fault(workload, allocator) or len(rows) < 3:
            return None
        first, middle, third = statistics.quantiles([float(row[value]) for row in rows], n=4, method="inclusive")
        return (third - first) / middle

    def best_peer(self, workload, value):
        """(name, median) of the peer with the lowest; None without peers."""
        known = [(self.median(workload, name, value), name) for name in self.peers()]
        known = [one for one in known if one[0] is not None]
        return min(known)[::-1] if known else None

    def ratio_to(self, workload, other, value):
        """Arenite's median over that of another one; None where one of them is missing."""
        own, its = (self.median(workload, name, value) for name in (SUBJECT, other))
        return own / its if own is not None and its else None

    def ratio_to_best(self, workload, value):
        own, best = self.median(workload, SUBJECT, value), self.best_peer(workload, value)
        return own / best[1] if own is not None and best else None

    def mean_ratio(self, workloads, other, value):
        """(geometric mean of the ratios, how many they are)."""
        return geometric_mean(self.ratio_to(workload, other, value) for workload in workloads)

    def mean_ratio_to_best(self, workloads, value):
        return geometric_mean(self.ratio_to_best(workload, value) for workload in workloads)


def geometric_mean(ratios):
    known = [ratio for ratio in ratios if ratio]
    if not known:
        return None, 0
    return math.exp(sum(map(math.log, known)) / len(known)), len(known)
