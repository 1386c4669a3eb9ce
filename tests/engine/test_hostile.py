"""Definitions and arrivals made to hurt: whatever they say, the run ends, in words, and in a short time.

`python -m tests.engine.fuzz` goes on with the last test for as long as one likes.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine import events as ev
from runtime.engine.entropy import Entropy
from runtime.engine.events import Outcome
from runtime.engine.machine import react
from runtime.engine.plan import PlanError, compile_plan
from runtime.engine.schema import TooMuchWork, validate
from runtime.engine.sizes import MOST_LEVELS, excess
from runtime.engine.state import RunState, fold
from runtime.language.definition import read
from runtime.language.expressions.limits import TEXT_LENGTH
from runtime.language.values import loads
from runtime.store import codec
from runtime.triggers.request import Refused, Request, admit
from tests.engine.driver import START, Driver, ok, plan_of, run
from tests.engine.test_nonsense import QUIET, TYPES

ROOT = Path(__file__).parents[2]
MANY_DIGITS = "9" * 5000
HTTP: dict[str, Any] = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test/a"}}
SECONDS = 30.0  # on a machine that does much else


def compose(inputs: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Compose", "inputs": inputs, **more}


def ended(actions: dict[str, Any], **more: Any) -> Driver:
    """The run, over in time; its history can be written and read, and nobody blames Millrace."""
    begun = time.process_time()
    driver = run(actions, answers=more.pop("answers", lambda command: ok(status=503)), **more).pass_time()
    assert driver.state.ended is not None
    assert driver.state.code != "InternalServerError"
    assert codec.unpack_events(codec.pack_events(driver.history))
    assert fold(driver.history, RunState.empty()) == driver.state
    assert time.process_time() - begun < SECONDS
    return driver


def failure(driver: Driver) -> str:
    return str((driver.state.error or {}).get("code"))


class TestSettings:
    @pytest.mark.parametrize("length", ["P9000Y", "-P9000Y", "P99999999999999999999Y", f"PT{MANY_DIGITS}S"])
    def test_a_time_limit_beyond_the_calendar(self, length: str) -> None:
        limited = {"limit": {"timeout": length}}
        ended({"H": {**HTTP, **limited}, "S": {"type": "Scope", "actions": {"A": compose(1)}, **limited}})
        until = {"type": "Until", "expression": "@true", "actions": {"B": compose(1)}, **limited}
        assert ended({"U": until}).status("U") == "Succeeded"

    def test_an_action_without_end_does_not_end_early(self) -> None:
        driver = run({"H": {**HTTP, "limit": {"timeout": "P9000Y"}}}, answers=lambda command: None)
        assert driver.timers["timeout:H"].year == 9999

    @pytest.mark.parametrize("number", [MANY_DIGITS, int("9" * 4000), "0" * 5000, "-3", 10**30])
    def test_numbers_nobody_can_mean(self, number: Any) -> None:
        retried = {
            **HTTP,
            "inputs": {
                **HTTP["inputs"],
                "retryPolicy": {"type": "fixed", "count": number, "interval": "PT5S"},
            },
        }
        until = {
            "type": "Until",
            "expression": "@true",
            "limit": {"count": number},
            "actions": {"B": compose(1)},
        }
        loop = {
            "type": "Foreach", "foreach": [1], "actions": {"C": compose(1)},
            "runtimeConfiguration": {"concurrency": {"repetitions": number}},
        }  # fmt: skip
        for action in (retried, until, loop, {"type": "Response", "inputs": {"statusCode": number}},
                       {"type": "Wait", "inputs": {"interval": {"count": number, "unit": "Year"}}}):  # fmt: skip
            ended({"X": action}, answers=lambda command: ok(status=400))

    @pytest.mark.parametrize(
        "static", [{"status": {"a": 1}}, {"status": "Running"}, {"status": ""}, {"status": 3}]
    )
    def test_a_static_result_with_a_status_that_is_none(self, static: Any) -> None:
        using = {"staticResult": {"staticResultOptions": "Enabled", "name": "s"}}
        driver = ended({"A": compose(1, runtimeConfiguration=using)}, staticResults={"s": static})
        assert failure(driver) == "InvalidStaticResultStatus"

    def test_a_static_result_with_an_endless_status_code(self) -> None:
        using = {"staticResult": {"staticResultOptions": "Enabled", "name": "s"}}
        results = {"s": {"status": "succeeded", "outputs": {"statusCode": MANY_DIGITS}}}
        assert (
            ended({"A": compose(1, runtimeConfiguration=using)}, staticResults=results).status("A")
            == "Succeeded"
        )

    def test_names_that_look_like_addresses(self) -> None:
        for name in ("A@" + MANY_DIGITS, "A@3", "@0", "A@3-0"):
            driver = ended({name: {"type": "Terminate", "inputs": {"runStatus": 3}}})
            assert driver.state.first_failed == name


class TestAnswers:
    def answered(self, outcome: Outcome) -> Driver:
        return run({"H": HTTP}, answers=lambda command: outcome)

    def test_a_location_that_is_no_address(self) -> None:
        outputs = {"statusCode": 202, "headers": {"Location": "http://["}}
        driver = self.answered(Outcome("Succeeded", "Accepted", outputs))
        assert (driver.status("H"), failure(driver)) == ("Failed", "InvalidPollingLocation")
        assert driver.outputs("H") == outputs

    @pytest.mark.parametrize("seconds", [1e300, float("inf"), float("nan"), -5.0])
    def test_waits_nobody_can_mean(self, seconds: float) -> None:
        outputs = {"statusCode": 202, "headers": {"Location": "/later"}}
        polled = self.answered(Outcome("Succeeded", "Accepted", outputs, retry_after=seconds))
        assert 0 <= (polled.timers["poll:H"] - START).total_seconds() <= 86_400
        refused = self.answered(Outcome("Failed", "429", {"statusCode": 429}, retry_after=seconds))
        assert 0 < (refused.timers["retry:H"] - START).total_seconds() <= 86_400


def until(actions: dict[str, Any], count: int = 60) -> dict[str, Any]:
    limit = {"count": count, "timeout": "PT1H"}
    return {
        "type": "Until",
        "expression": "@false",
        "limit": limit,
        "actions": actions,
        "runAfter": {"V": ["Succeeded"]},
    }


def variable(kind: str, value: Any) -> dict[str, Any]:
    return {
        "type": "InitializeVariable",
        "inputs": {"variables": [{"name": "v", "type": kind, "value": value}]},
    }


class TestGrowth:
    """Values are shared, not copied: what doubles each turn must be stopped before it is written down."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is refused is not worth a minute of each test: the bounds, made smaller."""
        monkeypatch.setattr("runtime.engine.sizes.TEXT_LENGTH", 100_000)
        monkeypatch.setattr("runtime.language.expressions.limits.TOTAL_WORK", 3_000_000)

    @pytest.mark.parametrize(
        "kind, start, inputs",
        [
            ("Array", [1], "@createArray(variables('v'), variables('v'))"),
            ("Object", {"a": 1}, {"l": "@variables('v')", "r": ["@variables('v')"]}),
        ],
    )
    def test_a_value_that_holds_itself_twice(self, kind: str, start: Any, inputs: Any) -> None:
        keep = {
            "type": "SetVariable",
            "inputs": {"name": "v", "value": "@outputs('A')"},
            "runAfter": {"A": ["Succeeded"]},
        }
        assert (
            failure(ended({"V": variable(kind, start), "U": until({"A": compose(inputs), "S": keep})}))
            == "ActionValueTooLarge"
        )

    @pytest.mark.parametrize("kind, start", [("String", "ab"), ("Array", [1])])
    def test_a_variable_appended_to_itself(self, kind: str, start: Any) -> None:
        append = {"type": f"AppendTo{kind}Variable", "inputs": {"name": "v", "value": "@variables('v')"}}
        assert (
            failure(ended({"V": variable(kind, start), "U": until({"A": append})})) == "ActionValueTooLarge"
        )

    def test_a_value_that_gets_deeper_each_turn(self) -> None:
        deeper = {"type": "SetVariable", "inputs": {"name": "v", "value": {"in": "@variables('v')"}}}
        driver = ended({"V": variable("Object", {}), "U": until({"A": deeper}, 400)})
        assert "levels deep" in str(driver.record("A", 399).error)

    def test_tracked_properties_and_outputs_of_the_run_are_weighed(self) -> None:
        big = "@createArray(outputs('A'), outputs('A'), outputs('A'), outputs('A'))"
        one = compose("@range(0, 1000)", runAfter={})
        four = compose(big, runAfter={"A": ["Succeeded"]})
        sixteen = compose(
            1, runAfter={"B": ["Succeeded"]}, trackedProperties={"t": big.replace("'A'", "'B'")}
        )
        driver = ended(
            {"A": one, "B": four, "C": sixteen},
            outputs={"o": {"type": "Array", "value": big.replace("'A'", "'B'")}},
        )
        assert "too large" in str(driver.record("C").error)
        assert (failure(driver), driver.state.code) == ("OutputParameterEvaluationFailed",) * 2

    def test_what_fails_with_a_huge_value_does_not_keep_it(self) -> None:
        big = "@createArray(outputs('A'), outputs('A'), outputs('A'), outputs('A'), outputs('A'))"
        parse = {
            "type": "ParseJson", "runAfter": {"B": ["Succeeded"]},
            "inputs": {"content": big.replace("'A'", "'B'"), "schema": {"type": "object"}},
        }  # fmt: skip
        four = compose(big.replace(", outputs('A'))", ")"), runAfter={"A": ["Succeeded"]})
        driver = ended({"A": compose("@range(0, 1000)"), "B": four, "C": parse})
        assert (driver.status("C"), driver.record("C").inputs, driver.outputs("C")) == ("Failed", None, None)

    def test_messages_do_not_quote_whole_values(self) -> None:
        driver = ended({"T": {"type": "Terminate", "inputs": {"runStatus": "x" * 90_000}}})
        assert len(str(driver.record("T").error)) < 11_000

    @pytest.mark.parametrize(
        "action",
        [
            {"type": "Join", "inputs": {"from": "@range(0, 20000)", "joinWith": "x" * 90_000}},
            {"type": "Table", "inputs": {"format": "CSV", "from": [{f"k{i}": 1} for i in range(10_000)]}},
            {
                "type": "Select",
                "inputs": {"from": "@range(0, 20000)", "select": "@empty(range(0, 20000))"},
            },
            {"type": "Query", "inputs": {"from": "@range(0, 20000)", "where": "@empty(range(0, 20000))"}},
        ],
        ids=lambda action: action["type"],
    )
    def test_items_of_one_action_share_one_account(self, action: dict[str, Any]) -> None:
        assert "too" in str(ended({"X": action}).record("X").error)
        few = {**action, "inputs": {**action["inputs"], "from": [{"a": 1}], "joinWith": ","}}
        assert ended({"X": few}).status("X") == "Succeeded"

    def test_a_join_names_itself(self) -> None:
        action = {"type": "Join", "inputs": {"from": "@range(0, 20000)", "joinWith": "x" * 90_000}}
        assert "'join'" in str(ended({"X": action}).record("X").error)

    def test_heavy_expressions_end_a_slice(self) -> None:
        actions = {f"A{i}": compose("@string(range(0, 90000))") for i in range(60)}
        plan, state = plan_of(actions), RunState.empty()
        started = ev.RunStarted("run", {"id": "w"}, "manual", {"name": "manual"})
        first = react(plan, state, started, START, Entropy(b""))
        assert first.more
        assert len(first.events) < 60


def test_weights() -> None:
    assert excess("x" * TEXT_LENGTH, {}) == ""
    assert "too large" in excess("x" * (TEXT_LENGTH + 1), {})
    part = ["x" * 1000] * 1000
    assert excess([part] * 100, {}) == ""
    known: Any = {}
    assert "too large" in excess([part] * 105, known)
    assert "too large" in excess({"a": [part] * 50, "b": {"c": [part] * 55}}, known)
    assert excess(part, known) == ""
    assert "too large" in excess([part] * 105, known)
    deep: Any = 1
    for _ in range(MOST_LEVELS):
        deep = [deep]
    assert excess(deep, {}) == ""
    assert "levels deep" in excess([deep], {})
    assert excess([*deep, "x" * 1000], known) == ""
    assert excess(loads('{"a": [1, null, true, 1.5, "x"]}'), {}) == ""


def alternatives(count: int) -> dict[str, Any]:
    """A schema of `count` lines with 2^count ways through it."""
    made: dict[str, Any] = {
        f"d{i}": {"anyOf": [{"$ref": f"#/definitions/d{i + 1}"}] * 2} for i in range(count)
    }
    made[f"d{count}"] = {"type": "string"}
    return {"definitions": made, "$ref": "#/definitions/d0"}


class TestSchemas:
    ENDLESS = ({"allOf": [{"$ref": "#"}]}, {"not": {"$ref": "#"}}, alternatives(40))

    @pytest.mark.parametrize("schema", ENDLESS, ids=("itself", "not itself", "alternatives"))
    def test_endless_schemas(self, schema: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("runtime.engine.schema.MOST_WORK", 100_000)
        with pytest.raises(TooMuchWork):
            validate({"a": 1}, schema)
        parse = {"type": "ParseJson", "inputs": {"content": {"a": 1}, "schema": schema}}
        assert failure(ended({"P": parse})) == "ActionSchemaNotSupported"
        given = {
            "type": "Request",
            "inputs": {"schema": schema},
            "operationOptions": "EnableSchemaValidation",
        }
        trigger = read({"triggers": {"manual": given}, "actions": {}}).triggers["manual"]
        with pytest.raises(Refused) as refused:
            admit(trigger, Request("POST", "", "", [("Content-Type", "application/json")], b'{"a": 1}'))
        assert refused.value.status == 400

    @pytest.mark.parametrize(
        "schema", [{"$ref": "#"}, {"$ref": "#/a/b"}, {"$ref": "#/" + "a/" * 10_000}, {"$ref": 3}]
    )
    def test_references_that_lead_nowhere(self, schema: Any) -> None:
        assert validate(1, schema) == []

    def test_much_against_much(self) -> None:
        many = [{"a": number, "b": [number]} for number in range(20_000)]
        assert validate(many, {"uniqueItems": True}) == []
        assert validate(many, {"items": {"enum": many}}) == []
        assert len(validate([*many, many[3]], {"uniqueItems": True})) == 1

    def test_equality_is_by_value_and_by_type(self) -> None:
        assert (
            validate(
                [1, True, "1", [1], [True], {"a": 1}, {"a": True}, None, 0, False], {"uniqueItems": True}
            )
            == []
        )
        for pair in ([1, 1.0], [[1], [1.0]], [{"a": 1, "b": 2}, {"b": 2, "a": 1}]):
            assert len(validate(pair, {"uniqueItems": True})) == 1
            assert validate(pair[0], {"enum": [pair[1]]}) == []
            assert validate(pair[0], {"const": pair[1]}) == []


def test_secrets_spread_in_any_order_of_the_actions() -> None:
    """Compiling is linear: the last reader of a long chain may stand first in the definition."""
    count = 3_000
    actions = {
        f"A{i}": compose(f"@outputs('A{i - 1}')" if i else "@parameters('p')", runAfter={f"A{i - 1}": ["Succeeded"]} if i else {})
        for i in range(count)
    }  # fmt: skip
    begun = time.process_time()
    for ordered in (actions, dict(reversed(actions.items()))):
        plan = plan_of(ordered, parameters={"p": {"type": "SecureString", "defaultValue": "x"}})
        assert len(plan.secured_outputs) == count
    assert time.process_time() - begun < 10


def test_code_that_mentions_actions_without_end() -> None:
    begun = time.process_time()
    plan_of({"J": {"type": "JavaScriptCode", "inputs": {"code": "workflowContext.actions['a" * 20_000}}})
    assert time.process_time() - begun < 10


# -- nonsense over whole definitions

TEXTS = st.sampled_from((
    "", "x", "@", "@{", "@@", "@item()", "@items('X0')", "@result('X0')", "@action()", "@triggerBody()", "@variables('v')",
    "@json('[')", "@range(0, 9)", "@outputs('X1')", "@{outputs('X1')}", "@listCallbackUrl()", "@iterationIndexes('X0')",
    "Enabled", "Succeeded", "PT1S", "P9000Y", "-PT1S", "Sequential, DisableAsyncPattern", MANY_DIGITS, "\ud800", "\0",
    "v", "X0", "CurrentTime", "AddToTime", "CSV", "Second", "fixed", "exponential", "s", "https://x.test", "http://[",
))  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.sampled_from((10**30, 1e300, -0.5)), TEXTS, TEXTS
)  # fmt: skip
MEMBERS = (
    "inputs", "expression", "foreach", "limit", "timeout", "count", "runtimeConfiguration", "concurrency", "repetitions", "runs",
    "staticResult", "staticResultOptions", "name", "secureData", "properties", "paginationPolicy", "requestOptions", "retryPolicy",
    "type", "interval", "operationOptions", "trackedProperties", "correlation", "clientTrackingId", "kind", "method", "uri",
    "headers", "body", "subscribe", "unsubscribe", "from", "where", "select", "joinWith", "format", "columns", "header", "value",
    "variables", "until", "timestamp", "unit", "statusCode", "runStatus", "runError", "code", "message", "schema", "content",
    "host", "workflow", "id", "triggerName", "batchName", "and", "or", "not", "equals", "authentication", "cases", "case",
    "default", "else", "actions", "explicitDependencies", "definitions", "$ref", "items", "anyOf", "tools",
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4)
    ),
    max_leaves=14,
)
SETTINGS = ("inputs", "limit", "runtimeConfiguration", "operationOptions", "trackedProperties", "correlation", "kind",
            "expression", "foreach", "else", "default", "cases", "metadata", "description", "tools")  # fmt: skip
STATUSES = st.sampled_from(("Succeeded", "failed", "SKIPPED", "TimedOut", "Odd"))


@st.composite
def wild_actions(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 3))):
        action: dict[str, Any] = {"type": draw(st.sampled_from(TYPES))}
        for name in draw(st.lists(st.sampled_from(SETTINGS), max_size=4, unique=True)):
            action[name] = draw(VALUES)
        if depth < 2 and draw(st.booleans()):
            action["actions"] = draw(wild_actions(depth + 1))
        if draw(st.integers(0, 9)) == 0:
            action["runAfter"] = draw(VALUES)
        elif made and draw(st.booleans()):
            action["runAfter"] = {draw(st.sampled_from(sorted(made))): draw(st.lists(STATUSES, max_size=3))}
        made[draw(st.sampled_from(("X", "Y", "A@0", "é", ""))) + str(draw(st.integers(0, 40)))] = action
    return made


@st.composite
def wild(draw: st.DrawFn) -> dict[str, Any]:
    definition: dict[str, Any] = {"actions": draw(wild_actions())}
    for name in draw(
        st.lists(st.sampled_from(("triggers", "outputs", "parameters", "staticResults")), unique=True)
    ):
        definition[name] = draw(st.dictionaries(st.sampled_from(("s", "v", "manual")), VALUES, max_size=2))
    return definition


def survive(definition: dict[str, Any], outcome: Outcome) -> None:
    """Run it to its end: time passes, everything is answered alike, callbacks come; then it is cancelled."""
    try:
        plan = compile_plan(read(definition), {}, {})
    except PlanError:
        return
    driver = Driver(plan, lambda command: outcome).start({"a": [1, 2]})
    for _ in range(40):
        if driver.state.ended is not None or not driver.timers:
            break
        key = min(driver.timers, key=lambda k: (driver.timers[k], k))
        driver.now = max(driver.now, driver.timers.pop(key))
        driver.send(ev.TimerFired(key))
    for name, token in list(driver.tokens.items()):
        for repetition in list(driver.state.records.get(name, {})):
            driver.send(ev.CallbackReceived(name, repetition, token, {"body": 1}))
    for child in list(driver.children):
        driver.send(ev.ChildEnded(child.name, child.repetition, "child", outputs={"statusCode": 200}))
    if driver.state.ended is None:
        driver.send(ev.CancelRequested("me"))
    assert driver.state.ended is not None
    assert fold(codec.unpack_events(codec.pack_events(driver.history)), RunState.empty()) == driver.state
    for event in driver.history:
        if isinstance(event, ev.ActionEnded) and event.error is not None:
            assert event.error["message"], event
            assert "a fault in Millrace" not in event.error["message"], event
            assert "this server has a fault" not in event.error["message"], event


OUTCOMES = st.sampled_from(
    (ok({"n": 1}), ok(status=503), ok(status=404), ok("x", 202), Outcome("TimedOut", "ActionTimedOut"))
)


@QUIET
@given(definition=wild(), outcome=OUTCOMES)
def test_whole_definitions_of_nonsense(definition: dict[str, Any], outcome: Outcome) -> None:
    survive(definition, outcome)


@pytest.mark.slow
def test_half_a_minute_of_fuzzing() -> None:
    command = [sys.executable, "-m", "tests.engine.fuzz", "--seconds", "30"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
