"""Runs programs of benches/memory side by side, and looks at what is resident of each meanwhile."""

import re
import time

from measure import run

# What a program takes longer than it should.
PATIENCE_SECONDS = 120

PAGE_KIB = 4


class Watched:
    """A program that runs: `marks` are the lines it printed by name, `samples` are (clock, KiB)."""

    def __init__(self, command, allocator):
        self.allocator, self.process = allocator, run.start(command, allocator)
        self.outcome, self.marks, self.samples = None, [], []

    def look(self):
        """Takes a sample, or the result if it has ended."""
        if self.process.poll() is not None:
            # So little is printed that a pipe holds all of it.
            text, errors = self.process.communicate()
            self.outcome = run.outcome_of(self.process.returncode, text, errors, "checksum")
            self.marks = marks_of(self.outcome.text)
            return
        try:
            with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
                resident = int(file.read().split()[1]) * PAGE_KIB
        except ProcessLookupError:
            return
        if resident:
            self.samples.append((time.monotonic(), resident))

    def give_up(self):
        run.end_group(self.process)
        self.process.communicate()
        self.outcome = run.Outcome(run.HANGS)


def marks_of(text):
    """[{name: value}] of the lines of marks; all values but the names are numbers."""
    found = []
    for line in text.splitlines():
        values = dict(re.findall(r"(\w+)=(\S+)", line))
        if "mark" in values:
            found.append({name: one if name == "mark" else float(one) for name, one in values.items()})
    return found


def together(commands, interval, seconds):
    """Runs (command, allocator) side by side, which should take so long; returns them when all have ended."""
    latest = time.monotonic() + seconds + PATIENCE_SECONDS
    watched = []
    try:
        watched += (Watched(*one) for one in commands)
        while running := [one for one in watched if one.outcome is None]:
            for one in running:
                if time.monotonic() > latest:
                    one.give_up()
                else:
                    one.look()
            time.sleep(interval)
    except BaseException:
        for one in watched:
            if one.outcome is None:
                one.give_up()
        raise
    return watched
