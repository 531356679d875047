"""scripts/bench --memory: what is resident over time, beside the peers."""

import csv
import json
import os
import time

from measure import Failure, build, report, workloads
from measure.memory import tables, watch
from measure.memory.cases import FIGURES, cases, figures, samples
from measure.progress import Progress
from measure.results import SUBJECT, Results

CSV = os.path.join(build.FOLDER, "memory.csv")
SAMPLES = os.path.join(build.FOLDER, "memory-samples.csv")
FACTS = os.path.join(build.FOLDER, "memory.json")

DOCUMENT, CHART = "docs/memory.md", "docs/memory.svg"

ROUNDS = {"full": 3, "quick": 1, "check": 1}


def chosen(patterns):
    return workloads.chosen(cases(), patterns)


def begin(mode, rounds, allocators):
    """Empties what is kept of runs, and notes what is worth knowing of this one."""
    facts = report.machine()
    facts |= {"mode": mode, "rounds": rounds, "versions": {one.name: one.version for one in allocators}}
    with open(FACTS, "w", encoding="utf-8") as file:
        json.dump(facts, file)
    with open(SAMPLES, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["round", "workload", "allocator", "seconds", "kib"])
    results = Results(CSV, FIGURES)
    results.begin()
    return results, facts


def load():
    """(results, facts) of the last run."""
    if not os.path.exists(FACTS):
        raise Failure("no memory was measured yet")
    with open(FACTS, encoding="utf-8") as file:
        facts = json.load(file)
    results = Results(CSV, FIGURES)
    results.load()
    return results, facts


def batches(wanted, rounds):
    """(round, cases that run side by side): the long ones do so once, all others one by one."""
    for number in range(1, rounds + 1):
        yield from ((number, [one]) for one in wanted if not one.is_long)
    together = [one for one in wanted if one.is_long]
    if together:
        yield 1, together


def measure(wanted, allocators, mode, rounds):
    """Runs everything, all allocators side by side: their memory is measured, not their time."""
    results, facts = begin(mode, rounds, allocators)
    everything = list(batches(wanted, rounds))
    progress = Progress(together[0].name for _, together in everything)
    for number, together in everything:
        progress.show(f"{', '.join(one.name for one in together)}, round {number}")
        started = time.monotonic()
        run_batch(results, number, [(case, allocator) for case in together for allocator in allocators], mode)
        progress.done(together[0].name, time.monotonic() - started)
    progress.end()
    return results, facts


def run_batch(results, number, pairs, mode):
    commands = [(case.command(mode), allocator) for case, allocator in pairs]
    seconds = max(case.expected_seconds(mode) for case, _ in pairs)
    ended = watch.together(commands, pairs[0][0].interval(mode), seconds)
    for (case, allocator), one in zip(pairs, ended, strict=True):
        row = {"round": number, "group": case.kind, "workload": case.name, "allocator": allocator.name}
        one.outcome.values = figures(one)
        results.add(row, one.outcome)
        with open(SAMPLES, "a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                (number, case.name, allocator.name, f"{at:.3f}", f"{kib:.0f}") for at, kib in samples(case, one)
            )


def faults(results):
    return report.faults_of(SUBJECT, results)
