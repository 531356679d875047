"""Makes what is run: the workloads, the empty library, a repository for git, a Rust program, Arenite, the peers."""

import glob
import os
import shutil
import subprocess
import sys

from measure import Failure

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
TARGET = os.path.abspath(os.environ.get("CARGO_TARGET_DIR") or os.path.join(ROOT, "target"))
FOLDER = os.path.join(TARGET, "bench")
PROGRAMS = os.path.join(FOLDER, "bin")
REPOSITORY = os.path.join(FOLDER, "repository")
FLOOR = os.path.join(FOLDER, "libfloor.so")
SOURCES = os.path.join(ROOT, "benches", "workloads")
MEMORY_PROGRAMS = os.path.join(FOLDER, "memory")
MEMORY_SOURCES = os.path.join(ROOT, "benches", "memory")
INPUTS = os.path.join(ROOT, "tests", "programs", "inputs")

# Without -fno-builtin, gcc leaves out calls of malloc whose block is not needed.
FLAGS = ["-O2", "-g", "-Wall", "-Wextra", "-Werror", "-fno-builtin", "-pthread"]


def run(command, needed_for, **options):
    if shutil.which(command[0]) is None:
        raise Failure(f"{needed_for}: {command[0]} is not installed")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise Failure(f"{needed_for}: `{' '.join(command)}` failed\n{(done.stderr or done.stdout).strip()}")
    return done.stdout


def is_newer(product, sources):
    return os.path.exists(product) and os.path.getmtime(product) >= max(map(os.path.getmtime, sources))


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def workloads():
    compile_all(SOURCES, PROGRAMS, [os.path.join(SOURCES, "workload.h")])


def memory():
    """The programs of benches/memory."""
    headers = [
        os.path.join(MEMORY_SOURCES, "memory.h"),
        os.path.join(SOURCES, "workload.h"),
        os.path.join(ROOT, "include", "arenite.h"),
    ]
    compile_all(MEMORY_SOURCES, MEMORY_PROGRAMS, headers)


def compile_all(sources, products, headers):
    os.makedirs(products, exist_ok=True)
    for source in sorted(glob.glob(os.path.join(sources, "*.c")) + glob.glob(os.path.join(sources, "*.cpp"))):
        name, kind = os.path.splitext(os.path.basename(source))
        compiler = ["g++", "-std=c++17"] if kind == ".cpp" else ["gcc", "-std=gnu11"]
        product, more = os.path.join(products, name), []
        if name == "floor":
            product, more = FLOOR, ["-shared", "-fPIC"]
        if not is_newer(product, [source, *headers, os.path.realpath(__file__)]):
            run([*compiler, *FLAGS, *more, source, "-o", product], name)


def repository():
    """A repository of some hundred files, a few of them changed; the same one in every run."""
    if os.path.exists(os.path.join(REPOSITORY, ".git", "complete")):
        return
    shutil.rmtree(REPOSITORY, ignore_errors=True)
    for number in range(400):
        folder = os.path.join(REPOSITORY, f"folder{number % 20}")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"file{number}.txt"), "w", encoding="utf-8") as file:
            file.writelines(f"line {line} of file {number}\n" for line in range(10 + number % 50))
    git = ["git", "-c", "user.name=Author", "-c", "user.email=author@example.org", "-C", REPOSITORY]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "First"]):
        run([*git, *words], "a repository for git status")
    for number in range(0, 400, 40):
        with open(os.path.join(REPOSITORY, f"folder{number % 20}", f"file{number}.txt"), "a", encoding="utf-8") as file:
            file.write("changed\n")
    with open(os.path.join(REPOSITORY, ".git", "complete"), "w", encoding="utf-8"):
        pass


def arenite():
    """Builds the release library; returns a copy of it, which stays as it is while it is measured."""
    return library(TARGET, "libarenite.so")


def counts():
    """The same with the feature `counts`, in a target directory of its own: neither build undoes the other."""
    options = ["--package", "arenite-c", "--features", "counts"]
    return library(os.path.join(TARGET, "counts"), "libarenite-counts.so", *options)


def library(target, name, *options):
    command = ["cargo", "build", "--release", "--locked", "--quiet", *options]
    run(command, "Arenite", cwd=ROOT, env={**os.environ, "CARGO_TARGET_DIR": target})
    copy = os.path.join(FOLDER, name)
    shutil.copy2(os.path.join(target, "release", "libarenite.so"), copy)
    return copy


def rust_program():
    """Builds benches/rust-program; returns the paths of the one that has Arenite, and of the one without."""
    copies = []
    for name, options in (("rust-program-arenite", ["--features", "arenite"]), ("rust-program-system", [])):
        command = ["cargo", "build", "--release", "--locked", "--quiet", "--package", "rust-program", *options]
        run(command, "rust-program", cwd=ROOT, env={**os.environ, "CARGO_TARGET_DIR": TARGET})
        copies.append(os.path.join(PROGRAMS, name))
        shutil.copy2(os.path.join(TARGET, "release", "rust-program"), copies[-1])
    return copies


def peers(names):
    """{name: (path, version)} of these peers, in this order; fetches what is missing."""
    if not names:
        return {}
    script = os.path.join(ROOT, "scripts", "peers")
    environment = {**os.environ, "CARGO_TARGET_DIR": TARGET}
    listed = []
    for option in ([], ["--versions"]):
        done = subprocess.run(
            [sys.executable, script, *option, *names], capture_output=True, text=True, env=environment, check=False
        )
        listed.append(dict(line.split(" ", 1) for line in done.stdout.splitlines()))
        missing = ", ".join(name for name in names if name not in listed[-1])
        if missing:
            said = done.stderr.strip()
            raise Failure(f"{said}\n(to measure without {missing}, name the others with --allocator)")
    return {name: (listed[0][name], listed[1][name]) for name in names}
