"""Every limit of reference 13 that is enforced: what is at it passes, one more does not.

The first table holds what is said when a definition is saved (a warning where the runtime has room for more, an
error where it does not), the second what a run refuses, the third the bounds of numbers that definitions set.
Limits that are not enforced are argued in runtime/README.md, “Limits”.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors.builtin.http import chunks, operations
from connectors.builtin.javascript import operations as javascript
from connectors.sdk import ConnectorError
from runtime.engine.actions import loops
from runtime.engine.events import Outcome
from runtime.engine.retry import policy_of
from runtime.executor import _minimum_items
from runtime.host.active import RUN_DURATION, STATELESS_DURATION
from runtime.language.template import TemplateError, compile_template
from runtime.language.values import Json
from runtime.triggers import batches, intake
from tests.engine.driver import Driver, ok, plan_of, run
from tests.language.test_validate import COMPOSE, REQUEST, problems, variable

Make = Callable[[int], dict[str, Any]]


def actions(count: int) -> dict[str, Any]:
    return {f"A{i}": COMPOSE for i in range(count)}


def nested(levels: int) -> dict[str, Any]:
    """A Compose inside so many scopes."""
    inner = {"In": COMPOSE}
    for level in range(levels):
        inner = {f"S{level}": {"type": "Scope", "actions": inner}}
    return {"actions": inner}


def one(**members: Any) -> dict[str, Any]:
    return {"actions": {"A": {**COMPOSE, **members}}}


def call(**policy: Any) -> dict[str, Any]:
    inputs = {"method": "GET", "uri": "https://x.test", "retryPolicy": policy}
    return {"actions": {"A": {"type": "Http", "inputs": inputs}}}


def every(frequency: str) -> Make:
    return lambda n: {
        "triggers": {"T": {"type": "Recurrence", "recurrence": {"frequency": frequency, "interval": n}}},
        "actions": {"A": COMPOSE},
    }


def triggered(**members: Any) -> dict[str, Any]:
    return {"triggers": {"T": {**REQUEST, **members}}, "actions": {"A": COMPOSE}}


def loop(kind: str, **members: Any) -> dict[str, Any]:
    given = {"foreach": "@createArray(1)"} if kind == "Foreach" else {"expression": "@equals(1, 1)"}
    return {"actions": {"L": {"type": kind, "actions": {"A": COMPOSE}, **given, **members}}}


def runs(**members: int) -> dict[str, Any]:
    return triggered(runtimeConfiguration={"concurrency": members})


def batch(n: int, size: int = 1) -> dict[str, Any]:
    criteria = {"releaseCriteria": {"messageCount": n, "batchSize": size}}
    inputs = {"mode": "Inline", "configurations": {"b": criteria}}
    return {"triggers": {"T": {"type": "Batch", "inputs": inputs}}, "actions": {"A": COMPOSE}}


def parameters(n: int) -> dict[str, Any]:
    return {
        "parameters": {f"p{i}": {"type": "Int", "defaultValue": 1} for i in range(n)},
        "actions": {"A": {"type": "Compose", "inputs": [f"@parameters('p{i}')" for i in range(n)]}},
    }


SAVED: dict[str, tuple[Make, int]] = {
    "actions of a workflow": (lambda n: {"actions": actions(n)}, 500),
    "levels of nesting": (nested, 8),
    "triggers": (lambda n: {"triggers": {f"T{i}": REQUEST for i in range(n)}, "actions": {"A": COMPOSE}}, 10),
    "name of an action": (lambda n: {"actions": {"A" * n: COMPOSE}}, 80),
    "name of a trigger": (lambda n: {"triggers": {"T" * n: REQUEST}, "actions": {"A": COMPOSE}}, 80),
    "parameters": (parameters, 50),
    "outputs": (
        lambda n: {"outputs": {f"o{i}": {"type": "Int", "value": 1} for i in range(n)}} | one(),
        10,
    ),
    "description of the workflow": (lambda n: {"description": "d" * n} | one(), 256),
    "description of an action": (lambda n: one(description="d" * n), 256),
    "description of a trigger": (lambda n: triggered(description="d" * n), 256),
    "cases of a Switch": (
        lambda n: {
            "actions": {
                "S": {
                    "type": "Switch",
                    "expression": "@string(1)",
                    "cases": {f"C{i}": {"case": f"{i}", "actions": {}} for i in range(n)},
                }
            }
        },
        25,
    ),
    "variables": (
        lambda n: {
            "actions": {f"V{i}": variable(f"v{i}") for i in range(n)}
            | {
                "Use": {
                    **COMPOSE,
                    "inputs": [f"@variables('v{i}')" for i in range(n)],
                    "runAfter": {f"V{i}": ["Succeeded"] for i in range(n)},
                }
            }
        },
        250,
    ),
    "tracked properties": (lambda n: one(trackedProperties={"t": "x" * (n - len('{"t":""}'))}), 8_000),
    "expression": (lambda n: one(inputs="@concat('" + "x" * (n - len("concat('')")) + "')"), 8_192),
    "interval in seconds": (every("Second"), 9_999_999),
    "interval in minutes": (every("Minute"), 72_000),
    "interval in hours": (every("Hour"), 12_000),
    "interval in days": (every("Day"), 500),
    "interval in weeks": (every("Week"), 71),
    "interval in months": (every("Month"), 16),
    "concurrency of a Foreach": (
        lambda n: loop("Foreach", runtimeConfiguration={"concurrency": {"repetitions": n}}),
        50,
    ),
    "rounds of an Until": (lambda n: loop("Until", limit={"count": n, "timeout": "PT1H"}), 5_000),
    "runs at a time": (lambda n: runs(runs=n), 100),
    "waiting runs": (lambda n: runs(runs=5, maximumWaitingRuns=n), 200),
    "retries": (lambda n: call(type="fixed", count=n, interval="PT10S"), 90),
    "items by pages": (
        lambda n: {
            "actions": {
                "A": {
                    "type": "Http",
                    "inputs": {"method": "GET", "uri": "https://x.test"},
                    "runtimeConfiguration": {"paginationPolicy": {"minimumItemCount": n}},
                }
            }
        },
        100_000,
    ),
    "messages of a batch": (batch, 8_000),
    "bytes of a batch": (lambda n: batch(1, n), 83_886_080),
}


@pytest.mark.parametrize("make, most", SAVED.values(), ids=list(SAVED))
def test_what_is_said_when_it_is_saved(make: Make, most: int) -> None:
    assert [(p.code, p.message) for p in problems(make(most)) if p.severity != "info"] == []
    beyond = problems(make(most + 1))
    before = {(p.code, p.severity) for p in problems(make(most))}
    new = [p for p in beyond if (p.code, p.severity) not in before]
    assert len(new) == 1, [(p.code, p.message) for p in beyond]
    assert new[0].message.endswith((".", "for usage details.")) or "8193" in new[0].message


def test_a_standard_workflow_has_more_parameters() -> None:
    assert [p.message for p in problems(parameters(500), kind="Stateful") if p.severity != "info"] == []
    (beyond,) = (p for p in problems(parameters(501), kind="Stateful") if p.severity != "info")
    assert beyond.message == "There are 501 parameters; Logic Apps takes at most 500."


def _loop_items(n: int) -> str:
    given = {"type": "Foreach", "foreach": "@triggerBody()", "actions": {}}
    return run({"L": given}, [0] * n).status("L")


def _stateless_items(n: int) -> str:
    given = {"type": "Foreach", "foreach": "@triggerBody()", "actions": {}}
    return run({"L": given}, [0] * n, kind="Stateless").status("L")


def _variable_items(n: int) -> str:
    return run({"V": variable(kind="array", value="@triggerBody()")}, [0] * n).status("V")


def _stateless_text(n: int) -> str:
    return run({"V": variable(value="x" * n)}, kind="Stateless").status("V")


def _range(n: int) -> str:
    return run({"A": {"type": "Compose", "inputs": f"@range(0, {n})"}}).status("A")


def _tracked(n: int) -> str:
    action = {**COMPOSE, "trackedProperties": {"t": "x" * (n - len('{"t":""}'))}}
    return "Failed" if run({"A": action}).record("A").error else "Succeeded"


def _expression(n: int) -> str:
    try:
        compile_template("@concat('" + "x" * (n - len("concat('')")) + "')")
    except TemplateError:
        return "Failed"
    return "Succeeded"


def _address(n: int) -> str:
    try:
        operations.build_url("https://x.test/" + "a" * (n - len("https://x.test/")), {})
    except ConnectorError:
        return "Failed"
    return "Succeeded"


REFUSED: dict[str, tuple[Callable[[int], str], int]] = {
    "items of a loop": (_loop_items, 100_000),
    "items of a stateless loop": (_stateless_items, 100),
    "items of a variable": (_variable_items, 100_000),
    "characters of a stateless variable": (_stateless_text, 1_024),
    "numbers of range()": (_range, 100_000),
    "tracked properties": (_tracked, 8_000),
    "characters of an expression": (_expression, 8_192),
    "characters of an address": (_address, 16_384),
}


@pytest.mark.parametrize("perform, most", REFUSED.values(), ids=list(REFUSED))
def test_what_a_run_refuses(perform: Callable[[int], str], most: int) -> None:
    assert (perform(most), perform(most + 1)) == ("Succeeded", "Failed")


def rounds(count: Json, kind: str = "Stateful") -> int:
    given = {"type": "Until", "expression": "@false", "actions": {}, "limit": {"count": count}}
    turns = run({"U": given}, kind=kind, budget=100_000).record("U").loop
    assert turns is not None
    return len(turns.turns)


def at_a_time(repetitions: Json) -> int:
    """How many turns wait together, each for an answer that never comes."""
    given = {
        "type": "Foreach", "foreach": "@range(0, 60)",
        "runtimeConfiguration": {"concurrency": {"repetitions": repetitions}},
        "actions": {"H": {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test"}}},
    }  # fmt: skip
    driver = Driver(plan_of({"L": given}), lambda command: None).start()
    return len(driver.state.records["H"])


def tries(count: Json) -> int:
    policy = {"type": "fixed", "count": count, "interval": "PT5S"}
    given = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test", "retryPolicy": policy}}
    asked: list[int] = []

    def answer(command: Any) -> Outcome:
        asked.append(command.attempt)
        return ok(status=500)

    run({"H": given}, answers=answer).pass_time()
    return len(asked)


def waits(interval: str) -> timedelta:
    return policy_of({"retryPolicy": {"type": "fixed", "count": 1, "interval": interval}}).interval


BOUNDS: list[tuple[str, Callable[[], Any], Any]] = [
    ("rounds of an Until, most", lambda: rounds(5_001), 5_000),
    ("rounds of an Until, not said", lambda: rounds(None), 60),
    ("rounds of a stateless Until", lambda: rounds(101, "Stateless"), 100),
    ("time of an Until", lambda: (loops.DEFAULT_TIMEOUT, loops.STATELESS_TIMEOUT), (timedelta(hours=1), timedelta(minutes=5))),
    ("turns at a time, most", lambda: at_a_time(51), 50),
    ("turns at a time, not said", lambda: at_a_time(None), 20),
    ("turns at a time, least", lambda: at_a_time(0), 1),
    ("tries, most", lambda: tries(91), 91),
    ("tries, not said", lambda: tries(None), 5),
    ("wait before a try, least", lambda: waits("PT1S"), timedelta(seconds=5)),
    ("wait before a try, most", lambda: waits("P2D"), timedelta(days=1)),
    ("time of a run", lambda: (RUN_DURATION, STATELESS_DURATION), (timedelta(days=90), timedelta(minutes=5))),
    ("items of splitOn", lambda: (intake.MOST_ITEMS, intake.MOST_LIMITED_ITEMS), (100_000, 100)),
    ("a batch", lambda: (batches.MOST_MESSAGES, batches.MOST_BYTES), (8_000, 80 << 20)),
    ("time of an outbound request", lambda: operations.REQUEST_TIMEOUT, 120.0),
    ("a message", lambda: operations.RESPONSE_LIMIT, 100 << 20),
    ("a chunk", lambda: chunks.CHUNK, 52_428_800),
    ("requests of a chunked transfer", lambda: chunks.REQUESTS, 1_000),
    ("items by pages", lambda: _minimum_items({"paginationPolicy": {"minimumItemCount": 100_001}}), 100_000),
    ("items by pages in text", lambda: _minimum_items({"paginationPolicy": {"minimumItemCount": "70"}}), 70),
    ("items by pages that are no number", lambda: _minimum_items({"paginationPolicy": {"minimumItemCount": True}}), None),
    ("characters of JavaScript", lambda: javascript.CODE_LENGTH, 100_000),
]  # fmt: skip


@pytest.mark.parametrize("perform, wanted", [row[1:] for row in BOUNDS], ids=[row[0] for row in BOUNDS])
def test_bounds_of_what_definitions_set(perform: Callable[[], Any], wanted: Any) -> None:
    assert perform() == wanted
