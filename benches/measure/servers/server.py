"""A server as a workload: it alone runs under the allocator, and a client from here keeps it busy.

What counts is the processor time of the server and all its processes, from its start to its end: the client has no
part in it, and it does not matter whether the two share a processor. The peak is that of its largest process. Each
run has a server and a folder of its own.
"""

import contextlib
import hashlib
import os
import signal
import socket

from measure import run
from measure.servers.process import Process, Trouble, limit, scratch_folder
from measure.workloads import PROGRAMS, Workload


class Server(Workload):
    """A kind of server says how it is started, and what its client does; an operation is a request."""

    stop_signal = signal.SIGTERM

    def __init__(self, name, package, requests):
        super().__init__(f"program-{name}", requests, "serve", group=PROGRAMS)
        self.package = package

    # ---- what each kind has ----

    def is_installed(self):
        raise NotImplementedError

    def prepare(self, folder):
        """Fills the folder of a run; returns the command that starts the server."""
        raise NotImplementedError

    def is_ready(self, folder):
        """Whether it takes requests."""
        with contextlib.suppress(OSError), connected(folder):
            return True
        return False

    def load(self, folder, requests, replies):
        """Sends the requests; `replies` is given all that must be the same on every allocator."""
        raise NotImplementedError

    def environment(self, allocator):
        return allocator.environment()

    def user(self):
        """The user that it must run as, an entry of `pwd`, or None for the one who measures."""
        return None

    # ---- a run ----

    def run(self, allocator, part, expects):
        with scratch_folder() as folder:
            return self.run_in(folder, allocator, max(self.operations // part, 1))

    def run_in(self, folder, allocator, requests):
        replies, trouble = hashlib.sha256(), None
        process = self.start(self.prepare(folder), folder, allocator)
        try:
            with limit(run.LIMIT_SECONDS):
                process.wait_until(lambda: self.is_ready(folder))
                self.load(folder, requests, replies)
        except (OSError, Trouble) as error:
            trouble = error
        finally:
            text, fault = process.end()
        if isinstance(trouble, TimeoutError):
            return run.Outcome(run.HANGS)
        if trouble or fault:
            return run.Outcome("; ".join(str(one) for one in (trouble, fault) if one)[:200])
        return run.Outcome(run.OK, line(text, requests, replies.hexdigest()))

    def start(self, command, folder, allocator):
        user = self.user()
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
        return Process(command, folder, self.stop_signal, self.environment(allocator), user)


def line(text, requests, digest):
    """What serve.c printed, in the form that all workloads have."""
    values = dict(word.split("=") for word in text.split())
    nanoseconds = float(values["seconds"]) * 1e9 / requests
    return f"operations={requests} {text.strip()} ns_per_op={nanoseconds:.4f} checksum={digest[:16]}"


@contextlib.contextmanager
def connected(folder):
    """A connection to the server's socket, which most kinds of servers have in the same place."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(socket_path(folder))
        yield connection


def socket_path(folder):
    return os.path.join(folder, "socket")
