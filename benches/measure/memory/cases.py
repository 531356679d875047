"""What is looked at: the cases, how large they are, and the marks that their programs set."""

import os

from measure import build

# A second of a program that is only tried out has so many milliseconds.
SECOND_MS = {"full": 1000, "quick": 1000, "check": 10}

# In which part of the size of a full run a program is tried out.
CHECK_PART = 100

# What is kept of a run, in KiB but for the ratios: what was resident at the last mark of each name;
# the address space at the start; live bytes, Arenite's metadata and the ratio of resident to live memory at the marks
# at which all that is wanted is live.
MARKS = [
    "start", "first", "threads", "peak", "steady", "idle", "freed", "1s", "5s", "15s", "trimmed", "last", "ended"
]  # fmt: skip
FIGURES = [*MARKS, "vm", "live", "metadata", "ratio_mean", "ratio_worst", "ratio_last", "checksum"]
FULL_MARKS = ["peak", "steady"]


class Case:
    """A program of benches/memory with its arguments; `origin` is the mark from which the chart counts time."""

    def __init__(self, name, kind, command, amount, origin="freed", seconds=None, about=""):
        self.name, self.kind, self.amount, self.origin, self.about = name, kind, amount, origin, about
        self.program, self.word = command.split()
        self.seconds = seconds or {}

    @property
    def is_long(self):
        """Whether it runs for minutes in full mode: then all of these run at once, in one round."""
        return "full" in self.seconds

    def command(self, mode):
        amount = max(self.amount // (CHECK_PART if mode == "check" else 1), 1)
        words = [str(amount), str(SECOND_MS[mode])]
        if self.seconds:
            words.append(str(self.seconds[mode]))
        return [os.path.join(build.MEMORY_PROGRAMS, self.program), self.word, *words]

    def expected_seconds(self, mode):
        return self.seconds[mode] if self.seconds else 20

    def interval(self, mode):
        """Seconds between two samples."""
        return max(0.025, self.expected_seconds(mode) / 1000)


RETURN, LIGHT, SURVIVORS, SHORT, IDLE, START = "return", "light", "survivors", "short", "idle", "start"

MIB = 470


def cases():
    return [
        Case("start", START, "start nothing", 1, origin=None, about="A program that does nothing."),
        Case(
            "return-in-order",
            RETURN,
            "return in-order",
            MIB,
            about="One thread allocates 470 MiB in blocks of 16 to 1,024 bytes, and frees them in the same order.",
        ),
        Case("return-shuffled", RETURN, "return shuffled", MIB, about="The same, freed in random order."),
        Case(
            "return-mixed",
            RETURN,
            "return mixed",
            MIB,
            about="Blocks of 16 bytes to 1 MiB, each doubling with as many bytes as the others, freed in random order.",
        ),
        Case(
            "return-light",
            LIGHT,
            "return light",
            MIB,
            about="As `return-in-order`, but afterwards 32 small blocks come and go every 10 ms.",
        ),
        Case(
            "return-threads",
            RETURN,
            "return-threads by-owner",
            MIB,
            about="Four threads have the 470 MiB; each frees its own, and all stay alive and wait.",
        ),
        Case(
            "return-other",
            RETURN,
            "return-threads by-other",
            MIB,
            about="The same, but the main thread frees all while the four wait.",
        ),
        Case(
            "survivors",
            SURVIVORS,
            "survivors one",
            MIB,
            about="One thread frees 99 of 100 blocks of its 470 MiB; the others stay, scattered at random.",
        ),
        Case("survivors-threads", SURVIVORS, "survivors threads", MIB, about="The same in four threads that stay alive."),
        Case(
            "threads-one-by-one",
            SHORT,
            "threads one-by-one",
            5000,
            origin="start",
            about="5,000 threads, one after the other; each has ten blocks of each of 20 sizes (140 KiB), and frees them.",
        ),
        Case("threads-eight", SHORT, "threads eight", 5000, origin="start", about="The same, eight at a time."),
        Case(
            "threads-idle",
            IDLE,
            "threads idle",
            1000,
            about="1,000 threads that have freed such blocks stay alive and wait.",
        ),
    ]


def figures(watched):
    """{name: value} of a run, from its marks; names as in FIGURES."""
    found = {"checksum": watched.outcome.values.get("checksum", "")}
    found |= {one["mark"]: one["rss"] for one in watched.marks if one["mark"] in MARKS}
    start = next((one for one in watched.marks if one["mark"] == "start"), None)
    full = [one for one in watched.marks if one["mark"] in FULL_MARKS and one["live"]]
    if start:
        found["vm"] = start["vm"]
    if full:
        ratios = [(one["rss"] - start["rss"]) / one["live"] for one in full]
        found["live"] = full[-1]["live"]
        found["metadata"] = max(one["metadata"] for one in full)
        found |= {"ratio_mean": sum(ratios) / len(ratios), "ratio_worst": max(ratios), "ratio_last": ratios[-1]}
        for name in ("ratio_mean", "ratio_worst", "ratio_last"):
            found[name] = f"{found[name]:.4f}"
    return found


def samples(case, watched):
    """[(seconds from the origin, KiB without the program's own tables)]."""
    if case.origin is None or not watched.marks:
        return []
    origin = next((one["at"] for one in watched.marks if one["mark"] == case.origin), None)
    if origin is None:
        return []
    outside = watched.marks[-1]["outside"]
    return [(at - origin, resident - outside) for at, resident in watched.samples if resident > outside]
