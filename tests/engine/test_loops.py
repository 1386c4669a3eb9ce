"""Loops: reference 7.4 to 7.6."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.engine import events as ev
from runtime.engine.commands import Execute
from tests.engine.driver import Driver, ok, plan_of, run

CALL = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test/@{item()}"}}
RETRYLESS = CALL | {"inputs": CALL["inputs"] | {"retryPolicy": {"type": "none"}}}


def variable(name: str, kind: str, value: Any = None) -> dict[str, Any]:
    declared: dict[str, Any] = {"name": name, "type": kind}
    if value is not None:
        declared["value"] = value
    return {"type": "InitializeVariable", "inputs": {"variables": [declared]}}


class Held:
    """Answers later, in the order the test says."""

    def __init__(self, actions: dict[str, Any]) -> None:
        self.asked: list[Execute] = []
        self.driver = Driver(plan_of(actions), self.hold).start()

    def hold(self, command: Execute) -> None:
        self.asked.append(command)

    def answer(self, *indexes: int) -> None:
        for index in indexes:
            command = next(c for c in self.asked if c.repetition[-1] == index)
            self.driver.send(ev.OperationEnded(command.name, command.repetition, command.attempt, ok(index)))


def loop(items: Any, actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "Foreach", "foreach": items, "actions": actions, **more}


class TestForeach:
    def test_default_is_twenty_at_a_time(self) -> None:
        assert len(Held({"L": loop("@range(0,30)", {"C": CALL})}).asked) == 20

    @pytest.mark.parametrize(
        "given,expected",
        [
            ({"concurrency": {"repetitions": 1}}, 1),
            ({"concurrency": {"repetitions": 7}}, 7),
            ({"concurrency": {"repetitions": 500}}, 50),
            ({"concurrency": {"repetitions": "@add(1,2)"}}, 3),
        ],
    )
    def test_concurrency(self, given: dict[str, Any], expected: int) -> None:
        held = Held({"L": loop("@range(0,60)", {"C": CALL}, runtimeConfiguration=given)})
        assert len(held.asked) == expected

    def test_sequential(self) -> None:
        held = Held({"L": loop("@range(0,3)", {"C": CALL}, operationOptions="Sequential")})
        assert [c.repetition for c in held.asked] == [(0,)]
        held.answer(0)
        assert [c.repetition for c in held.asked] == [(0,), (1,)]

    def test_a_loop_inside_a_loop_is_sequential(self) -> None:
        inner = loop("@range(0,3)", {"C": CALL})
        held = Held({"L": loop("@range(0,2)", {"Inner": inner})})
        assert [c.repetition for c in held.asked] == [(0, 0), (1, 0)]

    def test_results_stand_by_index_whatever_came_first(self) -> None:
        held = Held(
            {
                "L": loop("@range(0,3)", {"C": CALL}),
                "After": {"type": "Compose", "inputs": "@body('C')", "runAfter": {"L": ["Succeeded"]}},
            }
        )
        held.answer(2, 0, 1)
        assert held.driver.outputs("After") == [0, 1, 2]

    def test_a_turn_that_needs_nothing_is_over_before_the_next(self) -> None:
        driver = run(
            {
                "V": variable("log", "string"),
                "L": loop(
                    "@range(0,3)",
                    {
                        "A": {
                            "type": "AppendToStringVariable",
                            "inputs": {"name": "log", "value": "a@{item()}"},
                        },
                        "B": {
                            "type": "AppendToStringVariable",
                            "inputs": {"name": "log", "value": "b@{item()}"},
                            "runAfter": {"A": ["Succeeded"]},
                        },
                    },
                    runAfter={"V": ["Succeeded"]},
                ),
            }
        )
        assert driver.variable("log") == "a0b0a1b1a2b2"

    def test_not_an_array(self) -> None:
        driver = run({"L": loop("@string('x')", {"C": CALL})})
        record = driver.record("L")
        assert (record.status, record.code) == ("Failed", "ExpressionEvaluationFailed")
        assert record.error["message"] == (
            "The execution of template action 'L' failed: the result of the evaluation of 'foreach' "
            "expression '@string('x')' is of type 'String'. The result must be a valid array."
        )
        assert driver.record("C").error["code"] == "ActionDependencyFailed"

    def test_no_items(self) -> None:
        driver = run({"L": loop([], {"S": {"type": "Scope", "actions": {"C": CALL}}})})
        assert driver.statuses() == {"L": "Succeeded", "S": "Skipped", "C": "Skipped"}
        assert "there are no items to repeat" in driver.record("S").error["message"]
        assert driver.record("C").error["code"] == "ActionDependencyFailed"

    def test_one_bad_turn_fails_the_loop_and_stops_nothing(self) -> None:
        driver = run(
            {"L": loop("@range(0,3)", {"C": RETRYLESS})},
            answers=lambda command: ok(status=404 if command.repetition == (1,) else 200),
        )
        assert [driver.status("C", i) for i in range(3)] == ["Succeeded", "Failed", "Succeeded"]
        assert (driver.status("L"), driver.state.status) == ("Failed", "Failed")
        progress = driver.record("L").loop
        assert progress is not None
        assert [progress.turns[i].status for i in range(3)] == ["Succeeded", "Failed", "Succeeded"]

    def test_item_and_items_at_every_depth(self) -> None:
        driver = run(
            {
                "Outer": loop(
                    [1, 2],
                    {
                        "Inner": loop(
                            [10, 20],
                            {
                                "C": {
                                    "type": "Compose",
                                    "inputs": "@concat(items('Outer'), '-', items('inner'), '-', item())",
                                },
                            },
                        ),
                        "D": {
                            "type": "Compose",
                            "inputs": "@outputs('C')",
                            "runAfter": {"Inner": ["Succeeded"]},
                        },
                    },
                ),
            }
        )
        assert driver.outputs("C", 1, 0) == "2-10-10"
        assert driver.outputs("D", 0) == ["1-10-10", "1-20-20"]

    def test_select_inside_a_loop_has_its_own_item(self) -> None:
        driver = run(
            {
                "L": loop(
                    [[1, 2], [3]],
                    {
                        "S": {
                            "type": "Select",
                            "inputs": {"from": "@item()", "select": "@add(item(), length(items('L')))"},
                        },
                    },
                ),
            }
        )
        assert [driver.outputs("S", i)["body"] for i in range(2)] == [[3, 4], [4]]

    def test_history_shows_the_array(self) -> None:
        assert run({"L": loop("@range(0,2)", {})}).record("L").inputs == [0, 1]

    def test_result_of_a_loop(self) -> None:
        driver = run(
            {
                "L": loop([1, 2], {"C": {"type": "Compose", "inputs": "@item()"}}),
                "R": {"type": "Compose", "inputs": "@result('L')", "runAfter": {"L": ["Succeeded"]}},
            }
        )
        [record] = driver.outputs("R")
        assert (record["name"], record["repetitionCount"], record["code"]) == ("C", 2, "NotSpecified")
        assert [inner["outputs"] for inner in record["outputs"]] == [1, 2]


class TestUntil:
    def until(self, expression: Any, actions: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"type": "Until", "expression": expression, "actions": actions, **more}

    def counted(self, expression: str, **more: Any) -> Driver:
        step = {"type": "IncrementVariable", "inputs": {"name": "n", "value": 1}}
        return run(
            {
                "V": variable("n", "integer", 1),
                "U": self.until(expression, {"Step": step}, runAfter={"V": ["Succeeded"]}, **more),
            }
        )

    def test_body_first_then_condition(self) -> None:
        driver = self.counted("@equals(variables('n'), 10)")
        progress = driver.record("U").loop
        assert progress is not None
        assert (driver.variable("n"), len(progress.turns), driver.status("U")) == (10, 9, "Succeeded")

    def test_count_limit_is_success(self) -> None:
        driver = self.counted("@false", limit={"count": 5})
        assert (driver.variable("n"), driver.status("U")) == (6, "Succeeded")

    def test_default_limit_is_sixty(self) -> None:
        assert self.counted("@false").variable("n") == 61

    def test_fail_when_limits_reached(self) -> None:
        driver = self.counted("@false", limit={"count": 2}, operationOptions="FailWhenLimitsReached")
        assert (driver.status("U"), driver.state.status) == ("Failed", "Failed")

    def test_the_last_round_decides(self) -> None:
        answers = iter([404, 404, 200])
        driver = run(
            {
                "U": self.until(
                    "@equals(outputs('C')['statusCode'], 200)",
                    {
                        "C": {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test"}},
                    },
                )
            },
            answers=lambda command: ok(status=next(answers)),
        )
        assert driver.state.status == "Succeeded"
        assert [driver.status("C", i) for i in range(3)] == ["Failed", "Failed", "Succeeded"]

    def test_iteration_indexes(self) -> None:
        driver = run(
            {
                "U": self.until(
                    "@equals(iterationIndexes('U'), 2)",
                    {
                        "C": {"type": "Compose", "inputs": "@iterationIndexes('U')"},
                    },
                )
            }
        )
        assert [driver.outputs("C", i) for i in range(3)] == [0, 1, 2]

    def test_timeout_is_looked_at_between_rounds(self) -> None:
        driver = run(
            {
                "U": self.until(
                    "@false",
                    {
                        "W": {"type": "Wait", "inputs": {"interval": {"count": 40, "unit": "Minute"}}},
                    },
                    limit={"timeout": "PT1H"},
                )
            }
        ).pass_time()
        progress = driver.record("U").loop
        assert progress is not None
        assert (len(progress.turns), driver.status("U")) == (2, "Succeeded")

    def test_a_condition_that_fails(self) -> None:
        driver = run({"U": self.until("@int('x')", {"C": {"type": "Compose", "inputs": 1}})})
        assert driver.status("U") == "Failed"
        assert "for action 'U'" in driver.record("U").error["message"]

    def test_result_of_an_until_is_the_last_round(self) -> None:
        driver = run(
            {
                "U": self.until(
                    "@equals(iterationIndexes('U'), 1)",
                    {"C": {"type": "Compose", "inputs": "@iterationIndexes('U')"}},
                ),
                "R": {"type": "Compose", "inputs": "@result('U')", "runAfter": {"U": ["Succeeded"]}},
            }
        )
        [record] = driver.outputs("R")
        assert (record["outputs"], record["repetitionCount"]) == (1, 2)


def test_result_of_a_skipped_scope() -> None:
    driver = run(
        {
            "A": {"type": "Compose", "inputs": "@int('x')"},
            "S": {
                "type": "Scope",
                "actions": {"I": {"type": "Compose", "inputs": 1}},
                "runAfter": {"A": ["Succeeded"]},
            },
            "R": {"type": "Compose", "inputs": "@result('S')", "runAfter": {"S": ["Skipped"]}},
        }
    )
    [record] = driver.outputs("R")
    assert (record["name"], record["status"], record["code"]) == ("I", "Skipped", "ActionSkipped")
