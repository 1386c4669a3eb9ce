"""Order, skipping and status: reference chapters 7.1 to 7.3 and 10 as cases one can read."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.engine.events import Outcome
from tests.engine.driver import Driver, ok, plan_of, run

GOOD = {"type": "Compose", "inputs": "fine"}
BAD = {"type": "Compose", "inputs": "@int('no number')"}


def after(**wanted: str) -> dict[str, Any]:
    return {"runAfter": {name: statuses.split(",") for name, statuses in wanted.items()}}


# The worked cases of reference 10.4: A fails unless the case says otherwise.
WORKED = [
    pytest.param({"A": BAD}, "Failed", {}, id="A"),
    pytest.param(
        {"A": BAD, "B": GOOD | after(A="Succeeded")}, "Failed", {"B": "Skipped"}, id="A->B[Succeeded]"
    ),
    pytest.param(
        {"A": BAD, "B": GOOD | after(A="Failed")}, "Succeeded", {"B": "Succeeded"}, id="A->B[Failed]"
    ),
    pytest.param(
        {"A": BAD, "B": GOOD | after(A="Succeeded"), "C": GOOD | after(A="Failed")},
        "Failed",
        {"B": "Skipped", "C": "Succeeded"},
        id="normal and error path",
    ),
    pytest.param(
        {"A": BAD, "B": GOOD | after(A="Failed"), "C": GOOD | after(B="Succeeded")},
        "Succeeded",
        {"C": "Succeeded"},
        id="handled and going on",
    ),
    pytest.param(
        {"A": BAD, "B": GOOD | after(A="Succeeded,Failed")}, "Succeeded", {"B": "Succeeded"}, id="both"
    ),
    pytest.param(
        {"A": GOOD, "B": GOOD | after(A="Failed")}, "Succeeded", {"B": "Skipped"}, id="A ok->B[Failed]"
    ),
    pytest.param(
        {"A": BAD, "B": GOOD | after(A="Succeeded"), "C": GOOD | after(B="Skipped")},
        "Succeeded",
        {"B": "Skipped", "C": "Succeeded"},
        id="a successor that wants Skipped",
    ),
    pytest.param(
        {
            "A": BAD,
            "B": GOOD | after(A="Succeeded"),
            "C": GOOD | after(A="Failed"),
            "D": GOOD | after(B="Succeeded,Skipped", C="Succeeded,Skipped"),
        },
        "Succeeded",
        {"D": "Succeeded"},
        id="joined after the handler",
    ),
    pytest.param({"A": BAD, "X": GOOD}, "Failed", {"X": "Succeeded"}, id="independent"),
]


@pytest.mark.parametrize("actions,status,expected", WORKED)
@pytest.mark.parametrize("where", ["run", "scope", "foreach", "if"])
def test_worked_cases(actions: dict[str, Any], status: str, expected: dict[str, str], where: str) -> None:
    wrapped: dict[str, Any] = {
        "run": actions,
        "scope": {"S": {"type": "Scope", "actions": actions}},
        "foreach": {"S": {"type": "Foreach", "foreach": [1], "actions": actions}},
        "if": {"S": {"type": "If", "expression": "@true", "actions": actions}},
    }[where]
    driver = run(wrapped)
    assert driver.state.status == status
    place = (0,) if where == "foreach" else ()
    assert {name: driver.status(name, *place) for name in expected} == expected
    if where != "run":
        record = driver.record("S")
        assert record.status == status
        if status == "Failed":
            assert record.code == "ActionFailed"
            assert record.error == {
                "code": "ActionFailed",
                "message": "An action failed. No dependent actions succeeded.",
            }
        else:
            assert record.code == "NotSpecified"


def test_a_timeout_that_only_a_side_path_handles_is_a_failure() -> None:
    """Reference 10.4, last row; a single successor that takes both statuses succeeds."""
    late = Outcome("TimedOut", "ActionTimedOut", error={"code": "ActionTimedOut", "message": "late"})
    call = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test"}}
    both = {"A": call, "B": GOOD | after(A="Succeeded"), "C": GOOD | after(A="TimedOut")}
    driver = run({"S": {"type": "Scope", "actions": both}}, answers=lambda command: late)
    assert (driver.status("C"), driver.status("S"), driver.state.status) == ("Succeeded", "Failed", "Failed")
    one = run({"A": call, "B": GOOD | after(A="Succeeded,TimedOut")}, answers=lambda command: late)
    assert one.state.status == "Succeeded"


def test_skip_messages() -> None:
    """Reference 10.2: code, error code and sentence of each reason."""
    driver = run(
        {
            "A": BAD,
            "S": {"type": "Scope", "actions": {"I": GOOD}} | after(A="Succeeded"),
            "C": GOOD | after(A="Skipped,TimedOut"),
            "If": {
                "type": "If",
                "expression": "@false",
                "actions": {"T": {"type": "Scope", "actions": {"U": GOOD}}},
            },
        }
    )
    skipped = driver.record("S")
    assert (skipped.status, skipped.code) == ("Skipped", "ActionSkipped")
    assert skipped.error is not None
    assert skipped.error["code"] == "ActionConditionFailed"
    assert skipped.error["message"] == (
        "The execution of template action 'S' is skipped: the 'runAfter' condition for action 'A' is not "
        "satisfied. Expected status values 'Succeeded' and actual value 'Failed'."
    )
    assert skipped.started == skipped.ended
    assert "'Skipped, TimedOut' and actual value 'Failed'" in driver.record("C").error["message"]
    inner = driver.record("I").error
    assert inner["code"] == "ActionDependencyFailed"
    assert inner["message"] == (
        "The execution of template action 'I' is skipped: dependant action 'S' completed with status "
        "'Skipped' and code 'ActionSkipped'."
    )
    assert driver.record("T").error["code"] == "ActionBranchingConditionNotSatisfied"
    assert driver.record("U").error["code"] == "ActionDependencyFailed"
    assert "{1}" in inner["messageTemplate"]


def test_run_after_ignores_letter_case() -> None:
    driver = run({"A": GOOD, "B": GOOD | after(A="SUCCEEDED,failed")})
    assert driver.status("B") == "Succeeded"


def test_all_branches_skipped_is_success() -> None:
    assert (
        run({"A": GOOD, "B": BAD | after(A="Failed"), "C": BAD | after(B="Failed")}).state.status
        == "Succeeded"
    )


def test_an_empty_definition_succeeds() -> None:
    assert run({}).state.status == "Succeeded"


def test_predecessors_are_joined_by_and() -> None:
    driver = run({"A": GOOD, "B": BAD, "C": GOOD | after(A="Succeeded", B="Succeeded")})
    assert driver.status("C") == "Skipped"


def test_appendix_e_fails_although_the_caller_got_an_answer() -> None:
    call = {
        "type": "Http",
        "inputs": {"method": "POST", "uri": "https://x.test", "retryPolicy": {"type": "none"}},
    }
    driver = run(
        {
            "Try": {"type": "Scope", "actions": {"Post": call}},
            "Catch": {
                "type": "Scope",
                "actions": {
                    "Why": {
                        "type": "Query",
                        "inputs": {"from": "@result('Try')", "where": "@equals(item()?['status'], 'Failed')"},
                    },
                    "Bad": {
                        "type": "Response",
                        "inputs": {"statusCode": 502, "body": {"failed": "@first(body('Why'))?['name']"}},
                    }
                    | after(Why="Succeeded"),
                },
            }
            | after(Try="Failed,TimedOut"),
            "Good": {"type": "Response", "inputs": {"statusCode": 200}} | after(Try="Succeeded"),
        },
        answers=lambda command: ok(status=500),
    )
    assert driver.state.status == "Failed"
    assert driver.response is not None
    assert (driver.response.status, driver.response.body) == (502, {"failed": "Post"})
    assert (driver.status("Catch"), driver.status("Good")) == ("Succeeded", "Skipped")


class TestIf:
    def test_history_shows_the_result(self) -> None:
        driver = run({"If": {"type": "If", "expression": {"AND": [{"lENgth": ["a"]}]}, "actions": {}}})
        assert driver.record("If").code == "BadRequest"
        driver = run(
            {"If": {"type": "If", "expression": {"not": {"equals": [1, 2]}}, "actions": {"A": GOOD}}}
        )
        assert driver.record("If").inputs == {"expressionResult": True}
        assert driver.record("If").outputs is None
        assert driver.status("A") == "Succeeded"

    def test_only_booleans_decide(self) -> None:
        driver = run({"If": {"type": "If", "expression": "@string('true')", "actions": {"A": GOOD}}})
        record = driver.record("If")
        assert (record.status, record.code) == ("Failed", "ExpressionEvaluationFailed")
        assert "is of type 'String'. The result must be a valid boolean." in record.error["message"]
        assert driver.record("A").error["code"] == "ActionDependencyFailed"

    def test_the_branch_not_taken_does_not_count(self) -> None:
        driver = run(
            {"If": {"type": "If", "expression": "@false", "actions": {"A": BAD}, "else": {"actions": {}}}}
        )
        assert driver.state.status == "Succeeded"


class TestSwitch:
    def switch(self, value: Any, *cases: Any) -> Driver:
        return run(
            {
                "Sw": {
                    "type": "Switch",
                    "expression": value,
                    "cases": {
                        f"C{i}": {"case": case, "actions": {f"A{i}": GOOD}} for i, case in enumerate(cases)
                    },
                    "default": {"actions": {"D": GOOD}},
                }
            }
        )

    def test_the_equal_case_is_taken(self) -> None:
        driver = self.switch("@string('b')", "a", "b")
        assert {name: driver.status(name) for name in ("A0", "A1", "D")} == {
            "A0": "Skipped",
            "A1": "Succeeded",
            "D": "Skipped",
        }
        assert driver.record("Sw").inputs == {"expression": "b"}

    def test_strings_match_with_their_case_else_default(self) -> None:
        assert self.switch("B", "b").status("D") == "Succeeded"

    def test_a_value_that_is_no_string_or_integer(self) -> None:
        driver = self.switch("@null", "a")
        record = driver.record("Sw")
        assert (record.code, record.error["code"]) == (
            "ExpressionEvaluationFailed",
            "ExpressionEvaluationFailed",
        )
        assert record.error["message"] == (
            "The execution of template action 'Sw' failed: The result of the evaluation of 'scope' action "
            "expression '@null' is not valid. It is of type 'Null' but is expected to be a value of type "
            "'String, Integer'."
        )
        assert driver.record("A0").error["code"] == "ActionDependencyFailed"

    def test_a_case_of_another_type_breaks_every_branch(self) -> None:
        driver = self.switch("2", "2", 2)
        for name in ("A0", "A1", "D"):
            record = driver.record(name)
            assert (record.status, record.code) == ("Failed", "InternalServerError")
            assert record.error["code"] == "ActionConditionFailed"
        assert (driver.status("Sw"), driver.record("Sw").code) == ("Failed", "ActionFailed")


class TestTerminate:
    def test_it_ends_the_run_at_once(self) -> None:
        driver = run(
            {
                "S": {
                    "type": "Scope",
                    "actions": {
                        "Call": {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test"}},
                        "End": {
                            "type": "Terminate",
                            "inputs": {"runStatus": "FAILED", "runError": {"code": "Mine", "message": "why"}},
                        },
                        "Next": GOOD | after(End="Succeeded"),
                    },
                },
                "Later": {"type": "Scope", "actions": {"In": GOOD}} | after(S="Succeeded,Failed"),
            },
            answers=lambda command: None,
        )
        state = driver.state
        assert (state.status, state.code) == ("Failed", "Mine")
        assert state.error == {"code": "Mine", "message": "why"}
        assert driver.statuses() == {
            "Call": "Cancelled",
            "End": "Succeeded",
            "S": "Cancelled",
            "Next": "Skipped",
            "Later": "Skipped",
            "In": "Skipped",
        }
        assert driver.record("End").code == "NotSpecified"
        for name in ("Next", "Later", "In"):
            assert (driver.record(name).code, driver.record(name).error["code"]) == (
                "Terminated",
                "Terminated",
            )
        assert not driver.open

    @pytest.mark.parametrize(
        "given,status",
        [
            ({}, "Failed"),
            ({"runStatus": "succeeded"}, "Succeeded"),
            ({"runStatus": "Cancelled"}, "Cancelled"),
        ],
    )
    def test_statuses(self, given: dict[str, Any], status: str) -> None:
        assert run({"T": {"type": "Terminate", "inputs": given}}).state.status == status

    def test_run_error_only_counts_for_failed(self) -> None:
        inputs = {"runStatus": "Cancelled", "runError": {"code": "x", "message": "y"}}
        assert run({"T": {"type": "Terminate", "inputs": inputs}}).state.error is None


class TestCancel:
    def test_running_is_cancelled_pending_is_skipped(self) -> None:
        from runtime.engine import events as ev

        call = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test"}}
        driver = run(
            {"S": {"type": "Scope", "actions": {"A": call, "B": GOOD | after(A="Succeeded")}}},
            answers=lambda command: None,
        )
        driver.send(ev.CancelRequested("ana"))
        assert driver.state.status == "Cancelled"
        assert driver.statuses() == {"S": "Cancelled", "A": "Cancelled", "B": "Skipped"}
        history = list(driver.history)
        driver.send(ev.CancelRequested("ana"))
        assert driver.history == history


def test_a_failed_run_names_what_it_failed_for() -> None:
    """The cause, not the containers around it; a failure that was handled is not the cause."""
    handled = {"Oops": BAD, "Mend": GOOD | after(Oops="Failed")}
    inner = {"Fine": GOOD, "Deep": {"type": "Scope", "actions": {"Bad": BAD}}}
    loop = {"type": "Foreach", "foreach": [1, 2], "actions": inner}
    driver = run({**handled, "Each": loop})
    error = driver.state.error
    assert error is not None
    assert (error["action"], error["code"], driver.state.code) == ("Bad@0", "InvalidTemplate", "BadRequest")
    assert error["message"] == driver.record("Bad", 0).error["message"]
    assert driver.state.first_failed == "Bad"
    assert driver.record("Each").error["code"] == "ActionFailed"


def test_a_loop_over_nothing_is_the_cause_itself() -> None:
    error = run({"Each": {"type": "Foreach", "foreach": "@null", "actions": {"A": GOOD}}}).state.error
    assert error is not None
    assert (error["action"], error["code"]) == ("Each", "ExpressionEvaluationFailed")
    assert "is of type 'Null'. The result must be a valid array." in error["message"]


def test_plan_refuses_what_has_no_order() -> None:
    from runtime.engine.plan import PlanError

    with pytest.raises(PlanError, match="wait for each other in a circle"):
        plan_of({"A": GOOD | after(B="Succeeded"), "B": GOOD | after(A="Succeeded")})
    with pytest.raises(PlanError, match="runs after 'Nobody'"):
        plan_of({"A": GOOD | after(Nobody="Succeeded")})
    with pytest.raises(PlanError, match="Two actions are named 'A'"):
        plan_of({"A": GOOD, "S": {"type": "Scope", "actions": {"A": GOOD}}})


def test_unsupported_types_say_so() -> None:
    driver = run({"A": {"type": "Agent", "inputs": {}}})
    assert driver.status("A") == "Failed"
    assert "actions of type 'Agent' are not supported here" in driver.record("A").error["message"]
