"""`make bench`: what the runtime carries, as a table. Medians of three rounds or more; everything is
persisted.

`python -m tests.bench [embedded] [cluster] [peers] [--seconds 6] [--rounds 3] [--only NAME,…] [--install] [--save FILE]`
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "designer.settings")

import django

django.setup()

from tests.bench import costs, engine, expressions, live, load, peers, server
from tests.bench.table import Table
from tests.runtime.servers import CountingServer
from tests.runtime.worlds import chain, compose, definition, http, respond


def order(size: int) -> bytes:
    """A JSON document of so many bytes."""
    items = [{"sku": f"SKU-{i:04d}", "qty": i, "price": 9.99 + i, "tags": ["a", "b"]} for i in range(1, 9)]
    document: dict[str, Any] = {
        "id": "evt_000001", "n": 0, "type": "order.created", "customer": {"id": 4711, "name": "Ada Lovelace"},
        "items": items, "total": 123.45, "paid": True, "note": "",
    }  # fmt: skip
    document["note"] = "x" * (size - len(json.dumps(document, separators=(",", ":"))))
    return json.dumps(document, separators=(",", ":")).encode()


def big_order(size: int) -> bytes:
    """The same with thousands of members instead of one long text."""
    row = {"sku": "SKU-0001", "qty": 3, "price": 9.99, "tags": ["a", "b"], "name": "a thing of some kind"}
    count = size // (len(json.dumps(row, separators=(",", ":"))) + 1)
    return json.dumps({"n": 0, "items": [row] * count}, separators=(",", ":")).encode()


def ten_steps(*, answer: bool) -> dict[str, Any]:
    steps = [("S1", compose("@add(triggerBody()?['n'], 1)"))]
    steps += [(f"S{i}", compose(f"@add(outputs('S{i - 1}'), 1)")) for i in range(2, 11)]
    return definition(chain(*steps, *([("Answer", respond({"n": "@outputs('S10')"}))] if answer else [])))


def passing(steps: int = 10) -> dict[str, Any]:
    """Every step passes the whole body on."""
    actions = [("S1", compose("@triggerBody()"))]
    actions += [(f"S{i}", compose(f"@outputs('S{i - 1}')")) for i in range(2, steps + 1)]
    return definition(chain(*actions, ("Answer", respond(f"@outputs('S{steps}')"))))


def loop(count: int) -> dict[str, Any]:
    foreach = {
        "type": "Foreach",
        "foreach": f"@range(0, {count})",
        "actions": {"Step": compose("@add(item(), 1)")},
    }
    return definition(chain(("Loop", foreach), ("Answer", respond("done"))))


def pure_chain(count: int) -> dict[str, Any]:
    return definition(chain(*[(f"S{i}", compose(i)) for i in range(count)], ("Answer", respond("done"))))


def effect_chain(url: str, count: int) -> dict[str, Any]:
    calls = [(f"C{i}", http(url, body={"key": f"{i}"})) for i in range(count)]
    return definition(chain(*calls, ("Answer", respond("done"))))


def code_chain(count: int) -> dict[str, Any]:
    """Sandboxed code, each step a child of its own."""
    code = "function fib(n) { return n <= 1 ? n : fib(n - 1) + fib(n - 2) }\nreturn fib(10);"
    steps = [(f"J{i}", {"type": "JavaScriptCode", "inputs": {"code": code}}) for i in range(count)]
    return definition(chain(*steps, ("Answer", respond(f"@body('J{count - 1}')"))))


class Bench:
    def __init__(self, mode: str, running: server.Server, rounds: int, seconds: float, table: Table) -> None:
        self.mode, self.server, self.rounds, self.seconds = mode, running, rounds, seconds
        self.table = table

    @property
    def embedded(self) -> bool:
        return self.mode == "embedded"

    def say(self, work: str, value: str, goal: str = "", *, reached: bool | None = None) -> None:
        """`reached`: None where the goal does not speak of this mode."""
        self.table.put(work, self.mode, value, goal, reached=reached)

    def rate(
        self,
        work: str,
        url: str,
        body: bytes,
        connections: int,
        goal: str = "",
        reached: Callable[[load.Load], bool | None] = lambda _: None,
    ) -> load.Load:
        load.post(url, body, connections, 2)
        begun = self.server.cpu()
        rounds = [load.post(url, body, connections, self.seconds) for _ in range(self.rounds)]
        used = (self.server.cpu() - begun) / sum(found.requests for found in rounds) * 1e3
        middle = load.Load(
            statistics.median(found.rate for found in rounds), statistics.median(found.p50 for found in rounds),
            statistics.median(found.p99 for found in rounds), sum(found.requests for found in rounds),
            sum(found.errors for found in rounds),
        )  # fmt: skip
        text = f"{middle.rate:,.0f}/s, p50 {middle.p50:.1f} ms, p99 {middle.p99:.0f}, cpu {used:.2f} ms"
        errors = f"  {middle.errors} ERRORS" if middle.errors else ""
        self.table.rates[work, self.mode] = middle.rate
        self.say(work, text + errors, goal, reached=reached(middle))
        return middle

    def once(
        self, work: str, url: str, body: bytes, per: int, goal: str = "", most: float | None = None
    ) -> float:
        """One request at a time; the median of its duration, and per step. `most`: milliseconds of the goal."""
        load.single(url, body)
        middle = statistics.median(load.single(url, body) for _ in range(max(5, self.rounds)))
        reached = None if most is None else middle <= most
        self.say(work, f"{middle:,.1f} ms, {middle / per:.4f} a step", goal, reached=reached)
        return middle

    def finished(self, work: str, url: str, body: bytes) -> None:
        """Accepted and finished a second, with nobody waiting for an answer."""
        accepted, finished = [], []
        for _ in range(self.rounds):
            before = self.ended()
            begun = time.perf_counter()
            found = load.post(url, body, 50, self.seconds)
            accepted.append(found)
            while self.ended() - before < found.requests:
                time.sleep(0.1)
                if time.perf_counter() - begun > 120:
                    break
            finished.append((self.ended() - before) / (time.perf_counter() - begun))
        rate, p99 = statistics.median(f.rate for f in accepted), statistics.median(f.p99 for f in accepted)
        kept = rate >= 1500 and p99 <= 60
        self.say(work, f"{rate:,.0f}/s, p99 {p99:.0f} ms", "≥ 1,500/s, p99 ≤ 60 ms", reached=kept)
        ended = statistics.median(finished)
        self.say("the same, finished", f"{ended:,.0f}/s", "≥ 500/s", reached=ended >= 500)

    def ended(self) -> int:
        return server.count_ended(self.server)


def measure(bench: Bench, wanted: Callable[[str], bool]) -> None:
    running = bench.server
    small = order(1024)
    if wanted("idle"):
        time.sleep(8)  # what starts with a process, and its first heartbeats
        begun = running.cpu()
        time.sleep(10)
        share, memory = (running.cpu() - begun) / 10 * 100, running.memory()
        kept = share < 1 and (memory <= 300 or not bench.embedded)
        value = f"{share:.2f} % of a core, {memory:.0f} MB"
        bench.say("idle", value, "< 1 %, ≤ 300 MB embedded", reached=kept)
    if wanted("steps"):
        url = running.publish("steps", ten_steps(answer=True))
        bench.rate(
            peers.TEN, url, small, 10, "≥ 500/s embedded",
            lambda found: found.rate >= 500 if bench.embedded else None,
        )  # fmt: skip
        most = 8 if bench.embedded else 15
        bench.rate(
            peers.ONE, url, small, 1, "p50 ≤ 8 ms embedded, ≤ 15 cluster", lambda found: found.p50 <= most
        )
    if wanted("accept"):
        url = running.publish("accept", ten_steps(answer=False))
        bench.finished(peers.ACCEPT, url, small)
    if wanted("payload"):
        url = running.publish("passing", passing())
        one = bench.rate("10 steps pass the body on, 1 KB, concurrency 10", url, small, 10)
        big = bench.rate("10 steps pass the body on, 160 KB, concurrency 10", url, order(160 * 1024), 10)
        times = one.rate / big.rate
        bench.say("160 KB against 1 KB", f"{times:.2f} times the time", "≤ 1.5", reached=times <= 1.5)
        many = bench.rate("the same, 160 KB of many members", url, big_order(160 * 1024), 10)
        times = one.rate / many.rate
        bench.say(
            "160 KB of members against 1 KB", f"{times:.2f} times the time", "≤ 1.5", reached=times <= 1.5
        )
    if wanted("loops"):
        bench.once(
            "loop of 1,000 items", running.publish("loop1", loop(1_000)), small, 1_000, "≤ 150 ms", 150
        )
        bench.once("loop of 10,000 items", running.publish("loop10", loop(10_000)), small, 10_000)
        url = running.publish("loop100", loop(100_000))
        bench.once("loop of 100,000 items", url, small, 100_000, "≤ 15 s", 15_000)
    if wanted("pure"):
        bench.once(
            "100 pure steps", running.publish("pure", pure_chain(100)), small, 100, "≤ 0.05 ms a step", 5
        )
    measure_operations(bench, wanted)
    if wanted("language") and bench.embedded:  # the same in every process
        rounds = range(max(3, bench.rounds))
        concat = statistics.median(expressions.rate("@concat('a', triggerBody()?['x'])") for _ in rounds)
        bench.say(
            "@concat('a', triggerBody()?['x'])", f"{concat:,.0f}/s", "≥ 200,000/s", reached=concat >= 200_000
        )
        mixed = {"triggers": {}, "actions": engine.mixed(500)}
        took = statistics.median(engine.reading(mixed, first=True) * 1e3 for _ in rounds)
        bench.say("parse and compile 500 actions", f"{took:.0f} ms of a core", "≤ 50 ms", reached=took <= 50)
    if wanted("after"):
        time.sleep(15)
        memory = running.memory()
        kept = memory <= 300 if bench.embedded else None
        bench.say("memory 15 s after load", f"{memory:.0f} MB", "≤ 300 MB embedded", reached=kept)


def measure_operations(bench: Bench, wanted: Callable[[str], bool]) -> None:
    """What leaves the engine: calls, code, news to browsers; and what a run costs."""
    running, small = bench.server, order(1024)
    if wanted("effects"):
        counting = CountingServer()
        url = running.publish("effects", effect_chain(counting.url, 50))
        bench.once("50 HTTP calls, one run", url, small, 50, "≤ 2 ms a step", 100)
        found = load.post(url, small, 50, bench.seconds)
        each = 1e3 / (max(found.rate, 0.001) * 50)
        bench.say(
            "50 HTTP calls, 50 runs at a time",
            f"{found.rate * 50:,.0f} calls/s, {each:.3f} ms a step",
            "≤ 1 ms",
            reached=each <= 1,
        )
        counting.close()
    if wanted("code"):
        url = running.publish("code", code_chain(40))
        bench.once("40 sandboxed code steps, fib(10) each", url, small, 40, "≤ 400 ms", 400)
    if wanted("live"):
        p50, p95 = live.measure(running)
        bench.say(
            "end of an operation → browser",
            f"p50 {p50:.1f} ms, p95 {p95:.1f}",
            "p95 ≤ 50 ms",
            reached=p95 <= 50,
        )
    if wanted("costs"):
        url = running.publish("cost", ten_steps(answer=False))
        found = costs.measure(running, url, small, 50, bench.seconds)
        bench.say("a run of 10 steps, 50 at a time", str(found))
        bench.say("a run of 10 steps, alone", str(costs.measure(running, url, small, 1, bench.seconds)))
        counting = CountingServer()
        url = running.publish("calling", effect_chain(counting.url, 10))
        bench.say(
            "a run of 10 HTTP calls, 20 at a time", str(costs.measure(running, url, small, 20, bench.seconds))
        )
        counting.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modes", nargs="*", default=["embedded", "cluster", "peers"])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--install", action="store_true", help="install the peers that are not there")
    parser.add_argument("--save", type=Path, help="write the table as JSON as well")
    options = parser.parse_args()
    only = {name for name in options.only.split(",") if name}
    table = Table()
    for mode in options.modes:
        print(f"{mode}:", flush=True)
        if mode == "peers":
            peers.measure(table, order(1024), options.rounds, options.seconds, install=options.install)
            continue
        with server.embedded() if mode == "embedded" else server.cluster() as running:
            bench = Bench(mode, running, options.rounds, options.seconds, table)
            measure(bench, lambda name: not only or name in only)
    for peer, least in (("n8n", 40), ("Node-RED", 0.25)):
        table.against(peers.TEN, "embedded", peer, least)
    print(f"\n{table.text()}")
    if options.save:
        table.save(options.save)


if __name__ == "__main__":
    main()
