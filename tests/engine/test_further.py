"""More corners that mutants found unguarded."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.engine import events as ev
from runtime.engine.actions import behaviour_of
from runtime.engine.actions.compose import Compose
from runtime.engine.actions.contract import Child, Immediate, Outside, Unsupported
from runtime.engine.commands import Abort, Execute, Respond, StartChild, StartTimer
from runtime.engine.entropy import Entropy
from runtime.engine.events import Outcome
from runtime.engine.machine import commands_outstanding, react
from runtime.engine.retry import NONE
from runtime.engine.state import RunState, Variable, fold
from runtime.language.values import Ref
from tests.engine.driver import START, Driver, ok, plan_of, run
from tests.engine.test_pure import OUTPUTS, S, compose, secured

CALL: dict[str, Any] = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test/a"}}
SECRET = {"parameters": {"p": {"type": "SecureString", "defaultValue": "s"}}}


def test_a_slice_is_five_hundred_steps() -> None:
    plan = plan_of({f"A{i}": compose(1) for i in range(700)})
    state = RunState.empty()
    started = ev.RunStarted("run", {"id": "w"}, "manual", {"name": "manual"})
    first = react(plan, state, started, START, Entropy(b""))
    assert (len(first.events), first.more) == (500, True)
    second = react(plan, state, ev.Continue(), START, Entropy(b""))
    assert (len(second.events), second.more) == (202, False)


def test_what_was_looked_into_is_handed_on_unread_afterwards() -> None:
    big = Ref("hash", 9000, "Object", "")
    plan = plan_of({
        "Look": compose("@triggerBody()?['n']"),
        "Pass": compose("@triggerBody()", runAfter={"Look": ["Succeeded"]}),
    })  # fmt: skip
    state = RunState.empty()
    record: dict[str, Any] = {"name": "manual", "outputs": {"body": big}}
    started = ev.RunStarted("run", {"id": "w"}, "manual", record)
    react(plan, state, started, START, Entropy(b""), load=lambda ref: {"n": 7})
    assert state.records["Look"][()].outputs == 7
    assert state.records["Pass"][()].outputs is big


@pytest.mark.parametrize(
    "given,parallel", [(2.5, 20), (True, 20), ("x", 20), ("3", 3), (0, 1), (99, 50), (50, 50)]
)
def test_how_many_turns_at_a_time(given: Any, parallel: int) -> None:
    loop = {
        "type": "Foreach", "foreach": "@range(0, 60)", "actions": {"H": CALL},
        "runtimeConfiguration": {"concurrency": {"repetitions": given}},
    }  # fmt: skip
    driver = run({"L": loop}, answers=lambda command: None)
    assert sum(isinstance(command, Execute) for command in driver.commands) == parallel


def test_tracked_properties_see_inputs_and_outputs_of_an_operation() -> None:
    call = {**CALL, "trackedProperties": {"u": "@action()['inputs']['uri']", "s": "@action().status"}}
    driver = run({"H": call, "C": compose({"k": 1}, trackedProperties={"k": "@action()['inputs']['k']"})})
    assert driver.record("H").tracked == {"u": "https://x.test/a", "s": "Succeeded"}
    assert driver.record("C").tracked == {"k": 1}


def test_tracked_properties_are_part_of_what_later_actions_read() -> None:
    driver = run(
        {
            "C": compose(1, trackedProperties={"k": "v"}),
            "D": compose("@actions('C')?['trackedProperties']", runAfter={"C": ["Succeeded"]}),
            "E": compose("@contains(actions('D'), 'trackedProperties')", runAfter={"D": ["Succeeded"]}),
        }
    )
    assert (driver.outputs("D"), driver.outputs("E")) == ({"k": "v"}, False)


def test_the_location_of_a_poll_is_the_location_header() -> None:
    headers = {"Server": "https://wrong.test", "LOCATION": "/right", "Other": 3}
    asked = Outcome("Succeeded", "Accepted", {"statusCode": 202, "headers": headers})
    answers = iter((asked, ok()))
    driver = run({"H": CALL}, answers=lambda command: next(answers)).pass_time()
    [poll] = [c for c in driver.commands if isinstance(c, Execute) and c.purpose == "poll"]
    assert poll.inputs["uri"] == "https://x.test/right"


def test_retries_of_a_poll_are_polls() -> None:
    asked = Outcome("Succeeded", "Accepted", {"statusCode": 202, "headers": {"Location": "/s"}})
    answers = iter((asked, ok(status=503), ok(status=503), ok()))
    driver = run({"H": CALL}, answers=lambda command: next(answers)).pass_time()
    assert [c.purpose for c in driver.commands if isinstance(c, Execute)] == [
        "operation",
        "poll",
        "poll",
        "poll",
    ]
    assert driver.status("H") == "Succeeded"


def test_a_limit_that_passed_is_not_started_again() -> None:
    actions = {"L": {**CALL, "limit": {"timeout": "PT1H"}}, "M": {**CALL, "limit": {"timeout": "PT2H"}}}
    driver = run(actions, answers=lambda command: None)
    reaction = react(driver.plan, driver.state, ev.TimerFired("timeout:L"), START, Entropy(b""), budget=0)
    state = fold([*driver.history, *reaction.events], RunState.empty())
    again = commands_outstanding(driver.plan, state)
    assert [c.key for c in again if isinstance(c, StartTimer)] == ["timeout:M"]


def test_action_outside_of_actions() -> None:
    driver = run({"A": compose(1)}, outputs={"o": {"type": "Object", "value": "@action()"}})
    assert driver.state.error is not None
    assert driver.state.error["message"] == (
        "The output 'o' of the workflow cannot be evaluated: The template function 'action' is not expected at this "
        "location."
    )


def test_workflow_keeps_its_version_to_itself() -> None:
    driver = Driver(plan_of({"W": compose("@workflow()")}))
    driver.send(ev.RunStarted("r", {"id": "w", "name": "n", "version": "7"}, "manual", {"name": "manual"}))
    assert "version" not in driver.outputs("W")
    assert driver.outputs("W")["tags"] == {"flowDisplayName": "n"}


def test_a_secret_loop_alone_is_progress() -> None:
    loop = {"type": "Foreach", "foreach": "@createArray(parameters('p'))", "actions": {}}
    assert secured({"R": compose("@result('L')"), "L": loop}, **SECRET)[0] == {"R", "L"}


def test_no_policy_waits_for_nothing() -> None:
    assert NONE.interval == 0 * S


def test_code_sees_the_inputs_it_was_given_and_the_records_it_names() -> None:
    code = "return workflowContext.actions.A.outputs + workflowContext.actions['B'].outputs;"
    actions = {
        "A": compose(1), "B": compose(2), "N": compose(3),
        "J": {
            "type": "JavaScriptCode",
            "inputs": {"code": code, "explicitDependencies": {"actions": ["N"]}},
            "runAfter": {name: ["Succeeded"] for name in "ABN"},
        },
    }  # fmt: skip
    driver = run(actions)
    [command] = [c for c in driver.commands if isinstance(c, Execute)]
    assert command.inputs["code"] == code
    context = command.inputs["workflowContext"]
    assert {name: context["actions"][name]["outputs"] for name in "ABN"} == {"A": 1, "B": 2, "N": 3}
    assert context["trigger"]["name"] == "manual"


@pytest.mark.parametrize(
    "kind,most,name", [("Stateful", 100_000, "stateful"), ("Stateless", 100, "stateless")]
)
def test_most_items_of_a_loop(kind: str, most: int, name: str) -> None:
    loop = {"type": "Foreach", "foreach": "@triggerBody()", "actions": {}}
    fits = run({"L": loop}, [0] * min(most, 100), kind=kind)
    assert fits.status("L") == "Succeeded"
    driver = run({"L": loop}, [0] * (most + 1), kind=kind)
    assert driver.record("L").error == {
        "code": "ForeachItemsLimitExceeded",
        "message": f"The execution of template action 'L' failed: the array has {most + 1:,} items, but a loop of a "
        f"{name} workflow goes through {most:,} at most. Split the array and start a child workflow for each part.",
    }


def test_rounds_of_a_stateless_workflow() -> None:
    until = {"type": "Until", "expression": "@false", "limit": {"count": 1000}, "actions": {}}
    loop = run({"U": until}, kind="Stateless", budget=10_000).record("U").loop
    assert loop is not None
    assert len(loop.turns) == 100
    for kind, minutes in (("Stateless", 5), ("Stateful", 60)):
        driver = run({"U": {**until, "actions": {"H": CALL}}}, kind=kind, answers=lambda command: None)
        [started] = [e for e in driver.history if isinstance(e, ev.LoopStarted)]
        assert started.expires == START + minutes * 60 * S


def test_a_caller_nobody_had_cannot_go_away() -> None:
    driver = run({"W": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}}}, waiting=False)
    assert driver.send(ev.ResponseExpired()).events == []
    assert not driver.state.response_expired


@pytest.mark.parametrize("subscribe", [None, "text", {"retryPolicy": {"type": "none"}}])
def test_the_retry_policy_of_a_webhook_is_that_of_its_subscription(subscribe: Any) -> None:
    hook = {"type": "HttpWebhook", "inputs": {"subscribe": subscribe}}
    driver = run({"K": hook}, answers=lambda command: ok(status=503))
    assert driver.status("K") == ("Failed" if isinstance(subscribe, dict) else "Waiting")


def test_every_type_of_the_language_has_a_behaviour() -> None:
    outside = (
        "Http", "ApiConnection", "ApiConnectionNotification", "OpenApiConnection", "OpenApiConnectionNotification",
        "Function", "InvokeFunction", "ApiManagement", "ServiceProvider", "Xslt", "XmlValidation", "XmlParse",
        "XmlCompose", "Liquid", "FlatFileDecoding", "FlatFileEncoding", "IntegrationAccountArtifactLookup",
        "HttpWebhook", "ApiConnectionWebhook", "OpenApiConnectionWebhook", "JavaScriptCode",
    )  # fmt: skip
    at_once = (
        "Compose", "ParseJson", "Query", "Select", "Join", "Table", "Expression", "InitializeVariable", "SetVariable",
        "IncrementVariable", "DecrementVariable", "AppendToStringVariable", "AppendToArrayVariable",
    )  # fmt: skip
    for names, family in ((outside, Outside), (at_once, Immediate), (("Workflow", "SendToBatch"), Child)):
        for name in names:
            found = behaviour_of(name)
            assert isinstance(found, type)
            assert issubclass(found, family)
    assert all(
        behaviour_of(name) is not Unsupported
        for name in ("If", "Switch", "Scope", "Foreach", "Until", "Wait")
    )


def test_a_message_for_a_batch() -> None:
    host = {"workflow": {"id": "w"}, "triggerName": "Batch"}
    inputs = {
        "host": host,
        "batchName": "b",
        "partitionName": "p",
        "messageId": "m",
        "content": {"k": 1},
        "x": 1,
    }
    driver = run(
        {
            "B": {"type": "SendToBatch", "inputs": inputs},
            "C": {"type": "SendToBatch", "inputs": {"host": host}},
        }
    )
    full, bare = driver.children
    assert full.payload == {
        "batch": {"batchName": "b", "partitionName": "p", "messageId": "m", "content": {"k": 1}}
    }
    assert (full.workflow, full.trigger, full.wait) == ("w", "Batch", False)
    assert bare.payload == {"batch": {}}


def test_a_response_that_was_given_is_outstanding_after_a_crash() -> None:
    answer = {"type": "Response", "inputs": {"statusCode": 201, "headers": {"a": "b"}, "body": 3}}
    call = {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "c"}}}}
    driver = run({"R": answer, "C": call})
    again = commands_outstanding(driver.plan, fold(driver.history, RunState.empty()))
    assert [type(command) for command in again] == [Respond, StartChild]
    assert again[0] == Respond(201, {"a": "b"}, 3)
    assert again[1] == driver.children[0]


def test_unsubscribing_says_so() -> None:
    hook = {
        "type": "HttpWebhook",
        "inputs": {
            "subscribe": {"method": "POST", "uri": "https://x.test/s"},
            "unsubscribe": {
                "method": "POST",
                "uri": "https://x.test/u",
                "body": "@action()['outputs']['body']",
            },
        },
    }
    driver = run({"K": hook}, answers=lambda command: ok({"id": 9}))
    driver.send(ev.CancelRequested("me"))
    last = [c for c in driver.commands if isinstance(c, Execute)][-1]
    assert (last.purpose, last.attempt, last.inputs["body"]) == ("unsubscribe", 2, {"id": 9})


def test_a_budget_of_nothing_does_nothing() -> None:
    driver = run({"A": compose(1)}, answers=lambda command: None)
    assert driver.state.ended is not None
    plan, state = (
        plan_of({"L": {"type": "Foreach", "foreach": [1, 2], "actions": {"A": compose(1)}}}),
        RunState.empty(),
    )
    started = ev.RunStarted("run", {"id": "w"}, "manual", {"name": "manual"})
    assert len(react(plan, state, started, START, Entropy(b""), budget=1).events) == 1
    begun = react(plan, state, ev.Continue(), START, Entropy(b""), budget=1)
    assert [type(event) for event in begun.events] == [ev.LoopStarted]
    turn = react(plan, state, ev.Continue(), START, Entropy(b""), budget=1)
    assert (turn.events, turn.more) == ([], True)  # the step that opens the turn
    assert [type(e) for e in react(plan, state, ev.Continue(), START, Entropy(b""), budget=1).events] == [
        ev.ActionEnded
    ]


def test_secrets_by_hidden_names() -> None:
    set_ = {"type": "SetVariable", "inputs": {"name": "v", "value": 1}, "runtimeConfiguration": {}}
    init = {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v", "type": "string"}]}}
    inputs = {"runtimeConfiguration": {"secureData": {"properties": ["inputs"]}}}
    found = secured({"I": {**init, **inputs}, "S": set_, "D": compose("@variables(concat('v', ''))")})
    assert found == ({"I", "D"}, {"I", "D"}, {"v"})
    scope = {"type": "Scope", "actions": {"H": CALL | inputs}}
    assert "R" in secured({"S": scope, "R": compose("@result('S')")})[0]
    code = {"type": "JavaScriptCode", "inputs": {"code": "return workflowContext.actions.H.outputs"}}
    assert "J" in secured({"H": CALL | OUTPUTS, "J": code})[0]


def test_a_variable_compared_with_something_else() -> None:
    assert Variable("Integer", 1).__eq__(1) is NotImplemented
    assert Variable("Integer", 1).__eq__(Variable("Float", 1)) is False


def test_a_value_too_deep_ends_in_words() -> None:
    deep: Any = 1
    for _ in range(3000):
        deep = [deep]
    driver = run({"Q": {"type": "Join", "inputs": {"from": "@triggerBody()", "joinWith": ","}}}, deep)
    assert driver.record("Q").code == "BadRequest"
    assert driver.record("Q").error == {
        "code": "InvalidTemplate",
        "message": "The value that action 'Q' works on is nested too deeply.",
    }


def test_an_until_taken_up_between_two_rounds_goes_on() -> None:
    until = {"type": "Until", "expression": "@false", "limit": {"count": 3}, "actions": {"A": compose(1)}}
    driver = run({"U": until})
    for cut in range(1, len(driver.history)):
        state = fold(driver.history[:cut], RunState.empty())
        while state.ended is None:
            reaction = react(driver.plan, state, ev.Continue(), START, Entropy(b""))
            assert reaction.events
        assert state.records["U"][()].loop == driver.record("U").loop
        assert state.records["A"].keys() == driver.state.records["A"].keys()


@pytest.mark.parametrize(
    "type_,polled",
    [
        ("Http", True), ("ApiConnection", True), ("OpenApiConnection", True), ("Function", True),
        ("ApiManagement", True), ("ServiceProvider", True), ("Xslt", False), ("Liquid", False),
    ],
)  # fmt: skip
def test_who_is_polled(type_: str, polled: bool) -> None:
    outcome = Outcome(
        "Succeeded", "Accepted", {"statusCode": 202, "headers": {"Location": "https://x.test/s"}}
    )
    answers = iter((outcome, ok()))
    driver = run({"H": {**CALL, "type": type_}}, answers=lambda command: next(answers))
    assert (driver.status("H") == "Waiting") is polled


def test_timers_of_what_has_ended_are_late() -> None:
    policy = {"retryPolicy": {"type": "fixed", "count": 1, "interval": "PT10S"}}
    call = {**CALL, "inputs": {**CALL["inputs"], **policy}, "limit": {"timeout": "PT1H"}}
    keep = {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Day"}}}
    answers = iter((ok(status=503), ok()))
    driver = run({"H": call, "K": keep}, answers=lambda command: next(answers)).tick(20)
    assert driver.status("H") == "Succeeded"
    for key in ("timeout:H", "retry:H", "poll:H"):
        assert driver.send(ev.TimerFired(key)).events == []
    assert driver.state.status == "Running"


def test_an_answer_after_the_limit_comes_too_late() -> None:
    actions = {"H": {**CALL, "limit": {"timeout": "PT1H"}}, "A": compose(1, runAfter={"H": ["TimedOut"]})}
    driver = run(actions, answers=lambda command: None)
    plan, state, history = driver.plan, driver.state, list(driver.history)
    good = Outcome("Succeeded", outputs={"statusCode": 200})
    for event in (ev.TimerFired("timeout:H"), ev.OperationEnded("H", (), 1, good)):
        history += react(plan, state, event, START, Entropy(b""), budget=0).events
    crashed = fold(history, RunState.empty())
    for found in (state, crashed):
        ends = [
            e
            for e in react(plan, found, ev.Continue(), START, Entropy(b"")).events
            if isinstance(e, ev.ActionEnded)
        ]
        assert [(e.name, e.status) for e in ends] == [("H", "TimedOut"), ("A", "Succeeded")]


def test_a_run_that_took_too_long_says_farewell_also_after_a_crash() -> None:
    hook = {
        "type": "HttpWebhook",
        "inputs": {
            "subscribe": {"method": "POST", "uri": "https://x.test/s"},
            "unsubscribe": {"method": "POST", "uri": "https://x.test/u"},
        },
    }
    driver = run({"S": {"type": "Scope", "actions": {"K": hook}}, "H": CALL}, answers=lambda command: None)
    first = react(driver.plan, driver.state, ev.TimerFired("run"), START, Entropy(b""), budget=0)
    crashed = fold([*driver.history, *first.events], RunState.empty())
    for state in (driver.state, crashed):
        last = react(driver.plan, state, ev.Continue(), START, Entropy(b""))
        assert isinstance(last.events[-1], ev.RunEnded)
        assert (last.events[-1].status, last.events[-1].code) == ("TimedOut", "WorkflowRunTimedOut")
        told = [(type(c).__name__, c.name) for c in last.commands if isinstance(c, Abort | Execute)]
        assert told == [("Abort", "K"), ("Execute", "K"), ("Abort", "H")]


def test_a_trigger_name_is_a_text() -> None:
    inputs = {"host": {"workflow": {"id": "w"}, "triggerName": 7}}
    driver = run({"C": {"type": "Workflow", "inputs": inputs}})
    assert driver.children[0].trigger is None


def test_a_fault_of_ours_ends_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Compose, scope: object) -> None:
        raise TypeError("oh")

    monkeypatch.setattr(Compose, "perform", broken)
    driver = run({"A": compose(1), "B": CALL})
    record = driver.record("A")
    assert (record.status, record.code) == ("Failed", "InternalServerError")
    assert record.error == {
        "code": "InternalServerError",
        "message": "The action 'A' could not be evaluated because of a fault in Millrace (TypeError: oh). Please report "
        "it together with the definition.",
    }
    assert driver.status("B") == "Succeeded"


def test_cancelled_between_the_start_of_a_loop_and_its_first_turn() -> None:
    plan = plan_of({"L": {"type": "Foreach", "foreach": [1, 2], "actions": {"A": compose(1)}}})
    state = RunState.empty()
    started = ev.RunStarted("run", {"id": "w"}, "manual", {"name": "manual"})
    react(plan, state, started, START, Entropy(b""), budget=1)
    react(plan, state, ev.Continue(), START, Entropy(b""), budget=1)
    events = react(plan, state, ev.CancelRequested("me"), START, Entropy(b"")).events
    ends = [(e.name, e.repetition, e.status) for e in events if isinstance(e, ev.ActionEnded)]
    assert ends == [("A", (), "Skipped"), ("L", (), "Cancelled")]


def test_a_second_start_leaves_nothing_to_do() -> None:
    driver = run({"H": CALL}, answers=lambda command: None)
    again = react(driver.plan, driver.state, ev.RunStarted("r", {}, "manual", {}), START, Entropy(b""))
    assert (again.events, again.more) == ([], False)


def test_secrets_of_two_variables_and_of_nobody() -> None:
    value = {"type": "string", "value": "@parameters('p')"}
    init = {"type": "InitializeVariable", "inputs": {"variables": [{"name": n, **value} for n in ("x", "y")]}}
    assert secured({"R": compose("@variables('x')"), "I": init}, **SECRET)[0] == {"R", "I"}
    assert (
        secured({"R": compose("@result('Nobody')"), "A": compose("@actions('Nobody')")}, **SECRET)[0] == set()
    )


def test_static_results_in_detail() -> None:
    def static(name: str) -> dict[str, Any]:
        return {"staticResult": {"name": name, "staticResultOptions": "Enabled"}}

    results = {
        "skip": {"status": "Skipped"},
        "code": {"status": "Failed", "code": "Mine", "outputs": {"statusCode": "NotFound"}},
    }
    actions = {
        "S": {**compose(1), "runtimeConfiguration": static("skip"), "trackedProperties": {"a": 1}},
        "C": {**CALL, "runtimeConfiguration": static("code")},
    }
    driver = run(actions, staticResults=results)
    assert (driver.status("S"), driver.record("S").tracked) == ("Skipped", None)
    assert (driver.record("C").code, driver.outputs("C")) == ("Mine", {"statusCode": 404})


@pytest.mark.parametrize("interval", ["soon", "-", "", None, 1.5])
def test_an_interval_that_is_none(interval: Any) -> None:
    inputs = {"baseTime": "2026-01-31T00:00:00Z", "interval": interval, "timeUnit": "Day"}
    driver = run({"A": {"type": "Expression", "kind": "AddToTime", "inputs": inputs}})
    error = driver.record("A").error
    assert error is not None
    assert error["code"] == "InvalidTemplate"
