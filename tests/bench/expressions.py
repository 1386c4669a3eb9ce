"""Evaluations per second of typical templates: `python -m tests.bench.expressions`."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from runtime.language.sample import SampleScope
from runtime.language.template import compile_condition, compile_template
from runtime.language.values import Json

CASES: list[tuple[str, Json]] = [
    ("concat of a trigger member", "@concat('a', triggerBody()?['x'])"),
    ("interpolation", "Order @{triggerBody()?['x']} of @{variables('name')}"),
    ("path with a slash", "@outputs('Get')?['body/value']"),
    ("member of a loop item", "@item()?['n']"),
    ("arithmetic", "@add(mul(item()?['n'], 2), 1)"),
    ("logic", "@and(equals(item()?['n'], 5), not(empty(variables('name'))))"),
    ("dates", "@formatDateTime(addDays('2024-02-28T10:00:00Z', 2), 'yyyy-MM-dd')"),
    ("object template", {"id": "@item()?['n']", "name": "@variables('name')", "fixed": [1, 2, {"a": "b"}]}),
    ("json of a text", "@json(variables('text'))"),
]
CONDITION = {"and": [{"greater": ["@item()?['n']", 3]}, {"not": {"contains": ["@variables('name')", "z"]}}]}


def rate(value: Json, *, condition: bool = False, seconds: float = 0.4) -> float:
    """Evaluations per second of one compiled template."""
    template = compile_condition(value) if condition else compile_template(value)
    scope = SampleScope(
        clock=lambda: datetime(2024, 1, 1, tzinfo=UTC),
        entropy=os.urandom,
        variables={"name": "Ada", "text": '{"a": [1, 2, 3], "b": "text"}'},
        actions={"Get": {"outputs": {"statusCode": 200, "body": {"value": [1, 2, 3]}}}},
        trigger_record={"outputs": {"body": {"x": "42"}}},
        current={"n": 5},
    )
    evaluate, turns, started = template.evaluate, 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for _ in range(500):
            evaluate(scope)
        turns += 500
    return turns / (time.perf_counter() - started)


def main() -> None:
    for name, value in CASES:
        print(f"{name:30} {rate(value):12,.0f}/s")
    print(f"{'condition objects':30} {rate(CONDITION, condition=True):12,.0f}/s")
    started = time.perf_counter()
    for number in range(2000):
        compile_template(f"@concat('a{number}', triggerBody()?['x'])")
    print(f"{'compile':30} {2000 / (time.perf_counter() - started):12,.0f}/s")


if __name__ == "__main__":
    main()
