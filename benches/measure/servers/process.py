"""A server's process: how it is started, and how it is ended in any case (benches/workloads/serve.c does both)."""

import atexit
import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from measure import build, run

SECONDS_BETWEEN_TRIES = 0.02
# Longer than serve.c waits for a server.
SECONDS_TO_END = 30

SERVE = os.path.join(build.PROGRAMS, "serve")


class Trouble(Exception):
    """The server does not do what it should."""


class Process:
    """A server in a folder of its own, where `log` has what it says; `user` is an entry of `pwd`, or None."""

    def __init__(self, command, folder, stop_signal, environment, user):
        self.log = os.path.join(folder, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [SERVE, str(int(stop_signal)), *command],
                env=environment,
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
                **as_user(user),
            )

    def wait_until(self, is_ready):
        while not is_ready():
            if self.process.poll() is not None:
                raise Trouble("it does not start")
            time.sleep(SECONDS_BETWEEN_TRIES)

    def end(self):
        """Ends it; returns what serve.c printed, and what went wrong or ""."""
        try:
            # It also closes standard input, which is what ends the server.
            text, _ = self.process.communicate(timeout=SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            run.end_group(self.process)
            return "", "it does not end"
        except BaseException:
            run.end_group(self.process)
            raise
        with open(self.log, encoding="utf-8", errors="replace") as file:
            said = file.read().strip().splitlines()
        if any("cannot be preloaded" in line for line in said):
            return text, "cannot be preloaded"
        # A server with several processes goes on when one of them crashes, but says so.
        crashes = [line for line in said if re.search(r"\bsignal \d", line)]
        if crashes:
            return text, crashes[0]
        if self.process.returncode == 0 and text:
            return text, ""
        return text, said[-1] if said else f"exit status {self.process.returncode}"


def as_user(user):
    """The options of `subprocess` that run a program as this user."""
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


@contextlib.contextmanager
def scratch_folder():
    # In /tmp, since the path of a socket has at most 107 bytes.
    folder = tempfile.mkdtemp(prefix="arenite-bench-", dir="/tmp")
    # An interrupt may come while it is removed.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def limit(seconds):
    """Raises TimeoutError if what is done in it takes longer, wherever it waits."""

    def too_late(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, too_late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
