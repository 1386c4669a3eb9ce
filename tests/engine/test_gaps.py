"""Gaps that mutants showed: small promises of the engine that no other test would have missed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from runtime.engine import events as ev
from runtime.engine import sizes
from runtime.engine.actions.contract import Failure
from runtime.engine.codes import whole_number
from runtime.engine.commands import Execute, StartTimer
from runtime.engine.entropy import Entropy
from runtime.engine.events import Outcome
from runtime.engine.machine import react
from runtime.engine.plan import PlanError, ResponseMode
from runtime.engine.schema import TooMuchWork, validate
from runtime.engine.state import RunState, Variable, fold
from runtime.language.values import Ref
from tests.engine.driver import RUN_ID, START, Driver, ok, plan_of, run
from tests.engine.test_pure import compose

HTTP: dict[str, Any] = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test/a"}}
AFTER = {"V": ["Succeeded"]}
STARTED = ev.RunStarted(RUN_ID, {"id": "w", "name": "w"}, "manual", {"name": "manual"})
GOOD = Outcome("Succeeded", outputs={"statusCode": 200})


def append(value: Any, **more: Any) -> dict[str, Any]:
    return {"type": "AppendToArrayVariable", "inputs": {"name": "v", "value": value}, **more}


VARIABLE = {
    "type": "InitializeVariable",
    "inputs": {"variables": [{"name": "v", "type": "Array", "value": [1]}]},
}


def after(*names: str) -> dict[str, Any]:
    return {"runAfter": {name: ["Succeeded"] for name in names}}


def test_what_was_made_of_a_growing_list_does_not_grow() -> None:
    select = {"type": "Select", "inputs": {"from": ["x"], "select": "@variables('v')"}}
    loop = {
        "type": "Foreach", "foreach": "@variables('v')", "operationOptions": "Sequential",
        "actions": {"In": append("@item()")},
    }  # fmt: skip
    driver = run({
        "V": VARIABLE, "A": append(2, **after("V")), "S": {**select, **after("A")}, "B": append(3, **after("S")),
        "L": {**loop, **after("B")}, "C": append(4, **after("L")),
    })  # fmt: skip
    assert driver.outputs("S") == {"body": [[1, 2]]}
    assert driver.record("L").inputs == [1, 2, 3]
    assert driver.variable("v") == [1, 2, 3, 1, 2, 3, 4]


def test_what_a_call_was_given_does_not_grow() -> None:
    call = {
        "type": "Http",
        "inputs": {"method": "POST", "uri": "https://x.test/a", "body": "@variables('v')"},
    }
    driver = run(
        {
            "V": VARIABLE,
            "A": append(2, **after("V")),
            "H": {**call, **after("A")},
            "B": append(3, **after("H")),
        }
    )
    assert driver.variable("v") == [1, 2, 3]
    assert driver.record("H").inputs["body"] == [1, 2]  # type: ignore[index, call-overload]


@pytest.mark.parametrize("taken", ["actions", "else"])
def test_a_condition_without_actions_ends_after_a_crash_too(taken: str) -> None:
    """Taken up again from what was stored up to the decision: the branch is there, and empty."""
    plan = plan_of(
        {
            "C": {"type": "If", "expression": taken == "actions", "actions": {}},
            "N": {**compose(1), "runAfter": {"C": ["Succeeded"]}},
        }
    )
    history = Driver(plan).start().history
    begun = next(at for at, event in enumerate(history) if isinstance(event, ev.ActionStarted))
    driver = Driver(plan, state=fold(history[: begun + 1], RunState.empty()))
    driver.send(ev.Continue())
    assert driver.statuses() == {"C": "Succeeded", "N": "Succeeded"}
    assert driver.state.status == "Succeeded"


def test_a_run_that_ends_as_cancelled_by_a_static_result_has_no_code_of_its_own() -> None:
    static = {"runtimeConfiguration": {"staticResult": {"name": "s", "staticResultOptions": "Enabled"}}}
    driver = run({"A": {**HTTP, **static}}, staticResults={"s": {"status": "Cancelled"}})
    ended = driver.history[-1]
    assert isinstance(ended, ev.RunEnded)
    assert (ended.status, ended.code, ended.error) == ("Cancelled", "NotSpecified", None)


def test_tallies_keep_the_error_of_a_failure_and_of_nothing_else() -> None:
    loop = {
        "type": "Foreach", "foreach": ["x", 1], "operationOptions": "Sequential",
        "actions": {"A": compose("@int(item())"), "B": compose(1)},
    }  # fmt: skip
    driver = run({"L": loop})
    assert driver.state.tallies["A"].error == driver.record("A", 0).error
    assert driver.state.tallies["A"].error is not None
    assert driver.state.tallies["B"].error is None


def test_nothing_starts_in_a_branch_that_was_given_up() -> None:
    """The time limit of the scope passes after the first call came back and before the second begins."""
    scope = {
        "type": "Scope",
        "limit": {"timeout": "PT1H"},
        "actions": {"A": HTTP, "B": {**HTTP, **after("A")}},
    }
    driver = run({"S": scope}, answers=lambda command: None)
    for event in (ev.OperationEnded("A", (), 1, GOOD), ev.TimerFired("timeout:S")):
        driver.history += react(driver.plan, driver.state, event, START, Entropy(b""), budget=0).events
    driver.send(ev.Continue())
    assert driver.statuses() == {"S": "TimedOut", "A": "Succeeded", "B": "Skipped"}
    assert [c.name for c in driver.commands if isinstance(c, Execute)] == ["A"]
    assert fold(driver.history, RunState.empty()) == driver.state


def test_no_turn_begins_in_a_loop_that_was_given_up() -> None:
    """The loop is queued for its next turn when its time limit passes; another branch keeps the run going."""
    loop = {"type": "Foreach", "foreach": [1, 2, 3], "limit": {"timeout": "PT1H"}, "actions": {"A": HTTP}}
    driver = Driver(plan_of({"L": loop, "X": HTTP}), lambda command: None)
    history = react(driver.plan, driver.state, STARTED, START, Entropy(b""), budget=3).events
    assert [event.name for event in history[1:]] == ["L", "X"]  # type: ignore[union-attr]
    history += react(
        driver.plan, driver.state, ev.TimerFired("timeout:L"), START, Entropy(b""), budget=0
    ).events
    last = react(driver.plan, driver.state, ev.Continue(), START, Entropy(b""))
    assert driver.state.ended is None
    assert driver.status("L") == "TimedOut"
    assert not [command for command in last.commands if isinstance(command, Execute)]
    assert {record.status for record in driver.state.records.get("A", {}).values()} <= {"Skipped"}
    assert fold([*history, *last.events], RunState.empty()) == driver.state


@pytest.mark.parametrize(
    "loop, status",
    [
        ({"type": "Foreach", "foreach": ["x", 1], "operationOptions": "Sequential"}, "Failed"),
        ({"type": "Until", "expression": "@false", "limit": {"count": 2}}, "Succeeded"),
    ],
    ids=("Foreach", "Until"),
)
def test_a_loop_whose_last_turn_is_over_ends_after_a_crash_as_before(
    loop: dict[str, Any], status: str
) -> None:
    """The first turn fails and the last does not: any bad turn counts for a Foreach, the last for an Until."""
    value = "@int(item())" if loop["type"] == "Foreach" else "@div(1, iterationIndexes('L'))"
    driver = run({"L": {**loop, "actions": {"A": compose(value)}}})
    assert (driver.status("A", 0), driver.status("A", 1), driver.status("L")) == (
        "Failed",
        "Succeeded",
        status,
    )
    last = max(i for i, event in enumerate(driver.history) if isinstance(event, ev.RepetitionEnded))
    state = fold(driver.history[: last + 1], RunState.empty())
    state.records["L"][()].loop.again = False  # type: ignore[union-attr]
    react(driver.plan, state, ev.Continue(), START, Entropy(b""))
    assert state == driver.state


def test_what_runs_has_no_code_yet() -> None:
    driver = run({"H": HTTP, "C": compose("@actions('H')")}, answers=lambda command: None)
    assert driver.record("H").code == "NotSpecified"
    effort = driver.record("H").effort
    assert effort is not None
    assert not effort.tries[0].interrupted
    assert "code" not in driver.outputs("C")


def test_tracked_properties_that_are_no_object_are_none() -> None:
    driver = run({"A": compose(1, trackedProperties="@int('x')")})
    assert (driver.record("A").tracked, driver.record("A").error) == (None, None)


def test_a_slice_that_is_used_up_needs_nothing() -> None:
    plan = plan_of({"A": compose(1), "B": compose(2)})
    reaction = react(plan, RunState.empty(), STARTED, START, Entropy(b""), budget=1)
    assert (reaction.more, reaction.needed) == (True, ())


def test_a_connectors_webhook_keeps_its_retry_policy_beside_its_inputs() -> None:
    webhook = {"type": "ApiConnectionWebhook", "inputs": {"path": "/x", "retryPolicy": {"type": "none"}}}
    driver = run({"W": webhook}, answers=lambda command: ok(status=503))
    assert driver.status("W") == "Failed"


def test_modes_of_answering_by_name() -> None:
    assert [mode.value for mode in ResponseMode] == ["none", "sync", "async"]


def test_an_answer_that_was_given_does_not_expire() -> None:
    driver = run({"R": {"type": "Response", "inputs": {}}, "H": HTTP}, answers=lambda command: None)
    assert driver.response is not None
    assert driver.send(ev.ResponseExpired()).events == []


def test_a_schema_that_is_no_object_asks_for_nothing() -> None:
    assert (
        run({"P": {"type": "ParseJson", "inputs": {"content": "1", "schema": False}}}).status("P")
        == "Succeeded"
    )


def test_half_characters_have_a_length() -> None:
    assert validate("\ud800\ud800", {"maxLength": 2}) == []
    assert len(validate("\ud800\ud800", {"maxLength": 1})) == 1


def test_an_action_after_itself_is_a_circle() -> None:
    with pytest.raises(PlanError, match="circle"):
        plan_of({"A": compose(1, **after("A"))})


@pytest.mark.parametrize("status, ends", [
    (199, "Failed"), (200, "Succeeded"), (299, "Succeeded"), (300, "Failed"), (399, "Failed"), (400, "Succeeded"),
    (599, "Succeeded"), (600, "Failed"),
])  # fmt: skip
def test_status_codes_of_a_response(status: int, ends: str) -> None:
    assert run({"R": {"type": "Response", "inputs": {"statusCode": status}}}).status("R") == ends


def test_floats_have_no_range_of_integers() -> None:
    variable = {
        "type": "InitializeVariable",
        "inputs": {"variables": [{"name": "f", "type": "Float", "value": 1e300}]},
    }
    more = {"type": "IncrementVariable", "inputs": {"name": "f", "value": 1.5e300}, **after("V")}
    assert run({"V": variable, "I": more}).variable("f") == 2.5e300


def test_what_is_inside_a_loop_that_failed_has_no_outputs() -> None:
    loop = {"type": "Foreach", "foreach": "@json('{}')", "actions": {"A": compose(1)}}
    driver = run({"L": loop, "C": compose("@outputs('A')", runAfter={"L": ["Failed"]})})
    assert (driver.status("A"), driver.status("C"), driver.outputs("C")) == ("Skipped", "Succeeded", None)


def test_text_that_was_appended_and_is_kept_elsewhere_is_loaded_with_the_rest() -> None:
    """A text above 4 KB is a Ref once its row is stored; another process reads the variable from there."""
    variable = Variable("String", "a")
    for part in (Ref("h", 5000, "String"), "b"):
        variable.append(part)
    assert variable == Variable.of(*variable.parts())
    assert variable.length == 5002
    assert variable.read(lambda ref: "LOADED") == "aLOADEDb"
    assert variable.length == 8


def named(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v", "type": kind, **more}]}}


def changed(kind: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "inputs": {"name": "v", "value": value}, **after("V")}


class TestLimitsOfVariables:
    """Reference 6.15 and 13."""

    @pytest.mark.parametrize("length, ends", [(1024, "Succeeded"), (1025, "Failed")])
    def test_texts_of_stateless_workflows(self, length: int, ends: str) -> None:
        text = "x" * length
        assert run({"V": named("String", value=text)}, kind="Stateless").status("V") == ends
        for kind, value in (("SetVariable", text), ("AppendToStringVariable", text[1:])):
            driver = run({"V": named("String", value="y"), "A": changed(kind, value)}, kind="Stateless")
            assert driver.status("A") == ends
            assert (driver.record("A").error or {}).get("code") == (
                "VariableValueTooLarge" if ends == "Failed" else None
            )
            assert (
                run({"V": named("String", value="y"), "A": changed(kind, value)}).status("A") == "Succeeded"
            )

    def test_arrays(self) -> None:
        full = named("Array", value="@range(0, 100000)")
        driver = run({"V": full, "A": changed("AppendToArrayVariable", 1)})
        assert (driver.status("V"), driver.status("A")) == ("Succeeded", "Failed")
        assert "100,001 items; a variable of a stateful workflow holds 100,000" in str(
            driver.record("A").error
        )
        less = named("Array", value="@range(0, 99999)")
        more = {"B": {**changed("AppendToArrayVariable", 1), **after("A")}}
        driver = run({"V": less, "A": changed("AppendToArrayVariable", 1), **more})
        assert (driver.status("A"), driver.status("B")) == ("Succeeded", "Failed")

    def test_objects_and_numbers_have_none(self) -> None:
        assert (
            run({"V": named("Object", value={"a": "x" * 2000})}, kind="Stateless").status("V") == "Succeeded"
        )


@pytest.mark.parametrize("length, code", [(7990, None), (8000, "TrackedPropertiesSizeLimitExceeded")])
def test_tracked_properties_have_a_size(length: int, code: str | None) -> None:
    record = run({"A": compose(1, trackedProperties={"t": "x" * length})}).record("A")
    assert (record.status, (record.error or {}).get("code")) == ("Succeeded", code)
    assert (record.tracked is None) == (code is not None)


def test_every_try_is_on_the_record_with_its_moments() -> None:
    """Also the one under way, of which nothing is known but when it began."""
    answers = iter([ok(status=500), None])
    policy = {"type": "fixed", "count": 1, "interval": "PT10S"}
    call = {"type": "Http", "inputs": {**HTTP["inputs"], "retryPolicy": policy}}
    driver = run({"A": call}, answers=lambda command: next(answers)).pass_time()
    effort = driver.record("A").effort
    assert effort is not None
    later = START + timedelta(seconds=10)
    assert [(t.attempt, t.started, t.code) for t in effort.tries] == [(1, START, "500"), (2, later, "")]


def test_tracked_properties_that_are_too_long_are_told_by_how_much() -> None:
    error = run({"A": compose(1, trackedProperties={"t": "x" * 9_000})}).record("A").error
    assert error is not None
    assert error["message"] == (
        "The tracked properties of action 'A' have 9,008 characters; 8,000 are the most."
    )


def test_a_value_may_weigh_exactly_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "TEXT_LENGTH", 3_000)
    assert sizes.excess(["x" * 2_976], {}) == ""
    assert "at least 3,001 characters" in sizes.excess(["x" * 2_977], {})


def test_a_run_has_no_code_before_it_ends_and_names_what_failed_first() -> None:
    assert RunState.empty().code == "NotSpecified"
    actions = {"Good": compose(1), "Bad": compose("@int('x')"), "Worse": compose("@int('y')"), "Open": HTTP}
    driver = run(actions, answers=lambda command: None)
    assert driver.state.ended is None
    assert driver.state.first_failed == "Bad"


def test_an_action_may_be_called_like_a_turn_of_a_loop() -> None:
    """`A@1` is the name of an action here, and not turn 1 of A."""
    wait = {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Minute"}}}
    driver = run({"A@1": wait}).pass_time()
    assert driver.status("A@1") == "Succeeded"


ACCEPTED = {"statusCode": 202, "headers": {"location": "/later"}}


def test_an_answer_without_headers_names_no_place_to_ask_again() -> None:
    driver = run(
        {"A": HTTP},
        answers=lambda command: Outcome("Succeeded", outputs={"statusCode": 202, "headers": None}),
    )
    assert driver.status("A") == "Succeeded"


def test_a_place_to_ask_again_needs_no_address_to_begin_with() -> None:
    """Inputs that are no object have no URI; what the server says is taken as it stands."""
    answers = iter([Outcome("Succeeded", outputs=ACCEPTED), ok()])
    driver = run({"A": {"type": "Http", "inputs": "@string('x')"}}, answers=lambda command: next(answers))
    driver.pass_time()
    assert [c.inputs for c in driver.commands if isinstance(c, Execute)] == [
        "x",
        {"method": "GET", "uri": "/later"},
    ]


def test_a_place_to_ask_again_that_is_no_address_is_quoted() -> None:
    odd = {"statusCode": 202, "headers": {"location": "https://[x"}}
    driver = run({"A": HTTP}, answers=lambda command: Outcome("Succeeded", outputs=odd))
    assert driver.record("A").error is not None
    assert driver.record("A").error["message"] == (  # type: ignore[index]
        "The server answered action 'A' with 202 and asks to poll 'https://[x', which is no address. "
        "The result of the operation cannot be known."
    )


@pytest.mark.parametrize(
    "status, code", [(399, "Accepted"), (400, "BadRequest"), (500, "InternalServerError")]
)
def test_from_400_on_the_answer_of_a_child_is_a_failure(status: int, code: str) -> None:
    driver = run({"A": {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "c"}}}}})
    driver.send(ev.ChildEnded("A", (), "child", outputs={"statusCode": status, "headers": {}}))
    assert driver.record("A").code == code
    assert driver.status("A") == ("Failed" if status >= 400 else "Succeeded")


@pytest.mark.parametrize("status", [None, "", "@null"])
def test_terminate_without_a_status_fails_the_run(status: Any) -> None:
    assert run({"T": {"type": "Terminate", "inputs": {"runStatus": status}}}).state.status == "Failed"


def test_a_variable_that_would_hold_too_much_is_the_fault_of_the_definition() -> None:
    record = run({"V": named("String", value="x" * 1025)}, kind="Stateless").record("V")
    assert record.code == "BadRequest"
    assert record.error is not None
    assert record.error["message"].endswith("a variable of a stateless workflow holds 1,024 at most.")


def test_a_failure_is_its_sentence() -> None:
    assert str(Failure("Code", "What happened.")) == "What happened."


def test_what_a_response_cannot_send_is_quoted() -> None:
    error = run({"R": {"type": "Response", "inputs": {"statusCode": "abc"}}}).record("R").error
    assert "'abc'" in str(error)


def test_a_loop_over_too_much_is_a_bad_request() -> None:
    loop = {"type": "Foreach", "foreach": "@range(0, 101)", "actions": {"A": compose(1)}}
    record = run({"L": loop}, kind="Stateless").record("L")
    assert (record.status, record.code, (record.error or {})["code"]) == (
        "Failed",
        "BadRequest",
        "ForeachItemsLimitExceeded",
    )


def test_comparing_costs_steps_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.engine.schema.MOST_WORK", 1000)
    for schema in ({"enum": [1]}, {"const": 1}):
        with pytest.raises(TooMuchWork, match="takes more than 1,000 steps"):
            validate([1] * 2000, schema)


def test_a_child_without_an_answer_is_told_in_words() -> None:
    driver = run({"W": {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "c"}}}}})
    driver.send(ev.ChildEnded("W", (), "child"))
    error = driver.record("W").error or {}
    assert (driver.record("W").code, error["code"]) == ("BadGateway", "NoResponse")
    assert "without running a Response" in error["message"]


def test_settings_of_an_action_may_be_expressions() -> None:
    settings = {"requestOptions": {"timeout": "@parameters('t')"}}
    parameters = {"t": {"type": "String", "defaultValue": "PT9S"}}
    driver = run({"A": {**HTTP, "runtimeConfiguration": settings}}, parameters=parameters)
    [command] = [command for command in driver.commands if isinstance(command, Execute)]
    assert command.runtime_configuration == {"requestOptions": {"timeout": "PT9S"}}


def test_a_list_kept_elsewhere_counts_from_what_was_appended() -> None:
    variable = Variable("Array", Ref("h", 5000, "Array"))
    assert variable.length == 0
    variable.append(1)
    assert variable.length == 1


def test_a_run_fails_for_what_failed_in_the_branch_taken() -> None:
    branches = {"actions": {"In": compose("@int('x')")}, "else": {"actions": {"Other": compose(1)}}}
    driver = run({"If": {"type": "If", "expression": "@equals(1, 1)", **branches}})
    [end] = [event for event in driver.history if isinstance(event, ev.RunEnded)]
    assert (end.error or {})["action"] == "In"


def test_numbers_in_text_have_eighteen_digits_that_count() -> None:
    assert whole_number("0" * 30 + "1" * 18) == int("1" * 18)
    assert whole_number("-" + "1" * 19) == -int("1" * 18)


def test_where_to_ask_again_without_an_address_to_start_from() -> None:
    accepted = Outcome(
        "Succeeded", "Accepted", {"statusCode": 202, "headers": {"location": "https://x.test/p"}}
    )
    given = {"method": "GET", "uri": "@json('5')"}
    driver = Driver(
        plan_of({"A": {"type": "Http", "inputs": given}}),
        lambda command: accepted if command.attempt == 1 else ok(7),
    ).start()
    driver.pass_time()
    assert driver.outputs("A")["body"] == 7
    effort = driver.record("A").effort
    assert effort is not None
    assert effort.location == "https://x.test/p"


def test_the_result_of_a_loop_inside_it_is_that_of_the_turn() -> None:
    inner = {"A": compose("@item()"), "B": compose("@result('L')", **after("A"))}
    driver = run({"L": {"type": "Foreach", "foreach": [5, 6], "actions": inner}})
    assert [record["outputs"] for record in driver.outputs("B", 1) if record["name"] == "A"] == [6]


def test_a_limit_that_passes_while_there_is_work_left_ends_everything_once() -> None:
    inner = {"A": compose(1), "B": compose(2, **after("A")), "C": compose(3, **after("B"))}
    deep = {"type": "Scope", "actions": {"E": {"type": "Scope", "actions": inner}}}
    plan = plan_of({"S": {"type": "Scope", "actions": {"D": deep}, "limit": {"timeout": "PT1M"}}})
    driver = Driver(plan).start()
    [key] = [command.key for command in driver.commands if isinstance(command, StartTimer)]
    late = 0
    for cut in range(1, len(driver.history)):
        state = fold(driver.history[:cut], RunState.empty())
        record = state.record("S", ())
        if record is None or record.effort is None or record.ended is not None:
            continue
        again = Driver(plan, state=state, history=list(driver.history[:cut]))
        again.send(ev.TimerFired(key))
        ends = [event.name for event in again.history if isinstance(event, ev.ActionEnded)]
        assert sorted(ends) == sorted(set(ends)), cut
        begun = [event.name for event in again.history if isinstance(event, ev.ActionStarted)]
        assert sorted(begun) == sorted(set(begun)), cut
        assert again.state.ended is not None
        late += again.status("S") == "TimedOut"
    assert late > 1


@pytest.mark.parametrize("budget", range(1, 9))
def test_turns_that_wait_for_the_next_slice_are_work_left(budget: int) -> None:
    loop = {"type": "Foreach", "foreach": [1, 2, 3], "actions": {"A": compose("@item()")}}
    driver = Driver(plan_of({"L": loop}), budget=budget).start()
    assert driver.state.status == "Succeeded"
    assert [driver.outputs("A", turn) for turn in range(3)] == [1, 2, 3]


def test_a_child_gets_headers_queries_and_body() -> None:
    given = {"headers": {"h": "1"}, "queries": {"q": "2"}, "body": 3}
    driver = run(
        {"W": {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "c"}}, "retryPolicy": {}, **given}}}
    )
    assert [child.payload for child in driver.children] == [given]
