"""Values held elsewhere, and values nobody may see: Refs and the secured marks of the plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from runtime.engine import events as ev
from runtime.engine.commands import Execute
from runtime.engine.entropy import Entropy
from runtime.engine.machine import react
from runtime.engine.state import RunState, fold
from runtime.language.values import Json, Needed, Ref
from tests.engine.driver import RUN_ID, START, plan_of, run


class Shelf:
    """Big values by hash; `loaded` are at hand."""

    def __init__(self, **values: Json) -> None:
        self.values = values
        self.loaded: set[str] = set()
        self.asked: list[str] = []

    def ref(self, name: str, kind: str) -> Ref:
        return Ref(name, 10_000, kind)

    def load(self, ref: Ref) -> Json:
        if ref.hash not in self.loaded:
            raise Needed((ref,))
        return self.values[ref.hash]


def run_with(shelf: Shelf, actions: dict[str, Any], outputs: Json) -> RunState:
    plan = plan_of(actions)
    state = RunState.empty()
    event: ev.Arriving = ev.RunStarted(RUN_ID, {"id": "w"}, "manual", {"name": "manual", "outputs": outputs})
    for _ in range(50):
        reaction = react(plan, state, event, START, Entropy(b"s"), load=shelf.load)
        event = ev.Continue()
        for ref in reaction.needed:
            shelf.asked.append(ref.hash)
            shelf.loaded.add(ref.hash)
        if not reaction.needed and not reaction.more:
            return state
    raise AssertionError("the run does not end")


def test_passing_on_never_loads() -> None:
    shelf = Shelf(big={"a": 1})
    actions = {
        "A": {"type": "Compose", "inputs": "@triggerBody()"},
        "B": {"type": "Compose", "inputs": {"x": "@outputs('A')"}, "runAfter": {"A": ["Succeeded"]}},
    }
    state = run_with(shelf, actions, {"body": shelf.ref("big", "Object")})
    assert shelf.asked == []
    assert state.records["B"][()].outputs == {"x": shelf.ref("big", "Object")}


def test_content_is_loaded_when_it_is_looked_into() -> None:
    shelf = Shelf(big={"a": [1, 2]})
    actions = {"A": {"type": "Compose", "inputs": "@length(triggerBody()?['a'])"}}
    state = run_with(shelf, actions, {"body": shelf.ref("big", "Object")})
    assert (state.records["A"][()].outputs, shelf.asked) == (2, ["big"])


def test_a_loop_over_a_value_held_elsewhere() -> None:
    shelf = Shelf(items=[10, 20, 30])
    actions = {
        "V": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "n", "type": "integer"}]}},
        "L": {
            "type": "Foreach",
            "foreach": "@triggerBody()",
            "runAfter": {"V": ["Succeeded"]},
            "actions": {"I": {"type": "IncrementVariable", "inputs": {"name": "n", "value": "@item()"}}},
        },
    }
    state = run_with(shelf, actions, {"body": shelf.ref("items", "Array")})
    assert state.status == "Succeeded"
    assert state.records["L"][()].inputs == shelf.ref("items", "Array")
    assert state.variables["n"].read(shelf.load) == 60


@pytest.mark.parametrize("kind,big,more,whole", [("string", "abc", "d", "abcd"), ("array", [1], 2, [1, 2])])
def test_appending_to_a_variable_held_elsewhere(kind: str, big: Json, more: Json, whole: Json) -> None:
    """After a crash the variable may come back as a Ref; appending does not load it, reading does."""
    shelf = Shelf(v=big)
    type_ = "AppendToStringVariable" if kind == "string" else "AppendToArrayVariable"
    actions = {
        "A": {"type": type_, "inputs": {"name": "v", "value": more}},
        "C": {"type": "Compose", "inputs": "@variables('v')", "runAfter": {"A": ["Succeeded"]}},
    }
    plan = plan_of(actions)
    started = ev.RunStarted(RUN_ID, {"id": "w"}, "manual", {"name": "manual"}, at=START)
    value = shelf.ref("v", kind.title())
    state = fold([started, ev.VariableSet("v", value, type=kind.title())], RunState.empty())
    first = react(plan, state, ev.Continue(), START, Entropy(b"s"), load=shelf.load)
    assert [ref.hash for ref in first.needed] == ["v"]
    assert state.records["A"][()].status == "Succeeded"
    shelf.loaded.add("v")
    react(plan, state, ev.Continue(), START, Entropy(b"s"), load=shelf.load)
    assert state.records["C"][()].outputs == whole


# -- secured ----------------------------------------------------------------


def secure(*properties: str) -> dict[str, Any]:
    return {"runtimeConfiguration": {"secureData": {"properties": list(properties)}}}


def compose(value: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Compose", "inputs": value, **more}


GET = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test"}}


def test_secrets_spread_where_they_can_be_read() -> None:
    after = {"runAfter": {"V": ["Succeeded"]}}
    plan = plan_of(
        {
            "V": {
                "type": "InitializeVariable",
                "inputs": {
                    "variables": [{"name": "key", "type": "string", "value": "@parameters('PASSWORD')"}]
                },
            },
            "UsesVariable": compose("@variables('Key')", **after),
            "UsesOutputs": GET
            | {"inputs": {"method": "GET", "uri": "https://x.test/@{outputs('UsesVariable')}"}},
            "AfterThat": compose("@body('UsesOutputs')"),
            "Status": compose("@actions('UsesOutputs').status"),
            "Outputs": compose("@actions('UsesOutputs')?['outputs']['body']"),
            "Given": compose("@actions('UsesOutputs')['inputs']"),
            "Loop": {
                "type": "Foreach",
                "foreach": "@createArray(parameters('password'))",
                "actions": {"UsesItem": compose("@item()"), "Innocent": compose(1)},
            },
            "Filter": {"type": "Query", "inputs": {"from": "@result('Loop')", "where": "@true"}},
            "Plain": compose("@parameters('open')"),
            "Dynamic": compose("@actions(parameters('open'))"),
        },
        parameters={"password": {"type": "SecureString"}, "open": {"type": "String", "defaultValue": ""}},
    )
    assert plan.secured_variables == {"key"}
    assert plan.secured_inputs == {
        "V",
        "UsesVariable",
        "UsesOutputs",
        "Given",
        "Loop",
        "UsesItem",
        "Filter",
        "Dynamic",
    }
    assert {"UsesVariable", "UsesItem", "Filter", "V"} <= plan.secured_outputs
    assert "UsesOutputs" not in plan.secured_outputs
    assert not plan.secured_trigger


def test_secured_by_the_author() -> None:
    plan = plan_of(
        {
            "A": GET | secure("outputs"),
            "B": compose("@body('A')"),
            "C": GET | secure("inputs"),
            "D": compose("@triggerBody()"),
        },
        triggers={"t": {"type": "Request", **secure("outputs")}},
    )
    assert plan.secured_trigger
    assert plan.secured_outputs == {"A", "B", "D"}
    assert plan.secured_inputs == {"B", "C", "D"}
    assert plan.by_name["C"].secured_inputs


@pytest.mark.parametrize(
    "inputs, shown",
    [
        ({"authentication": {"type": "Basic", "username": "u", "password": "p"}},
         {"authentication": {"type": "Basic", "username": "u", "password": "*sanitized*"}}),
        ({"authentication": {"type": "Raw", "value": ""}}, {"authentication": {"type": "Raw", "value": ""}}),
        ({"Headers": {"AUTHORIZATION": "a", "X-Key": "k", "Ocp-Apim-Subscription-Key": "s"}},
         {"Headers": {"AUTHORIZATION": "*sanitized*", "X-Key": "k", "Ocp-Apim-Subscription-Key": "*sanitized*"}}),
        ({"cookie": "c", "subscriptionKey": "s", "body": {"password": "mine"}},
         {"cookie": "*sanitized*", "subscriptionKey": "*sanitized*", "body": {"password": "mine"}}),
        ({"authentication": "@parameters('none')", "cookie": ""}, {"authentication": None, "cookie": ""}),
    ],
)  # fmt: skip
def test_records_never_show_the_credentials_of_a_call(inputs: dict[str, Json], shown: Json) -> None:
    actions = {
        "Call": {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test", **inputs}},
        "Hook": {"type": "HttpWebhook", "inputs": {"subscribe": {"uri": "https://x.test", **inputs}}},
        "Plain": {"type": "Compose", "inputs": inputs},
    }
    after = {"runAfter": {name: ["Succeeded"] for name in ("Call", "Plain")}}
    driver = run(
        actions
        | {
            "A": compose("@actions('Call').inputs", **after),
            "B": compose("@actions('Plain').inputs", **after),
            "C": compose("@actions('Hook').inputs.subscribe", **after),
        },
        parameters={"none": {"type": "Object", "defaultValue": None}},
    )
    sent = next(command for command in driver.commands if isinstance(command, Execute))
    whole = {"method": "GET", "uri": "https://x.test"}
    assert driver.outputs("A") == whole | dict(shown or {})  # type: ignore[call-overload]
    assert driver.outputs("C") == {"uri": "https://x.test"} | dict(shown or {})  # type: ignore[call-overload]
    for name, value in inputs.items():  # the call itself carries them, and other actions are left alone
        evaluated = None if value == "@parameters('none')" else value
        assert sent.inputs[name] == evaluated
        assert driver.outputs("B")[name] == evaluated


def test_credentials_of_inputs_held_elsewhere_are_not_shown_either() -> None:
    whole = {"method": "GET", "uri": "https://x.test", "authentication": {"type": "Raw", "value": "s"}}
    shelf = Shelf(big=whole)
    plan = plan_of(
        {
            "Call": {"type": "Http", "inputs": whole, "limit": {"timeout": "PT1M"}},
            "Log": compose("@actions('Call').inputs.authentication", runAfter={"Call": ["TimedOut"]}),
        }
    )
    state = RunState.empty()
    started = ev.RunStarted(RUN_ID, {"id": "w"}, "manual", {"name": "manual"})
    react(plan, state, started, START, Entropy(b"s"), load=shelf.load)
    state.records["Call"][()].inputs = shelf.ref("big", "Object")
    shelf.loaded.add("big")
    later = START + timedelta(minutes=2)
    react(plan, state, ev.TimerFired("timeout:Call"), later, Entropy(b"s"), load=shelf.load)
    assert state.records["Log"][()].outputs == {"type": "Raw", "value": "*sanitized*"}


@pytest.mark.parametrize("reads", ["@action().inputs", "@parameters('password')", "@action().outputs"])
def test_tracked_properties_of_what_is_secured_are_not_kept(reads: str) -> None:
    tracked: dict[str, Any] = {"trackedProperties": {"x": reads}}
    given = {"parameters": {"password": {"type": "SecureString", "defaultValue": "secret"}}}
    kept = run({"A": compose(1, **tracked)}, **given)
    assert kept.state.records["A"][()].tracked == (None if "password" in reads else {"x": 1})
    hidden = run({"A": compose(1, **tracked, **secure("inputs"))}, **given)
    assert hidden.state.records["A"][()].tracked is None


SECRET = {"key": {"type": "SecureString", "defaultValue": "T0pSecret"}}
UNSAID = "so the reason is not shown"


@pytest.mark.parametrize(
    "action",
    [
        compose("@json(parameters('key'))"),
        compose("@formatDateTime(parameters('key'))"),
        {"type": "Wait", "inputs": {"until": {"timestamp": "@parameters('key')"}}},
        {"type": "Foreach", "foreach": "@json(parameters('key'))", "actions": {}},
        {"type": "Switch", "expression": "@json(parameters('key'))", "cases": {}},
        {"type": "Until", "expression": "@json(parameters('key'))", "limit": {"count": 1}, "actions": {}},
        {"type": "Terminate", "inputs": {"runStatus": "@parameters('key')"}},
    ],
)
def test_what_fails_over_a_secret_does_not_quote_it(action: dict[str, Any]) -> None:
    driver = run({"A": action}, parameters=SECRET)
    error = driver.state.records["A"][()].error
    assert error is not None
    assert UNSAID in error["message"] or error["code"] == "ActionFailed"
    assert all("T0pSecret" not in repr(event) for event in driver.history if type(event) is ev.RunEnded)
    ends = [event for event in driver.history if type(event) is ev.ActionEnded]
    assert all("T0pSecret" not in repr(event.error) for event in ends)


def test_a_run_that_is_terminated_with_a_secret_does_not_say_it() -> None:
    error = {"code": "@parameters('key')", "message": "It was @{parameters('key')}"}
    driver = run(
        {"A": {"type": "Terminate", "inputs": {"runStatus": "Failed", "runError": error}}}, parameters=SECRET
    )
    assert driver.state.code == "Terminated"
    assert "T0pSecret" not in repr(driver.state.error)
    open_ = {"runStatus": "Failed", "runError": {"code": "Mine", "message": "as written"}}
    driver = run({"A": {"type": "Terminate", "inputs": open_}}, parameters=SECRET)
    assert driver.state.code == "Mine"


def test_tracked_properties_that_read_a_secret_are_not_kept() -> None:
    actions = {
        "A": compose(1, trackedProperties={"t": "@parameters('key')"}),
        "B": compose("@parameters('key')", trackedProperties={"t": "@action()?['inputs']"}),
        "C": compose(1, trackedProperties={"t": "@action()?['inputs']"}),
    }
    driver = run(actions, parameters=SECRET)
    assert [driver.state.records[name][()].tracked for name in "ABC"] == [None, None, {"t": 1}]


@pytest.mark.parametrize("kind", ["JavaScriptCode", "Liquid", "Xslt", "XmlParse", "FlatFileEncoding"])
def test_what_only_computes_gives_secrets_back(kind: str) -> None:
    inputs = {"code": "return 1", "content": "@parameters('key')", "map": {"name": "m"}}
    plan = plan_of({"A": {"type": kind, "inputs": inputs}, "B": compose("@body('A')")}, parameters=SECRET)
    assert plan.secured_outputs == {"A", "B"}


def test_tracked_properties_held_elsewhere_are_shown_to_who_looks_into_them() -> None:
    shelf = Shelf(big={"id": 7})
    plan = plan_of(
        {
            "A": compose(1),
            "B": compose("@actions('A')['trackedProperties']['id']", runAfter={"A": ["Succeeded"]}),
        }
    )
    state = RunState.empty()
    started = ev.RunStarted(RUN_ID, {"id": "w"}, "manual", {"name": "manual"})
    react(plan, state, started, START, Entropy(b"s"), budget=2)
    state.records["A"][()].tracked = shelf.ref("big", "Object")  # type: ignore[assignment]
    assert [
        ref.hash for ref in react(plan, state, ev.Continue(), START, Entropy(b"s"), load=shelf.load).needed
    ] == ["big"]
    shelf.loaded.add("big")
    react(plan, state, ev.Continue(), START, Entropy(b"s"), load=shelf.load)
    assert state.records["B"][()].outputs == 7


def test_content_that_is_loaded_and_asked_for_again_fails_the_action(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be asked for for ever: a fault of ours, which must not keep a run from ending."""
    monkeypatch.setattr("runtime.engine.scope.World.shown", lambda self, value: value)
    shelf = Shelf(big={"a": 1})
    state = run_with(shelf, {"A": compose("@triggerBody()['a']")}, {"body": shelf.ref("big", "Object")})
    assert (state.status, state.code) == ("Failed", "InternalServerError")
