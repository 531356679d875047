"""redis: strings, lists, hashes, sorted sets and scripts, sent in batches by several clients in turn."""

import contextlib
import random
import re
import shutil

from measure.servers.process import Trouble
from measure.servers.server import Server, connected, socket_path

CLIENTS = 8
BATCH = 40
KEYS, LISTS, HASHES, SETS, FIELDS = 40_000, 400, 200, 100, 300

# The last reply of a batch.
END = b"$12\r\nend of batch\r\n"

# Makes tables and strings in the server, with an allocator that calls realloc.
SCRIPT = (
    "local words = {} for i = 1, tonumber(ARGV[1]) do words[i] = ARGV[2] .. i end "
    "redis.call('SET', KEYS[1], table.concat(words, ' ')) return #words"
)


class Redis(Server):
    def __init__(self):
        super().__init__("redis", "redis-server", 500_000)
        self.batches = {}

    def is_installed(self):
        return shutil.which("redis-server") is not None

    def prepare(self, folder):
        options = {
            "port": "0",
            "unixsocket": socket_path(folder),
            "dir": folder,
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
            "loglevel": "warning",
            # Debian's is linked with jemalloc, which would start a thread although it has nothing to do.
            "jemalloc-bg-thread": "no",
        }
        return ["redis-server", *(word for name, value in options.items() for word in (f"--{name}", value))]

    def environment(self, allocator):
        """With the C library named where nothing else is preloaded: jemalloc, with which it is linked, comes first."""
        return {"LD_PRELOAD": c_library(), **allocator.environment()}

    def load(self, folder, requests, replies):
        if requests not in self.batches:
            self.batches[requests] = list(batches_of([*commands(requests), *questions()]))
        batches = self.batches[requests]
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(connected(folder)) for _ in range(CLIENTS)]
            for at, batch in enumerate(batches):
                replies.update(answer(clients[at % CLIENTS], batch))


def c_library():
    """The path of the C library, which this program has as well."""
    with open("/proc/self/maps", encoding="utf-8") as file:
        return re.search(r"/\S*/libc[.-]\S*", file.read())[0]


def answer(client, batch):
    client.sendall(batch)
    received = bytearray()
    while not received.endswith(END):
        more = client.recv(1 << 20)
        if not more:
            raise Trouble("it closes the connection")
        received += more
    return received


def batches_of(everything):
    for at in range(0, len(everything), BATCH):
        lines = [*everything[at : at + BATCH], ("ECHO", "end of batch")]
        yield b"".join(map(encoded, lines))


def encoded(words):
    parts = [f"*{len(words)}\r\n"]
    parts += [f"${len(word)}\r\n{word}\r\n" for word in map(str, words)]
    return "".join(parts).encode("ascii")


def commands(count):
    """The same ones in every run. None of them depends on the time, or on the order of a hash table."""
    chance = random.Random(1)
    kinds = random.Random(2).choices(list(KINDS), weights=list(KINDS.values()), k=count)
    return [kind(chance) for kind in kinds]


def value(chance):
    """From 8 bytes to 1 KiB, each doubling as likely as the others, and one in a hundred is 16 times as long."""
    length = int(8 * 2 ** (chance.random() * 7)) * (16 if chance.random() < 0.01 else 1)
    return f"{length:06}." * (length // 7 + 1)


def key(chance, kind="key", count=KEYS):
    return f"{kind}:{int(chance.random() * count)}"


KINDS = {
    lambda chance: ("SET", key(chance), value(chance)): 28,
    lambda chance: ("GET", key(chance)): 24,
    lambda chance: ("APPEND", key(chance), f"more {chance.random():.3f}"): 6,
    lambda chance: ("DEL", key(chance)): 8,
    lambda chance: ("RPUSH", key(chance, "list", LISTS), value(chance)): 8,
    lambda chance: ("LPOP", key(chance, "list", LISTS)): 7,
    lambda chance: ("HSET", key(chance, "hash", HASHES), key(chance, "field", FIELDS), value(chance)): 6,
    lambda chance: ("HDEL", key(chance, "hash", HASHES), key(chance, "field", FIELDS)): 4,
    lambda chance: ("ZADD", key(chance, "set", SETS), int(chance.random() * 1000), key(chance, "member", FIELDS)): 4,
    lambda chance: ("ZRANGE", key(chance, "set", SETS), 0, 20): 2,
    lambda chance: ("EVAL", SCRIPT, 1, key(chance), int(chance.random() * 40), "word"): 2,
    lambda chance: ("SORT", key(chance, "list", LISTS), "LIMIT", 0, 10, "ALPHA"): 1,
}


def questions():
    """Reads back all that there is."""
    yield ("DBSIZE",)
    for number in range(0, KEYS, 20):
        yield ("MGET", *(f"key:{number + at}" for at in range(20)))
    for number in range(LISTS):
        yield ("LRANGE", f"list:{number}", 0, -1)
    for number in range(HASHES):
        yield ("HMGET", f"hash:{number}", *(f"field:{at}" for at in range(FIELDS)))
    for number in range(SETS):
        yield ("ZRANGE", f"set:{number}", 0, -1, "WITHSCORES")
