"""Says on standard error how far it is, and how long the rest will take."""

import sys
import time

# So often a line is written where the output is no terminal.
SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Of `total` runs, each of which a key stands for: the same key again takes about as long again."""

    def __init__(self, keys):
        self.waiting = list(keys)
        self.took = {}
        self.started = self.printed = time.monotonic()

    def done(self, key, seconds):
        self.waiting.remove(key)
        self.took[key] = seconds

    def seconds_left(self):
        if not self.took:
            return None
        usual = sum(self.took.values()) / len(self.took)
        return sum(self.took.get(key, usual) for key in self.waiting)

    def show(self, text):
        left = self.seconds_left()
        rest = "" if left is None else f", {clock(left)} left"
        line = f"{len(self.waiting)} runs{rest}: {text}"
        if sys.stderr.isatty():
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self.printed > SECONDS_BETWEEN_LINES or len(self.took) == 1:
            self.printed = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    def end(self):
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)
        print(f"measured for {clock(time.monotonic() - self.started)}", file=sys.stderr, flush=True)


def clock(seconds):
    minutes, seconds = divmod(int(seconds + 0.5), 60)
    return f"{minutes}:{seconds:02} min" if minutes else f"{seconds} s"
