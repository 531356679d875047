"""Threads, forked workers and big containers; prints only what does not depend on timing."""

import collections
import hashlib
import json
import multiprocessing
import os
import random
import re
import threading


def fill(seed, results):
    generator = random.Random(seed)
    table = {}
    for number in range(60_000):
        table[f"key-{generator.randrange(30_000)}"] = "v" * generator.randrange(600)
        if number % 3 == 0:
            table.pop(f"key-{generator.randrange(30_000)}", None)
    digest = hashlib.sha256()
    for key in sorted(table):
        digest.update(key.encode() + table[key].encode())
    results[seed] = (len(table), digest.hexdigest())


def worker(seed):
    generator = random.Random(seed)
    rows = [[generator.random() for _ in range(generator.randrange(1, 400))] for _ in range(500)]
    text = json.dumps(rows)
    return hashlib.md5(text.encode()).hexdigest(), json.loads(text) == rows


def threads():
    results = {}
    running = [threading.Thread(target=fill, args=(seed, results)) for seed in range(6)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    for seed in sorted(results):
        print("thread", seed, *results[seed])


def forks():
    # Fork while other threads allocate.
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            _ = [bytearray(size) for size in range(1, 4000, 37)]

    busy = [threading.Thread(target=churn) for _ in range(3)]
    for thread in busy:
        thread.start()
    for number in range(20):
        child = os.fork()
        if child == 0:
            data = {index: str(index) * 20 for index in range(2000)}
            os._exit(len(data) % 251)
        print("child", number, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    stop.set()
    for thread in busy:
        thread.join()
    with multiprocessing.get_context("fork").Pool(3) as pool:
        for digest, equal in pool.map(worker, range(12)):
            print("pool", digest, equal)


def containers():
    queue = collections.deque()
    generator = random.Random(7)
    for _ in range(200_000):
        queue.append(bytes(generator.randrange(200)))
        if len(queue) > 5000:
            queue.popleft()
    print("deque", sum(map(len, queue)))
    big = bytearray()
    for index in range(3000):
        big += bytes([index % 256]) * 2000
    print("bytearray", len(big), hashlib.sha1(big).hexdigest())
    words = re.findall(r"\w+", " ".join(f"w{generator.randrange(5000)}" for _ in range(100_000)))
    print("words", collections.Counter(words).most_common(5))


if __name__ == "__main__":
    threads()
    forks()
    containers()
