"""Corners that mutants found unguarded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from runtime.engine import events as ev
from runtime.engine.agenda import is_answered
from runtime.engine.commands import CancelTimer, Execute, StartTimer
from runtime.engine.events import Outcome
from runtime.engine.state import CALLBACK, RETRY, Effort, RunState, Variable, fold, parse_address
from tests.engine.driver import START, ok, run

GET: dict[str, Any] = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test/a"}}
GOOD = {"type": "Compose", "inputs": 1}
BAD = {"type": "Compose", "inputs": "@int('no')"}


def test_what_is_given_up_takes_its_timers_along() -> None:
    wait = {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}}
    policy = {"retryPolicy": {"type": "fixed", "count": 1, "interval": "PT1H"}}
    call = {"type": "Http", "inputs": GET["inputs"] | policy, "limit": {"timeout": "P1D"}}
    driver = run({"W": wait, "H": call}, answers=lambda command: ok(status=500))
    assert set(driver.timers) == {"timer:W", "retry:H", "timeout:H"}
    driver.send(ev.CancelRequested())
    assert driver.timers == {}
    cancelled = {command.key for command in driver.commands if isinstance(command, CancelTimer)}
    assert cancelled == {"timer:W", "retry:H", "timeout:H"}


def test_a_timer_that_fired_is_not_cancelled() -> None:
    driver = run({"W": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}}}).pass_time()
    assert not any(isinstance(command, CancelTimer) for command in driver.commands)


def test_polls_sign_in_like_the_call_and_only_then() -> None:
    outcome = Outcome("Succeeded", "Accepted", {"statusCode": 202, "headers": {"Location": "/s"}})
    for inputs, expected in (({"authentication": {"type": "Raw", "value": "k"}}, True), ({}, False)):
        answers = iter((outcome, ok()))
        driver = run(
            {"H": {"type": "Http", "inputs": GET["inputs"] | inputs}}, answers=lambda c, a=answers: next(a)
        ).pass_time()
        [poll] = [c for c in driver.commands if isinstance(c, Execute) and c.purpose == "poll"]
        assert ("authentication" in poll.inputs) is expected


def test_tries_keep_their_times() -> None:
    answers = iter((ok(status=503), ok()))
    policy = {"retryPolicy": {"type": "fixed", "count": 1, "interval": "PT10S"}}
    driver = run({"H": {"type": "Http", "inputs": GET["inputs"] | policy}}, answers=lambda c: next(answers))
    driver.pass_time()
    effort = driver.record("H").effort
    assert effort is not None
    assert [t.started for t in effort.tries] == [START, START + timedelta(seconds=10)]
    assert [t.ended for t in effort.tries] == [START, START + timedelta(seconds=10)]


def test_times_an_executor_gives_are_kept() -> None:
    driver = run({"H": GET}, answers=lambda command: None)
    began, over = START - timedelta(seconds=3), START - timedelta(seconds=1)
    driver.send(ev.OperationEnded("H", (), 1, ok(), began, over, True))
    effort = driver.record("H").effort
    assert effort is not None
    [only] = effort.tries
    assert (only.started, only.ended, only.interrupted) == (began, over, True)


def test_tallies_of_a_loop() -> None:
    inner = {"H": GET, "S": {**GOOD, "runAfter": {"H": ["Succeeded"]}}}
    driver = run(
        {"L": {"type": "Foreach", "foreach": [0, 1, 2], "actions": inner}},
        answers=lambda command: ok(status=404 if command.repetition == (1,) else 200),
    )
    tally = driver.state.tallies["H"]
    assert (tally.begun, tally.running, tally.counts) == (3, 0, {"Succeeded": 2, "Failed": 1})
    assert driver.state.tallies["S"].counts == {"Succeeded": 2, "Skipped": 1}
    progress = driver.record("L").loop
    assert progress is not None
    assert progress.counts == {"Succeeded": 2, "Failed": 1}


def test_result_of_a_loop_has_the_worst_status() -> None:
    inner = {"C": {"type": "Compose", "inputs": "@div(1, item())"}}
    driver = run(
        {
            "L": {"type": "Foreach", "foreach": [1, 0, 1], "actions": inner},
            "R": {"type": "Compose", "inputs": "@result('L')", "runAfter": {"L": ["Failed"]}},
        }
    )
    [record] = driver.outputs("R")
    assert record["status"] == "Failed"
    assert [each["status"] for each in record["outputs"]] == ["Succeeded", "Failed", "Succeeded"]


def test_a_container_with_a_static_result_runs_nothing() -> None:
    chosen = {"staticResult": {"name": "X", "staticResultOptions": "Enabled"}}
    scope = {"type": "Scope", "actions": {"I": GOOD}, "runtimeConfiguration": chosen}
    driver = run(
        {"S": scope}, staticResults={"X": {"status": "Failed", "error": {"code": "E", "message": "m"}}}
    )
    assert (driver.status("S"), driver.record("S").code, driver.status("I")) == ("Failed", "E", "Skipped")


def test_first_failed_is_the_first_when_all_was_handled() -> None:
    driver = run(
        {"A": BAD, "B": {**BAD, "runAfter": {"A": ["Failed"]}}, "C": {**GOOD, "runAfter": {"B": ["Failed"]}}}
    )
    assert (driver.state.status, driver.state.first_failed) == ("Succeeded", "A")


def test_the_retry_number_counts_from_one() -> None:
    policy = {
        "retryPolicy": {"type": "exponential", "count": 1, "interval": "PT20S", "maximumInterval": "PT1H"}
    }
    driver = run({"H": {"type": "Http", "inputs": GET["inputs"] | policy}}, answers=lambda c: ok(status=500))
    [timer] = [command for command in driver.commands if isinstance(command, StartTimer)]
    assert timer.due - START <= timedelta(seconds=20)


def test_a_child_answer_meant_for_nobody_changes_nothing() -> None:
    driver = run({"H": GET}, answers=lambda command: None)
    before = list(driver.history)
    assert driver.send(ev.ChildEnded("H", (), "r", outputs={"statusCode": 200})).events == []
    assert driver.send(ev.ChildEnded("Nobody", (), "r")).events == []
    assert driver.history == before


def test_small_helpers() -> None:
    assert parse_address("A-1@3-0") == ("A-1", (3, 0))
    assert parse_address("A@b") == ("A@b", ())
    assert not is_answered(Effort(RETRY, called_back=True))
    assert is_answered(Effort(CALLBACK, called_back=True))
    assert Variable("Array", [1]) != Variable("Integer", [1])
    assert Variable("Array", [1]) != [1]
    grown = Variable("Array", [1])
    grown.append(2)
    assert grown == Variable("Array", [1, 2])
    assert fold([], RunState.empty()) == RunState.empty()


def test_cancel_reports_what_a_skipped_container_left_out() -> None:
    """A cancel between the skip of a container and of what is inside it."""
    deep = {"type": "Scope", "actions": {"I": {"type": "Scope", "actions": {"J": GOOD}}}}
    actions = {"A": BAD, "S": {**deep, "runAfter": {"A": ["Succeeded"]}}, "H": GET}
    from runtime.engine.entropy import Entropy
    from runtime.engine.machine import react
    from tests.engine.driver import Driver, plan_of

    for budget in range(1, 12):
        plan = plan_of(actions)
        driver = Driver(plan, lambda command: None, budget=budget)
        started = ev.RunStarted("r", {"id": "w"}, "t", {"name": "t"})
        react(plan, driver.state, started, START, Entropy(b"x"), budget=budget)
        react(plan, driver.state, ev.CancelRequested(), START, Entropy(b"x"))
        assert set(driver.state.records) == {"A", "S", "I", "J", "H"}
        assert all(records[()].ended for records in driver.state.records.values())
