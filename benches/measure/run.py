"""Runs one program under one allocator, and says what came of it."""

import contextlib
import os
import re
import signal
import subprocess

from measure import Failure

# Nothing should take this long; a peer that does is noted as hanging.
LIMIT_SECONDS = 120

# No settings of the caller's reach the programs.
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    # git status would write the index anew.
    "GIT_OPTIONAL_LOCKS": "0",
    # Python's own allocator for small objects would keep most of them from malloc.
    "PYTHONMALLOC": "malloc",
    "PYTHONHASHSEED": "0",
}

# What ends a path in LD_PRELOAD, or is expanded there by the dynamic linker.
LD_PRELOAD_SPECIAL = frozenset(" :$\t\n")


class Allocator:
    """A library to preload, or None for the C library's own."""

    def __init__(self, name, library, version):
        self.name, self.library, self.version = name, library, version

    def environment(self):
        return {**ENVIRONMENT, **({"LD_PRELOAD": self.library} if self.library else {})}

    def check(self, program):
        """Fails unless a program that is run under it has its malloc."""
        if self.library and LD_PRELOAD_SPECIAL & set(self.library):
            raise Failure(f"{self.library} cannot be preloaded: LD_PRELOAD takes no spaces and colons")
        outcome = run([program, "which"], self, None)
        origin = outcome.text.strip()
        if outcome.status != OK:
            raise Failure(f"{self.name}: the simplest program fails: {outcome.status}")
        if self.library is None:
            right = re.match(r"libc[.-]", os.path.basename(origin))
        else:
            right = os.path.exists(origin) and os.path.samefile(origin, self.library)
        if not right:
            raise Failure(f"{self.name}: programs get malloc from {origin}, not from {self.library or 'libc'}")


OK, HANGS = "ok", "hangs"


class Outcome:
    """How a run ended: `status` is OK or says what went wrong; `values` is what it printed, by name."""

    def __init__(self, status, text=""):
        self.status, self.text = status, text
        self.values = dict(re.findall(r"([\w.]+)=(\S+)", text))


def run(command, allocator, expects):
    """Runs it; `expects` is a value that its output must have, or None."""
    process = start(command, allocator)
    try:
        text, errors = process.communicate(timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        end_group(process)
        return Outcome(HANGS)
    except BaseException:
        end_group(process)
        raise
    return outcome_of(process.returncode, text, errors, expects)


def start(command, allocator):
    """Starts it as the leader of a process group of its own."""
    return subprocess.Popen(
        command,
        env=allocator.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def outcome_of(status, text, errors, expects):
    """What is to be said of a program that has ended with this status, and has written this."""
    if status < 0:
        return Outcome(f"ends with {signal.Signals(-status).name}")
    if status > 0:
        said = errors.strip().splitlines()
        return Outcome(said[-1][:100] if said else f"exit status {status}")
    if "cannot be preloaded" in errors:
        return Outcome("cannot be preloaded")
    outcome = Outcome(OK, text)
    if expects and expects not in outcome.values:
        return Outcome("prints no result")
    return outcome


def end_group(process):
    """Ends the program and what it started: it is the leader of a group of its own."""
    # It may have ended meanwhile.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
