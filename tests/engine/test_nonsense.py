"""What should not happen, happens: events that mean nothing, histories bent, definitions nobody would write."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.engine import events as ev
from runtime.engine.actions import behaviour_of
from runtime.engine.actions.contract import Unsupported
from runtime.engine.commands import Execute
from runtime.engine.entropy import Entropy
from runtime.engine.events import Outcome
from runtime.engine.machine import commands_outstanding, react
from runtime.engine.plan import compile_plan
from runtime.engine.state import RunState, fold
from runtime.language.definition import read
from tests.engine.driver import START, Driver, run
from tests.engine.laws import check
from tests.engine.simulation import Simulation
from tests.engine.strategies import definitions
from tests.engine.test_laws import EXAMPLES, outcome_of

NAMES = st.sampled_from(("Start", "A1", "A2", "A3", "A4", "A5", "Nobody", "A1@0", ""))
REPETITIONS = st.lists(st.integers(0, 2), max_size=3).map(tuple)
KINDS = ("timer", "retry", "poll", "timeout", "callback", "operation", "child", "run", "")
OUTCOMES = st.builds(
    Outcome,
    status=st.sampled_from(("Succeeded", "Failed", "TimedOut", "Skipped", "Odd")),
    outputs=st.sampled_from(
        (None, {"statusCode": 202, "headers": {"Location": 3}}, {"statusCode": "x"}, [1], "t")
    ),
    error=st.sampled_from((None, {"code": "E", "message": "m"})),
    retryable=st.sampled_from((None, True, False)),
    retry_after=st.sampled_from((None, -1.0, 3.0)),
)
ARRIVING = st.one_of(
    st.builds(ev.OperationEnded, NAMES, REPETITIONS, st.integers(0, 3), OUTCOMES),
    st.builds(lambda kind, name: ev.TimerFired(f"{kind}:{name}"), st.sampled_from(KINDS), NAMES),
    st.builds(ev.CallbackReceived, NAMES, REPETITIONS, st.sampled_from(("", "wrong"))),
    st.builds(ev.ChildEnded, NAMES, REPETITIONS, st.just("child")),
    st.builds(ev.CancelRequested, st.just("me")),
    st.builds(ev.ResponseExpired),
    st.just(ev.Continue()),
    st.just(ev.RunStarted("again", {}, "manual", {})),
)
QUIET = settings(EXAMPLES, suppress_health_check=list(HealthCheck))


@QUIET
@given(definition=definitions(), arriving=st.lists(ARRIVING, max_size=25), seed=st.integers(0, 2**32))
def test_no_event_makes_the_machine_raise(
    definition: dict[str, Any], arriving: list[ev.Arriving], seed: int
) -> None:
    simulation = Simulation(compile_plan(read(definition)), outcome_of, seed)
    record = {"name": "manual", "outputs": {"body": {}}, "status": "Succeeded"}
    simulation.deliver(ev.RunStarted("run", {"id": "w", "name": "w"}, "manual", record, "run", True))
    for event in arriving:
        simulation.react(event)
        before = len(simulation.history)
        if not isinstance(event, ev.Continue) and not simulation.more and simulation.state.ended is None:
            again = react(simulation.plan, simulation.state, event, simulation.now, Entropy(b""))
            simulation.history += again.events
            simulation.obey(again.commands)
            if not isinstance(event, ev.TimerFired) or event.key != "run":
                assert [type(e) for e in again.events[:1]] in ([], [type(event)])
        assert fold(simulation.history, RunState.empty()) == simulation.state
        assert before <= len(simulation.history)
    check(definition, simulation.history)


@QUIET
@given(definition=definitions(), data=st.data())
def test_a_bent_history_folds_without_raising(definition: dict[str, Any], data: st.DataObject) -> None:
    """An event whose action the state does not know is passed over: old histories never stop a release."""
    history = Simulation(compile_plan(read(definition)), outcome_of, 0, calm=True).perform().history
    kept = data.draw(st.lists(st.sampled_from(history), unique_by=id, max_size=len(history)))
    fold(data.draw(st.permutations(kept)), RunState.empty())


@pytest.mark.parametrize(
    "event",
    [
        ev.OperationEnded("X", (), 1, Outcome("Succeeded"), at=START),
        ev.TimerFired("timer:X", at=START),
        ev.TimerFired("timeout:X", at=START),
        ev.CallbackReceived("X", (), "t", at=START),
        ev.ChildEnded("X", (), "c", at=START),
        ev.AttemptStarted(START, "X", (), 2),
        ev.RetryScheduled(START, "X", (), START),
        ev.PollScheduled(START, "X", (), START, "/x"),
        ev.CallbackAwaited(START, "X", ()),
        ev.RepetitionEnded(START, "X", (0,), "Succeeded"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_facts_about_nobody_are_passed_over(event: ev.Event) -> None:
    empty = fold([event], RunState.empty())
    assert empty == RunState.empty()
    plain = ev.ActionStarted(START, "X", branch="actions")
    assert fold([plain, event], RunState.empty()) == fold([plain], RunState.empty())


AFTER_THE_END: list[ev.Arriving] = [
    ev.RunStarted("again", {}, "manual", {}),
    ev.OperationEnded("H", (), 1, Outcome("Succeeded")),
    ev.TimerFired("run"),
    ev.TimerFired("timer:W"),
    ev.CallbackReceived("H", (), "t"),
    ev.ChildEnded("H", (), "c"),
    ev.CancelRequested("me"),
    ev.ResponseExpired(),
    ev.Continue(),
]


def test_nothing_follows_the_end_and_nothing_precedes_the_start() -> None:
    driver = run({"H": {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test"}}})
    plan = driver.plan
    for event in AFTER_THE_END:
        for state, starts in ((driver.state, False), (RunState.empty(), True)):
            if starts and isinstance(event, ev.RunStarted):
                continue
            reaction = react(plan, state, event, START, Entropy(b""))
            assert (reaction.events, reaction.commands, reaction.needed) == ([], [], ())
            assert not reaction.more
    assert commands_outstanding(plan, RunState.empty()) == []


def test_repeated_events_change_nothing() -> None:
    actions = {
        "H": {
            "type": "Http",
            "inputs": {"method": "GET", "uri": "https://x.test"},
            "limit": {"timeout": "PT1H"},
        },
        "W": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}},
        "K": {"type": "HttpWebhook", "inputs": {"subscribe": {"method": "POST", "uri": "https://x.test"}}},
        "C": {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "c"}}}},
        "L": {
            "type": "Http",
            "inputs": {"method": "GET", "uri": "https://x.test"},
            "limit": {"timeout": "PT1H"},
        },
    }
    driver = run(actions, answers=lambda command: None)
    token = driver.tokens["K"]
    good = Outcome("Succeeded", outputs={"statusCode": 200})
    wrong: list[ev.Arriving] = [
        ev.OperationEnded("H", (), 2, good),
        ev.OperationEnded("H", (0,), 1, good),
        ev.OperationEnded("W", (), 1, good),
        ev.OperationEnded("C", (), 0, good),
        ev.CallbackReceived("K", (), token + "x"),
        ev.CallbackReceived("H", (), token),
        ev.ChildEnded("H", (), "c"),
        ev.TimerFired("retry:W"),
        ev.TimerFired("poll:H"),
        ev.TimerFired("operation:H"),
        ev.TimerFired("child:C"),
        ev.TimerFired("callback:K"),
        ev.TimerFired("timeout:W"),
    ]
    for event in wrong:
        assert driver.send(event).events == [], event
    once: list[ev.Arriving] = [
        ev.TimerFired("timeout:L"),
        ev.OperationEnded("H", (), 1, good),
        ev.TimerFired("timer:W"),
        ev.CallbackReceived("K", (), token),
        ev.ChildEnded("C", (), "c", outputs={"statusCode": 200}),
        ev.ResponseExpired(),
    ]
    for event in once:
        assert driver.send(event).events, event
        assert driver.send(event).events == [], event
    assert driver.status("K") == "Running"  # its subscription is not answered yet
    driver.send(ev.CancelRequested("me"))
    assert driver.state.status == "Cancelled"
    assert fold(driver.history, RunState.empty()) == driver.state


def test_repeated_before_they_are_dealt_with() -> None:
    """With a budget of nothing, what arrived waits in the queue; the same again is not taken twice."""
    actions = {
        "H": {
            "type": "Http",
            "inputs": {"method": "GET", "uri": "https://x.test"},
            "limit": {"timeout": "PT1H"},
        },
        "W": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}},
        "C": {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "c"}}}},
        "L": {
            "type": "Http",
            "inputs": {"method": "GET", "uri": "https://x.test"},
            "limit": {"timeout": "PT1H"},
        },
    }
    driver = run(actions, answers=lambda command: None)
    good = Outcome("Succeeded", outputs={"statusCode": 200})
    for event in (
        ev.OperationEnded("H", (), 1, good),
        ev.TimerFired("timer:W"),
        ev.ChildEnded("C", (), "c", outputs={"statusCode": 200}),
        ev.TimerFired("timeout:L"),
        ev.CancelRequested("me"),
    ):
        first = react(driver.plan, driver.state, event, START, Entropy(b""), budget=0)
        assert [type(e) for e in first.events] == [type(event)]
        assert first.more
        again = react(driver.plan, driver.state, event, START, Entropy(b""), budget=0)
        assert again.events == []
        assert again.more
        driver.history += first.events
    state = fold(driver.history, RunState.empty())
    assert commands_outstanding(driver.plan, state) == commands_outstanding(driver.plan, driver.state)
    last = react(driver.plan, state, ev.Continue(), START, Entropy(b""))
    assert isinstance(last.events[-1], ev.RunEnded)
    assert last.events[-1].status == "Cancelled"


ODD: tuple[Any, ...] = (None, [], [1], "text", 3, {}, {"name": 3}, {"variables": 1}, {"variables": [1]},
    {"from": [1], "select": None}, {"host": 1}, {"host": {"workflow": "x", "triggerName": 7}}, {"subscribe": 1, "unsubscribe": 2},
    {"interval": 1}, {"until": {}}, {"statusCode": "x"}, {"runStatus": 3, "runError": 4}, {"content": "1", "schema": 2},
    {"code": 1, "explicitDependencies": 2}, {"method": "GET", "uri": "https://x", "retryPolicy": {"type": 3, "count": "x", "interval": 1}},
)  # fmt: skip
TYPES = (
    "Compose", "ParseJson", "Query", "Select", "Join", "Table", "InitializeVariable", "SetVariable",
    "IncrementVariable", "DecrementVariable", "AppendToStringVariable", "AppendToArrayVariable", "Wait", "Expression",
    "Http", "HttpWebhook", "ApiConnection", "ApiConnectionWebhook", "ServiceProvider", "Function", "ApiManagement",
    "Workflow", "Response", "Terminate", "JavaScriptCode", "Liquid", "Xslt", "XmlValidation", "FlatFileEncoding", "Agent",
    "Scope", "If", "Switch", "Foreach", "Until",
)  # fmt: skip


@pytest.mark.parametrize("type_", TYPES)
def test_odd_definitions_end_in_words(type_: str) -> None:
    for odd in ODD:
        members = (
            "expression",
            "foreach",
            "limit",
            "runtimeConfiguration",
            "trackedProperties",
            "operationOptions",
        )
        configured = {"runtimeConfiguration": {"concurrency": odd, "requestOptions": odd, "secureData": odd}}
        extras = [
            {},
            {"kind": "CurrentTime"},
            *({"inputs": {}, member: odd} for member in members),
            configured,
        ]
        for extra in extras:
            action = {"type": type_, "inputs": odd, "actions": {}, **extra}
            definition = {"actions": {"X": action}}
            driver = run(definition["actions"])
            for _ in range(3):
                driver.pass_time()
            driver.tick(10)
            if driver.state.ended is None:
                driver.send(ev.CancelRequested("me"))
            assert driver.state.ended is not None
            ended = [e for e in driver.history if isinstance(e, ev.ActionEnded)]
            assert all(e.error is None or e.error["message"] for e in ended)
            assert fold(driver.history, RunState.empty()) == driver.state


def test_unknown_types_have_a_behaviour_of_their_own() -> None:
    assert behaviour_of("Nonsense") is Unsupported
    for type_ in ("Http", "ApiConnection", "ServiceProvider", "Liquid", "ApiConnectionWebhook"):
        assert behaviour_of(type_) is not Unsupported


def test_times_are_those_of_the_slice_unless_given() -> None:
    driver = run(
        {"H": {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test"}}}, answers=lambda c: None
    )
    assert isinstance(driver, Driver)
    [command] = [c for c in driver.commands if isinstance(c, Execute)]
    given = START + timedelta(hours=3)
    driver.send(ev.OperationEnded(command.name, (), 1, Outcome("Succeeded"), at=given))
    assert driver.history[-3].at == given
