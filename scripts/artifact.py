"""What the scripts that check the release library share: where it is, and the tools' output."""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def target_folder():
    """Where cargo builds."""
    return os.path.abspath(os.environ.get("CARGO_TARGET_DIR") or os.path.join(ROOT, "target"))


def library_path():
    """The release library, which must exist already (`scripts/test` builds it first)."""
    path = os.path.join(target_folder(), "release", "libarenite.so")
    if not os.path.exists(path):
        sys.exit(f"{path} does not exist: run `cargo build --release` first")
    return path


def tool(*command, env=None):
    """The standard output of a tool; ends the script with one line if the tool fails."""
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        sys.exit(f"{command[0]} not found: scripts/test --install installs what is needed")
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(command)}: {error.stderr.strip()}")
    return done.stdout


class Function:
    """A dynamic symbol of type function: its first address and the one after its last."""

    def __init__(self, start, size):
        self.start, self.end = start, start + size


def functions(library):
    """The exported functions by name."""
    found = {}
    for line in tool("readelf", "--dyn-syms", "-W", library).splitlines():
        words = line.split()
        if len(words) == 8 and words[3] == "FUNC" and words[6] != "UND":
            found[words[7].split("@")[0]] = Function(int(words[1], 16), int(words[2], 0))
    return found


def relocations(library):
    """The dynamic relocations: a list of (address, type)."""
    text = tool("readelf", "-rW", library)
    return [(int(a, 16), kind) for a, kind in re.findall(r"^([0-9a-f]+) +[0-9a-f]+ +(R_\w+)", text, re.M)]
