"""What is measured: the workloads, and how many operations each has. The real programs are in programs.py."""

import fnmatch
import os
import shutil

from measure import Failure, build, run

SYNTHETIC, PROGRAMS = "synthetic", "programs"

# A quick run has this part of the operations of a full one, a check run this part of a quick one's.
QUICK_PART = 6
CHECK_PART = 20

THREADS = [1, 2, 4, 16, 64]

# What `brief-threads` does when locks are counted, and how many blocks each of its threads has.
BRIEF_THREADS = 10_000
BRIEF_BLOCKS = 100


class Workload:
    """A program of benches/workloads with its arguments; operations are what a full run does."""

    def __init__(self, name, operations, program, words=(), group=SYNTHETIC, threads=None, only_full=False):
        self.name, self.operations, self.program, self.group = name, operations, program, group
        self.words, self.threads, self.only_full = list(words), threads, only_full

    def build(self):
        """Makes what it takes that build.py does not make in any case."""

    def run(self, allocator, part, expects):
        """One run under an allocator; `part` divides the operations, `expects` is a value that it must print."""
        return run.run(self.command(part), allocator, expects)

    def command(self, part):
        """The words to run."""
        operations = str(max(self.operations // part, 1))
        program = os.path.join(build.PROGRAMS, self.program)
        if self.program == "startup":
            return [program, operations, *self.words]
        threads = [str(self.threads)] if self.threads else []
        return [program, *self.words, operations, *threads]


def in_threads(name, operations, workload, counts):
    return [Workload(f"{name}-{count}", operations, "threads", [workload], threads=count) for count in counts]


def synthetic():
    """All but the real programs."""
    orders = ["fifo", "lifo", "random"]
    return [
        Workload("pair-calls-only", 50_000_000, "pairs", ["calls-only"]),
        Workload("pair-same-size", 40_000_000, "pairs", ["same-size"]),
        Workload("pair-random-size", 30_000_000, "pairs", ["random-size"]),
        *(Workload(f"batch-{order}-100", 30_000_000, "batches", [f"{order}-100"]) for order in orders),
        *(Workload(f"batch-{order}-10k", 24_000_000, "batches", [f"{order}-10k"]) for order in orders),
        *(Workload(f"batch-{order}-1m", 8_000_000, "batches", [f"{order}-1m"]) for order in orders),
        Workload("replace-l1", 24_000_000, "replace", ["l1"]),
        Workload("replace-l2", 20_000_000, "replace", ["l2"]),
        Workload("replace-no-cache", 1_500_000, "replace", ["no-cache"]),
        Workload("replace-10m-live", 1_500_000, "replace", ["10m"], only_full=True),
        *in_threads("independent", 32_000_000, "independent", THREADS),
        *in_threads("server", 20_000_000, "server", THREADS),
        *in_threads("exchange", 24_000_000, "exchange", THREADS[1:]),
        *in_threads("producer-consumer", 10_000_000, "producer-consumer", THREADS[1:]),
        Workload("brief-threads", BRIEF_THREADS, "threads", ["brief-threads"]),
        Workload("realloc-one-vector", 230, "growth", ["one-vector"]),
        Workload("realloc-many-vectors", 400_000, "growth", ["many-vectors"]),
        Workload("realloc-strings", 8_000_000, "growth", ["strings"]),
        Workload("medium-buffers", 5_000_000, "buffers", ["medium"]),
        Workload("large-buffers", 12_000, "buffers", ["large"]),
        Workload("aligned", 8_000_000, "replace", ["aligned"]),
        Workload("calloc-small", 8_000_000, "buffers", ["calloc-small"]),
        Workload("calloc-large", 24_000, "buffers", ["calloc-large"]),
        Workload("c++-tree", 1_000_000, "containers", ["tree"]),
        Workload("c++-hash-map", 2_000_000, "containers", ["hash-map"]),
        Workload("c++-graph", 1_000_000, "containers", ["graph"]),
        Workload("c++-strings", 1_500_000, "containers", ["strings"]),
        Workload("sharing-active", 3_000_000, "threads", ["sharing-active"], threads=2),
        Workload("sharing-passive", 3_000_000, "threads", ["sharing-passive"], threads=2),
        Workload("start-true", 400, "startup", [shutil.which("true") or "true"]),
        Workload("start-git-status", 100, "startup", ["git", "-C", build.REPOSITORY, "status"]),
    ]


def counted():
    """Those on which locks are counted: the same work for each thread, however many there are."""
    each = 1_000_000
    together = THREADS[1:]
    kinds = {"independent": THREADS, "server": THREADS, "exchange": together, "producer-consumer": together}
    return [
        *(one for name in kinds for count in kinds[name] for one in in_threads(name, each * count, name, [count])),
        Workload("brief-threads", BRIEF_THREADS, "threads", ["brief-threads"]),
    ]


def blocks(name, operations):
    """The blocks that these operations of a workload with threads allocate."""
    return operations * BRIEF_BLOCKS if name == "brief-threads" else operations


def chosen(workloads, patterns, others=()):
    """Those that a pattern names (shell wildcards), all without patterns; `others` are known names too."""
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(one, pattern) for one in [*(w.name for w in workloads), *others]):
            raise Failure(f"no workload '{pattern}' (try --list)")
    if not patterns:
        return workloads
    return [one for one in workloads if is_chosen(one.name, patterns)]


def is_chosen(name, patterns):
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
