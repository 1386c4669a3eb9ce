"""What runs that only wait cost: memory, rows, and the time of a new call beside them.

`python -m tests.bench.waiting [--runs 100000]`. Each is started by a call and waits a day by a timer.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "designer.settings")

import django

django.setup()

from tests.bench import load, server
from tests.runtime.worlds import chain, compose, definition, respond, wait


@contextmanager
def told(running: server.Server, url: str, what: str) -> Iterator[None]:
    yield
    time.sleep(3)
    begun, since = running.cpu(), time.perf_counter()
    time.sleep(10)
    idle = (running.cpu() - begun) / (time.perf_counter() - since) * 100
    took = statistics.median(load.single(url, b'{"n": 1}') for _ in range(20))
    waiting = server.count_unfinished(running)
    print(
        f"{what:8} {waiting:9} waiting {running.memory():7.0f} MB {idle:7.1f} % idle {took:8.1f} ms a call",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="What runs that only wait cost.")
    parser.add_argument("--runs", type=int, default=100_000)
    wanted = parser.parse_args().runs
    with server.embedded() as running:
        waiting = running.publish("waiting", definition(chain(("Day", wait(86_400)), ("After", compose(1)))))
        quick = running.publish("quick", definition(chain(("Answer", respond("ok")))))
        with told(running, quick, "before"):
            load.post(quick, b'{"n": 1}', 10, 5)
        with told(running, quick, "after"):
            while server.count_unfinished(running) < wanted:
                load.post(waiting, b'{"n": 1}', 20, 5)


if __name__ == "__main__":
    main()
