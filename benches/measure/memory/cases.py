"""What is looked at: the cases, how large they are, and the marks that their programs set."""

import os

from measure import build

# A second of a program that is only tried out has so many milliseconds.
SECOND_MS = {"full": 1000, "quick": 1000, "check": 10}

# In which part of the size of a full run a program is tried out.
CHECK_PART = 100

# What is kept of a run, in KiB but for the ratios: what was resident at the last mark of each name; the address
# space at the start; and at the marks at which all is live that will be, how much that is, what is resident beyond
# the start as a multiple of it, and Arenite's own structures as a part of that.
MARKS = [
    "start", "first", "threads", "peak", "steady", "idle", "freed", "1s", "5s", "15s", "trimmed", "last", "ended"
]  # fmt: skip
FIGURES = [*MARKS, "vm", "live", "metadata_part", "ratio_mean", "ratio_worst", "ratio_last", "checksum"]
FULL_MARKS = ["peak", "steady"]

# Kinds of cases: each has its own columns in the tables.
START, RETURN, LIGHT, SURVIVORS, SHORT, IDLE = "start", "return", "light", "survivors", "short", "idle"
SHIFT, CHURN, CYCLE = "shift", "churn", "cycle"

MIB = 470
CHURN_SECONDS = {"full": 600, "quick": 10, "check": 1}


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

    @property
    def repeats(self):
        """How often it is run in a round: a start takes no time, and which pages of a library it gets varies."""
        return 15 if self.kind == START else 1

    def expected_seconds(self, mode):
        return self.seconds[mode] if self.seconds else 20

    def interval(self, mode):
        """Seconds between two samples."""
        return max(0.025, self.expected_seconds(mode) / 1000)


def cases():
    return [
        Case(
            "start",
            START,
            "start nothing",
            1,
            origin=None,
            about="A program that does nothing, at the start of `main` and with its first block.",
        ),
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
        Case(
            "survivors-threads",
            SURVIVORS,
            "survivors threads",
            MIB,
            about="The same in four threads that stay alive.",
        ),
        Case(
            "threads-one-by-one",
            SHORT,
            "threads one-by-one",
            5000,
            origin="start",
            about="5,000 threads, one after the other; each has ten blocks of each of 20 sizes, 140 KiB in all, and "
            "frees them.",
        ),
        Case("threads-eight", SHORT, "threads eight", 5000, origin="start", about="The same, eight at a time."),
        Case(
            "threads-idle",
            IDLE,
            "threads idle",
            1000,
            about="1,000 threads that have freed such blocks stay alive and wait: what a thread has when it is new, "
            "which is mostly its stack, and how much more later.",
        ),
        Case(
            "shift",
            SHIFT,
            "shift sizes",
            100,
            origin="start",
            about="100 MiB are live, first all in blocks of 48 bytes, which then give way to blocks of 56 bytes in "
            "random order, these to 72 bytes, and so on to 1,400 bytes and back to 48.",
        ),
        Case(
            "cycle",
            CYCLE,
            "cycle server",
            200,
            origin="start",
            about="Four threads, five peaks of 200 MiB with buffers of up to 256 KiB among them; after each, one "
            "block of 20 stays for two seconds without work. At the end all is freed.",
        ),
        Case(
            "churn",
            CHURN,
            "churn one",
            100,
            origin="start",
            seconds=CHURN_SECONDS,
            about="100 MiB are live all the time; in every four seconds as many bytes are freed, chosen at random, and "
            "allocated anew, in sizes that drift from 16 to 256 bytes to 128 to 2,048 and back within a minute, with "
            "some buffers of up to 256 KiB. Resident over live memory at 100 moments; at the end all is freed.",
        ),
        Case(
            "churn-threads",
            CHURN,
            "churn threads",
            100,
            origin="start",
            seconds=CHURN_SECONDS,
            about="The same in four threads, each of which mostly frees what another one has allocated.",
        ),
    ]


def figures(watched):
    """{name: value} of a run, from its marks; names as in FIGURES."""
    found = {"checksum": watched.outcome.values.get("checksum", "")}
    found |= {one["mark"]: one["rss"] for one in watched.marks if one["mark"] in MARKS}
    start = next((one for one in watched.marks if one["mark"] == "start"), None)
    if start:
        found["vm"] = start["vm"]
        found |= ratios(start, [one for one in watched.marks if one["mark"] in FULL_MARKS])
    return found


def ratios(start, full):
    """What is to be said of resident and live memory at these marks."""
    if not full:
        return {}
    grown = [one["rss"] - start["rss"] for one in full]
    to_live = [kib / one["live"] for kib, one in zip(grown, full, strict=True)]
    own = max(one["metadata"] / max(kib, 1) for kib, one in zip(grown, full, strict=True))
    found = {"ratio_mean": sum(to_live) / len(to_live), "ratio_worst": max(to_live), "ratio_last": to_live[-1]}
    found["metadata_part"] = own
    return {"live": full[-1]["live"], **{name: f"{number:.4f}" for name, number in found.items()}}


def samples(case, watched):
    """[(seconds from the origin, KiB without the program's own tables)]."""
    if case.origin is None or not watched.marks:
        return []
    origin = next((one["at"] for one in watched.marks if one["mark"] == case.origin), None)
    if origin is None:
        return []
    # After the last mark the program frees what is left, and ends.
    end, outside = watched.marks[-1]["at"], watched.marks[-1]["outside"]
    return [(at - origin, kib - outside) for at, kib in watched.samples if kib > outside and at <= end]
