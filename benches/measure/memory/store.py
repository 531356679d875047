"""What is kept in target/bench: memory.csv has a line a run, memory-samples.csv what was resident over time."""

import csv
import json
import os

from measure import Failure, build, report
from measure.memory.cases import FIGURES
from measure.results import Results

CSV = os.path.join(build.FOLDER, "memory.csv")
SAMPLES = os.path.join(build.FOLDER, "memory-samples.csv")
FACTS = os.path.join(build.FOLDER, "memory.json")

SAMPLE_COLUMNS = ["round", "workload", "allocator", "seconds", "kib"]

# The round that is drawn.
DRAWN = "1"


def begin(mode, rounds, allocators):
    """Empties what is kept, notes what is worth knowing of this run; returns (results, facts)."""
    facts = report.machine()
    facts |= {"mode": mode, "rounds": rounds, "versions": {one.name: one.version for one in allocators}}
    with open(FACTS, "w", encoding="utf-8") as file:
        json.dump(facts, file)
    with open(SAMPLES, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(SAMPLE_COLUMNS)
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


def add_samples(number, case, allocator, samples):
    with open(SAMPLES, "a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            (number, case.name, allocator.name, f"{at:.3f}", f"{kib:.0f}") for at, kib in samples
        )


def lines():
    """{case: {allocator: [(seconds, KiB)]}} of the round that is drawn."""
    found = {}
    with open(SAMPLES, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["round"] == DRAWN:
                line = found.setdefault(row["workload"], {}).setdefault(row["allocator"], [])
                line.append((float(row["seconds"]), float(row["kib"])))
    return found
