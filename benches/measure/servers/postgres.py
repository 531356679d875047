"""postgres: pgbench's transactions, its look-ups by key, and reports that sort, join and build texts."""

import glob
import os
import pwd
import shutil
import signal
import subprocess

from measure import Failure, build, run
from measure.servers.process import Trouble, as_user, limit, scratch_folder
from measure.servers.server import Server

# Debian keeps the programs of each version apart, with only some of them in the path.
FOLDERS = [*os.environ.get("PATH", "").split(":"), "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"]
PROGRAMS = ["postgres", "initdb", "pgbench", "psql"]

# It refuses to run as root. The second of these users is there wherever the first one is not.
USERS = ["postgres", "nobody"]

# The data that every run begins with.
KEPT = os.path.join(build.FOLDER, "postgres")
COMPLETE = os.path.join(KEPT, "complete")

# Nothing happens by itself: it would happen at another time in each run.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "shared_buffers": "32MB",
    "work_mem": "16MB",
    # So that not even a killed server leaves anything in /dev/shm.
    "dynamic_shared_memory_type": "mmap",
}

# Of a hundred requests so many are transactions and look-ups; the rest are reports.
TRANSACTIONS, LOOK_UPS = 20, 79

REPORT = """
SELECT part, sum(abalance), md5(string_agg(aid || ':' || bid || ':' || trim(filler), ',' ORDER BY aid DESC))
FROM (SELECT *, aid %% 50 AS part FROM pgbench_accounts) AS accounts
JOIN generate_series(1, 5000, 3) AS chosen (number) ON aid = number + %d
GROUP BY part ORDER BY 3;
"""

# What must be the same after each run.
STATE = """
SELECT count(*), sum(abalance), md5(string_agg(aid || ' ' || abalance, ',' ORDER BY aid)) FROM pgbench_accounts;
SELECT count(*), sum(delta), sum(delta * aid), sum(delta * tid), sum(delta * bid) FROM pgbench_history;
SELECT sum(tbalance), sum(tbalance * tid) FROM pgbench_tellers;
SELECT sum(bbalance), sum(bbalance * bid) FROM pgbench_branches;
"""


class Postgres(Server):
    stop_signal = signal.SIGINT

    def __init__(self):
        super().__init__("postgres", "postgresql", 4_000)
        self.programs = folder_of_programs()

    def is_installed(self):
        return self.programs is not None

    def user(self):
        if os.geteuid() != 0:
            return None
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        return next(known[name] for name in USERS if name in known)

    # ---- the data ----

    def build(self):
        self.check_user()
        version = build.run([os.path.join(self.programs, "postgres"), "--version"], "postgres")
        if build.is_newer(COMPLETE, [__file__]) and build.text_of(COMPLETE) == version:
            return
        shutil.rmtree(KEPT, ignore_errors=True)
        os.makedirs(KEPT)
        with scratch_folder() as folder:
            try:
                with limit(run.LIMIT_SECONDS):
                    self.make_data(folder)
                    copy(os.path.join(folder, "data"), KEPT)
            except (OSError, Trouble) as error:
                raise Failure(f"its data cannot be made: {error or run.HANGS}") from error
        with open(COMPLETE, "w", encoding="utf-8") as file:
            file.write(version)

    def check_user(self):
        """Fails if the server's user cannot read the allocators."""
        user = self.user()
        done = subprocess.run(["test", "-r", build.PROGRAMS], check=False, **as_user(user))
        if done.returncode != 0:
            raise Failure(f"it must not run as root, and the user {user.pw_name} cannot read {build.PROGRAMS}")

    def make_data(self, folder):
        user = self.user()
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
        # Segments of one MiB instead of 16: the data is copied for each run.
        options = ["-U", "bench", "-A", "trust", "--no-locale", "-E", "UTF8", "--no-sync", "--wal-segsize=1"]
        self.call(["initdb", "-D", "data", *options], folder, **as_user(user))
        process = self.start(self.command_in(folder), folder, run.Allocator("glibc", None, ""))
        try:
            process.wait_until(lambda: self.is_ready(folder))
            self.call(["pgbench", "-i", "-q"], folder)
        finally:
            _, fault = process.end()
        if fault:
            raise Trouble(fault)

    # ---- a run ----

    def prepare(self, folder):
        copy(os.path.join(KEPT, "data"), folder)
        return self.command_in(folder)

    def command_in(self, folder):
        settings = {**SETTINGS, "unix_socket_directories": folder}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [os.path.join(self.programs, "postgres"), "-D", os.path.join(folder, "data"), *words]

    def is_ready(self, folder):
        """Asked without a connection, which would be a process of the server's."""
        try:
            with open(os.path.join(folder, "data", "postmaster.pid"), encoding="utf-8") as file:
                return file.read().split("\n")[-2].strip() == "ready"
        except (FileNotFoundError, IndexError):
            return False

    def load(self, folder, requests, replies):
        for script, percent in (("tpcb-like", TRANSACTIONS), ("select-only", LOOK_UPS)):
            count = max(requests * percent // 100, 1)
            # A single client: several would wait for each other, each time for longer or shorter.
            self.call(["pgbench", "-n", "-b", script, "-t", str(count), "--random-seed=1"], folder)
        reports = max(requests * (100 - TRANSACTIONS - LOOK_UPS) // 100, 1)
        text = "".join(REPORT % (number * 997 % 95_000) for number in range(reports)) + STATE
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        replies.update(self.call(command, folder, input=text.encode("ascii")))

    def call(self, command, folder, **options):
        """Runs a program that is postgres's own, not under the allocator; returns what it prints."""
        words = [os.path.join(self.programs, command[0]), *command[1:]]
        client = {"PGHOST": folder, "PGUSER": "bench", "PGDATABASE": "postgres"}
        environment = {**run.ENVIRONMENT, **client}
        done = subprocess.run(words, env=environment, cwd=folder, capture_output=True, check=False, **options)
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise Trouble(f"{command[0]}: {said[-1] if said else 'it fails'}")
        return done.stdout


def folder_of_programs():
    """Where all of them are, in the newest version; None if there is no such folder."""
    folders = [folder for pattern in FOLDERS for folder in glob.glob(pattern)]
    complete = [one for one in folders if all(os.access(os.path.join(one, name), os.X_OK) for name in PROGRAMS)]
    return max(complete, key=lambda one: os.path.getmtime(os.path.join(one, "postgres")), default=None)


def copy(source, folder):
    """Copies a folder into another one, with owners and times."""
    done = subprocess.run(["cp", "-a", source, folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(done.stderr.strip())
