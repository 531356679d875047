"""scripts/bench --memory: what is resident over time, beside the peers."""

import time

from measure import report, run, workloads
from measure.memory import chart, document, store, watch
from measure.memory.cases import cases, figures, samples
from measure.progress import Progress
from measure.results import SUBJECT

DOCUMENT, CHART = "docs/memory.md", "docs/memory.svg"

ROUNDS = {"full": 3, "quick": 1}


def chosen(patterns):
    return workloads.chosen(cases(), patterns)


def batches(wanted, rounds):
    """(round, cases that run side by side): the long ones do so once, all others one by one."""
    for number in range(1, rounds + 1):
        yield from ((number, [one]) for one in wanted if not one.is_long)
    if together := [one for one in wanted if one.is_long]:
        yield 1, together


def measure(wanted, allocators, mode, rounds):
    """Runs everything, all allocators side by side: it is memory that is measured, not time.

    Returns (results, facts, whether it was not interrupted).
    """
    results, facts = store.begin(mode, rounds, allocators)
    everything = list(batches(wanted, rounds))
    progress = Progress(together[0].name for _, together in everything)
    for number, together in everything:
        progress.show(f"{', '.join(one.name for one in together)}, round {number}")
        started = time.monotonic()
        pairs = [(case, allocator) for case in together for allocator in allocators]
        try:
            every = [one for _ in range(together[0].repeats) for one in run_together(pairs, mode)]
        except KeyboardInterrupt:
            return results, facts, False
        for case, allocator, ended in every:
            row = {"round": number, "group": case.kind, "workload": case.name, "allocator": allocator.name}
            ended.outcome.values = figures(ended)
            results.add(row, ended.outcome)
            store.add_samples(number, case, allocator, samples(case, ended))
        progress.done(together[0].name, time.monotonic() - started)
    progress.end()
    return results, facts, True


def run_together(pairs, mode):
    """[(case, allocator, how it ended)]."""
    commands = [(case.command(mode), allocator) for case, allocator in pairs]
    interval = max(case.interval(mode) for case, _ in pairs)
    ended = watch.together(commands, interval, max(case.expected_seconds(mode) for case, _ in pairs))
    return [(*pair, one) for pair, one in zip(pairs, ended, strict=True)]


def check(allocators):
    """Whether every program works, in a size that takes no time; returns (how many do, [(case, fault)])."""
    known = cases()
    wrong = [
        (case.name, ended.outcome.status)
        for case, _, ended in run_together([(case, one) for case in known for one in allocators], "check")
        if ended.outcome.status != run.OK
    ]
    return len(known), wrong


def tables(results, wanted, facts):
    return document.tables(results, wanted, facts)


def documents(old, text, results):
    """{name: content} of what is written."""
    return {DOCUMENT: document.document(old, text), CHART: chart.chart(cases(), store.lines(), results.allocators())}


def faults(results):
    return report.faults_of(SUBJECT, results)
