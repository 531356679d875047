"""The real programs that are measured. What they print is compared.

An operation is a run; of servers, it is a request (servers/server.py says what is measured).
"""

import os
import shutil
import sys

from measure import build, run, servers
from measure.results import SUBJECT
from measure.workloads import PROGRAMS, Workload

RUST = "program-rust"

# Name, Debian package, command, file of tests/programs/inputs; `{input}` stands for that file.
ON_INPUTS = [
    ("sqlite3", "sqlite3", ["sqlite3", ":memory:", ".read {input}"], "tables.sql"),
    # The interpreter itself: `python3` may be a script that looks for it. PYTHONMALLOC is set by run.py.
    ("python3", "python3", [sys.executable, "-S", "{input}"], "work.py"),
    ("perl", "perl", ["perl", "{input}"], "work.pl"),
    ("lua", "lua5.4", ["lua", "{input}"], "work.lua"),
    ("ruby", "ruby", ["ruby", "--disable-gems", "{input}"], "work.rb"),
    ("node", "nodejs", ["node", "{input}"], "work.js"),
    ("g++", "g++", ["g++", "-std=c++17", "-O1", "-S", "-o", "-", "{input}"], "templates.cpp"),
    (
        "ghostscript",
        "ghostscript",
        ["gs", "-q", "-dBATCH", "-sDEVICE=ppmraw", "-sOutputFile=%stdout", "-dNOPAUSE", "{input}"],
        "page.ps",
    ),
    ("z3", "z3", ["z3", "{input}"], "questions.smt2"),
]


class RustProgram(Workload):
    """A program that has Arenite as its global allocator, and without it for those that are preloaded."""

    def __init__(self):
        super().__init__(RUST, 1, "startup", group=PROGRAMS)

    def build(self):
        self.with_arenite, self.without = build.rust_program()

    def run(self, allocator, part, expects):
        program = self.without
        if allocator.name == SUBJECT:
            program, allocator = self.with_arenite, run.Allocator(SUBJECT, None, "")
        return run.run([*self.command(part), program], allocator, expects)


def notes(workloads):
    """What is to be said of those that are not simply run with a library preloaded."""
    found = [name for name in (kind().name for kind in servers.ALL) if name in workloads]
    text = ""
    if found:
        text += (
            f" Servers ({', '.join(found)}): an operation is a request, and its time is the processor time of the "
            "server's processes, not that of the client."
        )
    if RUST in workloads:
        text += f" {RUST} has Arenite as its global allocator; the others are preloaded."
    return text


def programs(missing):
    """Those that are installed; `missing` is called with the name and the package of each that isn't."""
    found = []
    for name, package, command, file in ON_INPUTS:
        if shutil.which(command[0]) is None:
            missing(f"program-{name}", package)
            continue
        words = [word.replace("{input}", os.path.join(build.INPUTS, file)) for word in command]
        found.append(Workload(f"program-{name}", 1, "startup", words, group=PROGRAMS))
    found.append(RustProgram())
    for server in (kind() for kind in servers.ALL):
        if server.is_installed():
            found.append(server)
        else:
            missing(server.name, server.package)
    return found
