"""Speed of the engine alone: `python -m tests.bench.engine`. Prints figures; asserts nothing.

A step is one action that ends at once: its template evaluated, its event made and folded. Times are process
time, best of some runs, so that other load on the machine counts little.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from typing import Any

from runtime.engine.commands import Execute
from runtime.engine.plan import Plan, compile_plan
from runtime.engine.state import RunState, fold
from runtime.language import template
from runtime.language.definition import read
from tests.engine.driver import Driver, ok, plan_of
from tests.engine.test_growth import chain, loop, skipped, star


def best(plan: Plan, repeat: int = 3) -> tuple[float, Driver]:
    """Seconds of the fastest run, and that run."""
    fastest = float("inf")
    for _ in range(repeat):
        gc.collect()
        driver = Driver(plan, lambda command: ok({"n": 1}))
        began = time.process_time()
        driver.start({"n": 1})
        fastest = min(fastest, time.process_time() - began)
    assert driver.state.status == "Succeeded", driver.state.error
    return fastest, driver


def show(title: str, seconds: float, count: int, unit: str, target: str = "") -> None:
    goal = f"   (goal {target})" if target else ""
    print(f"{title:<44} {seconds * 1000:10.1f} ms {seconds / count * 1e6:9.1f} µs per {unit}{goal}")


def calls(count: int) -> dict[str, Any]:
    return {
        f"A{i}": {
            "type": "Http",
            "inputs": {"method": "GET", "uri": "https://x.test"},
            "runAfter": {f"A{i - 1}": ["Succeeded"]} if i else {},
        }
        for i in range(count)
    }


def composes(size: int) -> dict[str, Any]:
    step = {"type": "Compose", "inputs": {"n": "@add(item(), 1)", "t": "@{item()}"}}
    return {"L": {"type": "Foreach", "foreach": f"@range(0,{size})", "actions": {"C": step}}}


def mixed(count: int) -> dict[str, Any]:
    """What definitions are made of: in each group of ten a loop, a condition, calls, variables, data."""
    actions: dict[str, Any] = {"V": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v"}]}}}
    for i in range(count // 10):
        before = {"runAfter": {f"Call_{i - 1}": ["Succeeded"]} if i else {"V": ["Succeeded"]}}
        host = {"connection": {"name": "@parameters('$connections')['office365']['connectionId']"}}
        look = f"@and(equals(item()?['status'], 'open'), greater(item()?['n'], {i}))"
        order = {"id": f"@items('Each_{i}')?['id']", "who": f"@{{triggerBody()?['name']}}, {i}"}
        actions |= {
            f"Call_{i}": {"type": "ApiConnection", "inputs": {"host": host, "method": "get", "path": f"/a/{i}"}} | before,
            f"Open_{i}": {"type": "Query", "inputs": {"from": f"@body('Call_{i}')?['value']", "where": look}},
            f"Each_{i}": {
                "type": "Foreach", "foreach": f"@body('Open_{i}')", "runAfter": {f"Open_{i}": ["Succeeded"]},
                "actions": {
                    f"Shape_{i}": {"type": "Compose", "inputs": order},
                    f"If_{i}": {
                        "type": "If", "expression": {"and": [{"equals": [f"@outputs('Shape_{i}')?['id']", i]}]},
                        "actions": {f"Set_{i}": {"type": "SetVariable", "inputs": {"name": "v", "value": "@item()"}}},
                        "else": {"actions": {f"Wait_{i}": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}}}},
                    },
                    f"Send_{i}": {
                        "type": "Http",
                        "inputs": {"method": "POST", "uri": f"https://x.test/@{{variables('v')}}/{i}", "body": f"@outputs('Shape_{i}')"},
                    },
                    f"Join_{i}": {"type": "Join", "inputs": {"from": "@item()?['tags']", "joinWith": ","}},
                    f"Json_{i}": {"type": "ParseJson", "inputs": {"content": f"@body('Send_{i}')", "schema": {}}},
                },
            },
        }  # fmt: skip
    return actions


def reading(definition: dict[str, Any], *, first: bool, repeat: int = 7) -> float:
    """Seconds from the JSON value to the plan: nothing known beforehand, or every expression seen before."""
    fastest = float("inf")
    for _ in range(repeat):
        if first:
            template._compiled.cache_clear()
        began = time.process_time()
        compile_plan(read(definition))
        fastest = min(fastest, time.process_time() - began)
    return fastest


def main() -> None:
    big = {"triggers": {}, "actions": mixed(500)}
    count = sum(1 for _ in read(big).every_action())
    title = f"reading a definition of {count} mixed actions"
    show(title, reading(big, first=True), count, "action", "50 ms")
    show("the same again, expressions known", reading(big, first=False), count, "action", "30 ms")
    ten = plan_of(chain(10))
    rounds = 200
    began = time.process_time()
    for _ in range(rounds):
        Driver(ten).start()
    show("10 actions in a row", (time.process_time() - began) / rounds, 10, "step", "50 µs a step")
    began = time.process_time()
    plan = plan_of(chain(1000))
    show("compiling 1,000 actions", time.process_time() - began, 1000, "action")
    seconds, driver = best(plan)
    show("1,000 actions in a row", seconds, 1000, "step", "50 µs a step")
    began = time.process_time()
    fold(driver.history, RunState.empty())
    show("folding that history", time.process_time() - began, len(driver.history), "event")
    show("5,000 in a row", best(plan_of(chain(5000)))[0], 5000, "step")
    show("5,000 beside each other", best(plan_of(star(5000)))[0], 5000, "step")
    show("10,000 skipped in a branch", best(plan_of(skipped(5000)))[0], 10000, "skip")
    show("1,000 operations with their answers", best(plan_of(calls(1000)))[0], 1000, "operation")
    show("loop of 1,000 items, one step", best(plan_of(composes(1000)))[0], 1000, "turn", "150 ms")
    seconds, driver = best(plan_of(composes(100_000)), 1)
    show("loop of 100,000 items, one step", seconds, 100_000, "turn", "15 s")
    assert not any(isinstance(command, Execute) for command in driver.commands)
    del driver
    for size in (10_000, 20_000):
        gc.collect()
        tracemalloc.start()
        kept = Driver(plan_of(loop(size))).start()
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        title = f"memory of a loop of {size:,} items"
        print(f"{title:<44} {used / 1e6:10.1f} MB {used / size:9.0f} bytes per turn")
        del kept


if __name__ == "__main__":
    main()
