"""Every history obeys the laws, whatever the graph, the outcomes, the order, the crashes."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.engine import events as ev
from runtime.engine.events import Outcome
from runtime.engine.plan import compile_plan
from runtime.engine.state import RunState, fold
from runtime.language.definition import read
from tests.engine.driver import ok, run
from tests.engine.laws import Law, check
from tests.engine.simulation import Simulation
from tests.engine.strategies import definitions, limited

EXAMPLES = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def outcome_of(name: str, repetition: tuple[int, ...], attempt: int) -> Outcome:
    """An outcome that depends on nothing but what was asked for."""
    draw = hashlib.sha256(f"{name}{repetition}".encode()).digest()[0] % 6
    if draw == 0:
        return ok(status=503)
    if draw == 1:
        return ok(status=503 if attempt == 1 else 200)
    if draw == 2:
        return ok(status=404)
    if draw == 3:
        return Outcome("TimedOut", "ActionTimedOut", error={"code": "ActionTimedOut", "message": "late"})
    return ok({"n": 1})


@EXAMPLES
@given(definition=definitions(), seed=st.integers(0, 2**32))
def test_laws_hold_in_any_weather(definition: dict[str, Any], seed: int) -> None:
    plan = compile_plan(read(definition))
    calm = Simulation(plan, outcome_of, 0, calm=True).perform()
    check(definition, calm.history)
    wild = Simulation(plan, outcome_of, seed).perform()
    check(definition, wild.history)
    assert wild.statuses() == calm.statuses()
    assert wild.state.status == calm.state.status
    assert fold(wild.history, RunState.empty()) == wild.state


@EXAMPLES
@given(definition=definitions(), seed=st.integers(0, 2**32), where=st.floats(0, 1))
def test_cancel_ends_everything(definition: dict[str, Any], seed: int, where: float) -> None:
    plan = compile_plan(read(definition))
    simulation = Simulation(plan, outcome_of, seed)
    limit = len(Simulation(plan, outcome_of, seed).perform().history) * where
    original = simulation.next_event

    def next_event() -> ev.Arriving | None:
        return ev.CancelRequested("me") if len(simulation.history) >= limit else original()

    simulation.next_event = next_event  # type: ignore[method-assign]
    simulation.perform()
    check(definition, simulation.history)
    assert simulation.state.status in ("Cancelled", "Succeeded", "Failed")
    assert fold(simulation.history, RunState.empty()) == simulation.state


@EXAMPLES
@given(definition=definitions(), seed=st.integers(0, 2**32))
def test_tallies_agree_with_the_records(definition: dict[str, Any], seed: int) -> None:
    state = Simulation(compile_plan(read(definition)), outcome_of, seed).perform().state
    for name, tally in state.tallies.items():
        records = [record for repetition, record in state.records[name].items() if repetition]
        assert tally.begun == len(records)
        assert tally.running == 0
        assert tally.counts == Counter(record.status for record in records)
        assert tally.started == min(record.started for record in records)
        assert tally.ended == max(record.ended for record in records if record.ended)
    for records in state.records.values():
        for record in records.values():
            if record.loop is not None:
                assert record.loop.counts == Counter(turn.status for turn in record.loop.turns.values())


@EXAMPLES
@given(definition=limited(), seed=st.integers(0, 2**32))
def test_laws_hold_with_time_limits(definition: dict[str, Any], seed: int) -> None:
    wild = Simulation(compile_plan(read(definition)), outcome_of, seed).perform()
    check(definition, wild.history)
    assert fold(wild.history, RunState.empty()) == wild.state


def test_the_checker_notices() -> None:
    """A checker that cannot fail proves nothing: histories bent by hand break a law each."""
    actions = {
        "A": {"type": "Compose", "inputs": 1},
        "B": {"type": "Compose", "inputs": 1, "runAfter": {"A": ["Succeeded"]}},
        "L": {"type": "Foreach", "foreach": [1, 2], "actions": {"I": {"type": "Compose", "inputs": 1}}},
    }
    good = run(actions).history
    definition = {"actions": actions}
    check(definition, good)
    ends = [i for i, e in enumerate(good) if isinstance(e, ev.ActionEnded)]
    a, b = ends[0], next(i for i in ends if good[i].name == "B")
    bent = [
        [*good[:-1], good[-1], good[-1]],
        [e for i, e in enumerate(good) if i != b],
        [*good[:a], good[b], good[a], *[e for i, e in enumerate(good) if i > a and i != b]],
        [*good[:-1], good[a], good[-1]],
        [*good[:-1], ev.RunEnded(good[-1].at, "Failed")],
        good[1:],
        [e for e in good if not (isinstance(e, ev.RepetitionEnded) and e.repetition == (1,))],
    ]
    for history in bent:
        with pytest.raises((Law, AssertionError, KeyError)):
            check(definition, history)
