"""Work and memory grow with the run, not with its square. Times are measured, ratios are asserted."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from tests.engine.driver import run


def chain(size: int) -> dict[str, Any]:
    return {
        f"A{i}": {"type": "Compose", "inputs": i, "runAfter": {f"A{i - 1}": ["Succeeded"]} if i else {}}
        for i in range(size)
    }


def star(size: int) -> dict[str, Any]:
    """All after one, one after all."""
    middle = {
        f"A{i}": {"type": "Compose", "inputs": i, "runAfter": {"S": ["Succeeded"]}} for i in range(size)
    }
    after = {name: ["Succeeded"] for name in middle}
    return {
        "S": {"type": "Compose", "inputs": 0},
        **middle,
        "E": {"type": "Compose", "inputs": 1, "runAfter": after},
    }


def skipped(size: int) -> dict[str, Any]:
    inner = {
        f"A{i}": {"type": "Scope", "actions": {f"B{i}": {"type": "Compose", "inputs": i}}}
        for i in range(size)
    }
    return {"If": {"type": "If", "expression": "@false", "actions": inner}}


def loop(size: int) -> dict[str, Any]:
    step = {"type": "AppendToArrayVariable", "inputs": {"name": "v", "value": "@item()"}}
    return {
        "V": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v", "type": "array"}]}},
        "L": {
            "type": "Foreach",
            "foreach": f"@range(0,{size})",
            "actions": {"C": step},
            "runAfter": {"V": ["Succeeded"]},
        },
    }


def seconds(actions: dict[str, Any]) -> float:
    best = float("inf")
    for _ in range(2):
        gc.collect()
        began = time.process_time()
        driver = run(actions)
        best = min(best, time.process_time() - began)
        assert driver.state.status == "Succeeded"
    return best


def assert_linear(shape: Callable[[int], dict[str, Any]], small: int, times: int) -> None:
    few, many = seconds(shape(small)), seconds(shape(small * times))
    assert many < few * times * 3 + 0.05, (
        f"{shape.__name__}: {few:.3f} s for {small}, {many:.3f} s for {times} times"
    )


def test_five_thousand_actions() -> None:
    assert_linear(chain, 500, 10)
    assert_linear(star, 500, 10)
    assert_linear(skipped, 500, 10)


def test_a_hundred_thousand_items() -> None:
    assert_linear(loop, 5_000, 20)


def test_memory_of_a_loop_is_linear() -> None:
    def peak(size: int) -> int:
        gc.collect()
        tracemalloc.start()
        run(loop(size))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(8_000) < peak(2_000) * 5
