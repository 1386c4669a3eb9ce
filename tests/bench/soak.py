"""`make soak`: half load for half an hour, a line a minute; memory and latency have to stay flat.

`python -m tests.bench.soak [embedded|cluster] [--minutes 30] [--rate N]`. Without a rate it is half of what the
machine carries at the beginning. Three of four requests wait for their answer, whose time is counted from the
moment the request was due (a server that stalls is not spared the requests it held up); the fourth is
acknowledged, waits a second by a timer and calls a server of ours, so that releases, timers and effects are
under load as well.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "designer.settings")

import django

django.setup()

from tests.bench import server
from tests.runtime.servers import CountingServer
from tests.runtime.worlds import chain, compose, definition, http, respond, wait

CONNECTIONS = 24
# Growth that is no leak: caches and pages that fill, a neighbour on the machine.
MEMORY_FACTOR, MEMORY_SLACK = 1.10, 15.0
LATENCY_FACTOR, LATENCY_SLACK = 1.5, 10.0


@dataclass(slots=True)
class Minute:
    """Times in milliseconds, memory in megabytes; `finished` counts runs."""

    number: int
    answered: int = 0
    errors: int = 0
    finished: int = 0
    memory: float = 0.0
    cpu: float = 0.0
    times: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return statistics.median(self.times) if self.times else 0.0

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.times, n=100)[98] if len(self.times) > 1 else 0.0

    def __str__(self) -> str:
        return (
            f"{self.number:6} {self.answered:9} {self.errors:7} {self.finished:9} {self.p50:9.1f} "
            f"{self.p99:9.1f} {self.memory:9.0f} {self.cpu:7.0f}"
        )


HEAD = "minute  answered  errors  finished   p50 ms    p99 ms  memory MB  cpu %"


def answering() -> dict[str, Any]:
    steps = [("S1", compose("@add(triggerBody()?['n'], 1)"))]
    steps += [(f"S{i}", compose(f"@add(outputs('S{i - 1}'), 1)")) for i in range(2, 11)]
    return definition(chain(*steps, ("Answer", respond({"n": "@outputs('S10')"}))))


def calling(url: str) -> dict[str, Any]:
    call = http(url, body={"key": "@{triggerBody()?['n']}"})
    return definition(chain(("Wait", wait(1)), ("Call", call), ("After", compose("@body('Call')"))))


class Client:
    """Requests at their moments over a few connections."""

    def __init__(self, urls: list[str], rate: float) -> None:
        self._parts = [urlsplit(url) for url in urls]
        self._rate = rate
        self._due: deque[tuple[float, int]] = deque()
        self._bell = asyncio.Event()
        self.minute = Minute(0)

    async def keep(self, seconds: float) -> None:
        """Send for so long, and wait for what is under way."""
        senders = [asyncio.create_task(self._send()) for _ in range(CONNECTIONS)]
        begun = time.perf_counter()
        number = 0
        while (now := time.perf_counter()) - begun < seconds:
            while begun + number / self._rate <= now:
                self._due.append((begun + number / self._rate, number))
                number += 1
            self._bell.set()
            await asyncio.sleep(max(0.0, begun + number / self._rate - time.perf_counter()))
        while self._due:  # emptied in many places
            await asyncio.sleep(0.05)
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)

    async def carried(self, seconds: float) -> float:
        """Requests a second of the same kinds, each connection sending as soon as it is answered."""
        self._due.extend((time.perf_counter(), number) for number in range(-100_000, 0))
        senders = [asyncio.create_task(self._send()) for _ in range(CONNECTIONS)]
        await asyncio.sleep(seconds)
        self._due.clear()
        rate = self.minute.answered / seconds
        await asyncio.sleep(2)  # for what is under way
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        return rate

    async def _send(self) -> None:
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while True:
            while not self._due:
                self._bell.clear()
                await self._bell.wait()
            due, number = self._due.popleft()
            waits = number % 4 != 3
            try:
                if streams is None:
                    streams = await asyncio.open_connection(self._parts[0].hostname, self._parts[0].port)
                status = await self._one(*streams, self._parts[0 if waits else 1], number)
            except (OSError, ValueError, asyncio.IncompleteReadError):
                status, streams = 0, None
            took = (time.perf_counter() - due) * 1e3
            self.minute.answered += 1
            self.minute.errors += status not in (200, 202)
            if waits:
                self.minute.times.append(took)

    async def _one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, parts: Any, number: int
    ) -> int:
        body = json.dumps({"n": number, "note": "x" * 1000}).encode()
        head = (
            f"POST {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = re.search(rb"content-length: (\d+)", answer)
        await reader.readexactly(int(length[1]) if length else 0)
        return int(answer.split(b" ", 2)[1])


async def observe(
    running: server.Server, client: Client, minutes: int, seconds: float
) -> tuple[list[Minute], float]:
    """A line for each part of so many seconds, and how long the last runs took to end."""
    keeping = asyncio.create_task(client.keep(minutes * seconds))
    found: list[Minute] = []
    ended, cpu = await asyncio.to_thread(server.count_ended, running), running.cpu()
    for number in range(1, minutes + 1):
        client.minute = minute = Minute(number)
        await asyncio.sleep(seconds)
        now = await asyncio.to_thread(server.count_ended, running)
        minute.finished, ended = now - ended, now
        minute.memory, used = running.memory(), running.cpu()
        minute.cpu, cpu = (used - cpu) / seconds * 100, used
        found.append(minute)
        print(minute, flush=True)
    await keeping
    begun = time.perf_counter()
    while await asyncio.to_thread(server.count_unfinished, running) and time.perf_counter() - begun < 60:
        await asyncio.sleep(0.2)
    return found, time.perf_counter() - begun


def verdict(minutes: list[Minute]) -> Iterator[str]:
    """What is not flat: the last third against the one after the start. The first tenth is warming up."""
    steady = minutes[max(1, len(minutes) // 10) :]
    third = max(1, len(steady) // 3)
    early, late = steady[:third], steady[-third:]

    def middle(part: list[Minute], what: str) -> float:
        return statistics.median(getattr(minute, what) for minute in part)

    for what, factor, slack in (
        ("memory", MEMORY_FACTOR, MEMORY_SLACK), ("p50", LATENCY_FACTOR, LATENCY_SLACK),
    ):  # fmt: skip
        before, after = middle(early, what), middle(late, what)
        print(f"{what}: {before:.1f} early, {after:.1f} late")
        if after > before * factor + slack:
            yield f"{what} grew from {before:.1f} to {after:.1f}"
    if errors := sum(minute.errors for minute in minutes):
        yield f"{errors} requests failed"


def soak(running: server.Server, minutes: int, rate: float = 0.0, seconds: float = 60.0) -> list[str]:
    """Print the table; what is wrong, or nothing."""
    called = CountingServer()
    try:
        answering_url = running.publish("answering", answering())
        calling_url = running.publish("calling", calling(called.url))
        if not rate:
            rate = asyncio.run(Client([answering_url, calling_url], 0).carried(20)) / 2
        print(f"{rate:.0f} requests a second\n{HEAD}", flush=True)
        client = Client([answering_url, calling_url], rate)
        found, drained = asyncio.run(observe(running, client, minutes, seconds))
        wrong = list(verdict(found))
        left = server.count_unfinished(running)
        sent = sum(called.calls.values())
        print(f"the last run ended {drained:.1f} s after the last request; {sent} effects, {left} runs left")
        if left:
            wrong.append(f"{left} runs did not end")
        if repeated := sum(count - 1 for count in called.calls.values()):
            wrong.append(f"{repeated} effects were repeated")
        return wrong
    finally:
        called.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Half load for half an hour.")
    parser.add_argument("mode", nargs="?", default="embedded", choices=["embedded", "cluster"])
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument(
        "--rate", type=float, default=0.0, help="requests a second; else half of what is carried"
    )
    given = parser.parse_args()
    opened = server.embedded() if given.mode == "embedded" else server.cluster()
    with opened as running:
        wrong = soak(running, given.minutes, given.rate)
    print("\n".join(wrong) or "flat")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
