"""Running again from a step, on facts alone: what is taken over, and that the run ends as it did before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runtime.engine import events as ev
from runtime.engine.commands import Execute
from runtime.engine.machine import commands_outstanding
from runtime.engine.plan import Plan
from runtime.engine.reruns import NotRepeatable, begun_again, facts_before, takes_inputs
from runtime.engine.state import RunState, fold
from tests.engine.driver import START, Driver, ok, plan_of, run
from tests.engine.test_histories import (
    CANCELLED,
    EVENTS,
    FILES,
    after,
    answer,
    compose,
    conclude,
    http,
    variable,
)

# Where a run was cut short, what had begun may now end before it begins.
CUT_SHORT = CANCELLED | {"terminated-inside"}
SECURED = {"runtimeConfiguration": {"secureData": {"properties": ["inputs"]}}}


def again(
    driver: Driver, name: str, *inputs: Any, repetition: ev.Repetition = (), plan: Plan | None = None
) -> Driver:
    """The finished run, repeated from an action; on another plan when given."""
    was = driver.plan if plan is not None else None
    followed = plan or driver.plan
    kept = facts_before(
        followed, driver.history, name, has_inputs=bool(inputs), repetition=repetition, was=was
    ).events
    assert isinstance(kept[0], ev.RunStarted)
    kept[0] = begun_again(kept[0], "run-2", name, START, *inputs, repetition=repetition)
    new = Driver(followed, driver.answers)
    new.history, new.state = kept, fold(kept, RunState.empty())
    new.obey(commands_outstanding(new.plan, new.state))
    new.now = max(event.at for event in kept if getattr(event, "at", None))  # type: ignore[union-attr, type-var]
    new.send(ev.Continue())
    return new


def statuses(state: RunState) -> dict[str, str]:
    return {
        ev.address(name, place): record.status
        for name, records in state.records.items()
        for place, record in records.items()
    }


@pytest.mark.parametrize("path", [p for p in FILES if p.stem not in CUT_SHORT], ids=lambda path: path.stem)
def test_from_any_action_it_ends_as_it_did(path: Path) -> None:
    kept = json.loads(path.read_text("utf-8"))
    plan = plan_of(kept["actions"])
    first = Driver(plan, answer)
    first.history = EVENTS.decode(msgspec.json.encode(kept["events"]))
    first.state = fold(first.history, RunState.empty())
    tried = 0
    for name, planned in plan.by_name.items():
        for place, known in first.state.records.get(name, {}).items():
            if known.status == "Skipped" or len(place) != planned.depth:
                continue
            second = again(first, name, repetition=place)
            conclude(second, path.stem)
            assert statuses(second.state) == statuses(first.state), (name, place)
            assert second.state.status == first.state.status, (name, place)
            tried += 1
    assert tried


def test_what_came_before_and_beside_is_not_done_twice() -> None:
    actions = {
        "V": variable("v", "integer", 1),
        "A": http("a", **after("V")),
        "Up": {"type": "IncrementVariable", "inputs": {"name": "v"}, **after("A")},
        "B": http("b", **after("Up")),
        "C": http("c", **after("B")),
        "Beside": http("d", **after("A")),
    }
    first = run(actions)
    second = again(first, "B")
    assert [c.name for c in second.commands if isinstance(c, Execute)] == ["B", "C"]
    assert (second.state.status, second.variable("v")) == ("Succeeded", 2)
    third = again(first, "Up")
    assert [c.name for c in third.commands if isinstance(c, Execute)] == ["B", "C"]
    assert third.variable("v") == 2
    assert third.state.run is not None
    assert (third.state.run.origin, third.state.run.run_id) == (first.state.run_id, "run-2")
    assert third.state.run.rerun == {"action": "Up"}


def test_containers_around_are_entered_once_and_what_follows_them_is_repeated() -> None:
    inner = {"A": http("a"), "B": http("b", **after("A"))}
    actions = {
        "S": {"type": "Scope", "actions": inner},
        "After": compose("@result('S')", **after("S")),
        "X": http("x"),
    }
    second = again(run(actions), "b".upper())
    assert [c.name for c in second.commands if isinstance(c, Execute)] == ["B"]
    begun = [e.name for e in second.history if isinstance(e, ev.ActionStarted)]
    assert begun.count("S") == 1
    assert statuses(second.state) == {
        "S": "Succeeded",
        "A": "Succeeded",
        "B": "Succeeded",
        "After": "Succeeded",
        "X": "Succeeded",
    }


def test_inputs_given_by_hand() -> None:
    second = again(
        run({"A": http("a"), "B": http("b", **after("A"))}), "A", {"method": "GET", "uri": "https://y.test"}
    )
    assert [c.inputs["uri"] for c in second.commands if isinstance(c, Execute)] == [
        "https://y.test",
        "https://x.test/b",
    ]
    assert second.state.run is not None
    assert second.state.run.rerun == {"action": "A", "inputs": {"method": "GET", "uri": "https://y.test"}}


def test_what_was_cancelled_is_done_again_with_it() -> None:
    scope = {"type": "Scope", "actions": {"Beside": http("Slow"), "Done": http("a")}}
    first = Driver(plan_of({"Start": http("s"), "Slow": http("Slow"), "S": scope}), answer).start()
    first.send(ev.CancelRequested("me"))
    second = again(first, "Start")
    assert sorted(c.name for c in second.commands if isinstance(c, Execute)) == ["Beside", "Slow", "Start"]
    assert second.status("Done") == "Succeeded"


def test_what_never_began_because_the_run_was_ended_begins_with_it() -> None:
    stop = {"type": "Terminate", "inputs": {"runStatus": "Failed"}}
    scope = {"type": "Scope", "actions": {"Done": compose(1), "Next": compose(2, **after("Done"))}}
    first = Driver(plan_of({"X": http("Slow"), "S": scope, "T": stop, "Y": compose(3)}), answer).start()
    assert [first.record(name).code for name in ("Done", "Next", "Y")] == ["Terminated"] * 3
    second = again(first, "X")
    assert statuses(second.state) == dict.fromkeys(("X", "S", "Done", "Next", "T", "Y"), "Succeeded")


def test_what_was_not_reached_when_the_run_was_cancelled_is_reached_with_it() -> None:
    """Cancelled between two slices, so that nothing before Next was cut short."""
    plan = plan_of({"X": http("Slow"), "Done": compose(1), "Next": compose(2, **after("Done"))})
    whole = Driver(plan, answer).start().history
    ends = [event.name if isinstance(event, ev.ActionEnded) else "" for event in whole]
    first = Driver(plan, answer)
    first.history = whole[: ends.index("Done") + 1]
    first.state = fold(first.history, RunState.empty())
    first.send(ev.CancelRequested("me"))
    assert first.status("Next") == "Skipped"
    assert again(first, "X").statuses() == dict.fromkeys(("X", "Done", "Next"), "Succeeded")


def test_what_has_no_end_in_a_run_that_was_broken_off_is_done_again() -> None:
    first = Driver(plan_of({"X": http("Slow"), "B": compose(1)}), lambda command: None).start()
    first.send(ev.CancelRequested("me"))
    first.history = [e for e in first.history if getattr(e, "status", "") != "Cancelled"]
    second = again(first, "B")
    assert [c.name for c in second.commands if isinstance(c, Execute)] == ["X"]
    assert second.status("X") == "Running"


def test_what_was_skipped_by_its_conditions_stays_so() -> None:
    first = run({
        "X": compose(1), "Bad": compose("@int('x')"), "Not": compose(1, **after("Bad")),
        "Then": http("t", **after("Not", status="Skipped")),
    })  # fmt: skip
    assert not [c for c in again(first, "X").commands if isinstance(c, Execute)]


def test_a_container_cut_short_with_nothing_left_in_it_comes_to_its_end() -> None:
    """The cancellation came after the last action in the scope had ended, and before the scope had."""
    plan = plan_of({"X": http("Slow"), "S": {"type": "Scope", "actions": {"In": compose(1)}}})
    whole = Driver(plan, answer).start().history
    ends = [event.name if isinstance(event, ev.ActionEnded) else "" for event in whole]
    first = Driver(plan, answer)
    first.history = whole[: ends.index("In") + 1]
    first.state = fold(first.history, RunState.empty())
    first.send(ev.CancelRequested("me"))
    assert first.statuses() == {"X": "Cancelled", "S": "Cancelled", "In": "Succeeded"}
    second = again(first, "X")
    assert second.statuses() == {"X": "Succeeded", "S": "Succeeded", "In": "Succeeded"}


def calls(driver: Driver) -> list[str]:
    return [ev.address(c.name, c.repetition) for c in driver.commands if isinstance(c, Execute)]


def turns(items: Any, actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "Foreach", "foreach": items, "actions": actions, **more}


STEPS = {"A": http("a"), "B": http("b", **after("A")), "C": http("c", **after("B"))}


def test_in_one_turn_the_others_keep_what_they_did() -> None:
    first = run({"Loop": turns([1, 2, 3], STEPS), "End": http("e", **after("Loop"))})
    second = again(first, "B", repetition=(1,))
    assert calls(second) == ["B@1", "C@1", "End"]
    assert statuses(second.state) == statuses(first.state)
    assert second.state.run is not None
    assert second.state.run.rerun == {"action": "B", "repetition": [1]}
    # From the first action of a turn nothing of that turn is left, though later turns are over.
    third = again(first, "A", repetition=(0,))
    assert calls(third) == ["A@0", "B@0", "C@0", "End"]
    assert statuses(third.state) == statuses(first.state)
    loop = third.state.record("Loop")
    assert loop is not None
    assert loop.loop is not None
    assert sorted(loop.loop.turns) == [0, 1, 2]


def test_in_a_turn_of_a_turn() -> None:
    inner = {"Inner": turns([1, 2], STEPS), "Between": http("m", **after("Inner"))}
    first = run({"Outer": turns([1, 2], inner), "End": http("e", **after("Outer"))})
    assert calls(again(first, "C", repetition=(1, 0))) == ["C@1-0", "Between@1", "End"]
    assert calls(again(first, "Between", repetition=(0,))) == ["Between@0", "End"]
    assert calls(again(first, "Inner", repetition=(1,)))[-3:] == ["C@1-1", "Between@1", "End"]


def test_rounds_after_the_chosen_one_never_happened() -> None:
    up = {"type": "IncrementVariable", "inputs": {"name": "n"}}
    until = {
        "type": "Until",
        "expression": "@equals(variables('n'), 3)",
        "limit": {"count": 9, "timeout": "PT1H"},
        "actions": {"A": http("a"), "Up": {**up, **after("A")}},
    }
    first = run({"N": variable("n", "integer", 0), "Loop": {**until, **after("N")}})
    assert calls(first) == ["A@0", "A@1", "A@2"]
    second = again(first, "Up", repetition=(1,))
    assert calls(second) == ["A@2"]
    assert (second.variable("n"), second.state.status) == (3, "Succeeded")
    assert calls(again(first, "A", repetition=(0,))) == ["A@0", "A@1", "A@2"]


def test_inputs_given_by_hand_are_for_one_turn() -> None:
    given = {"method": "GET", "uri": "https://y.test"}
    first = run({"Loop": turns([1, 2], {"A": http("a")})})
    second = again(first, "A", given, repetition=(1,))
    assert [c.inputs["uri"] for c in second.commands if isinstance(c, Execute)] == ["https://y.test"]
    third = again(first, "Loop")
    assert [c.inputs["uri"] for c in third.commands if isinstance(c, Execute)] == ["https://x.test/a"] * 2


def test_a_loop_that_was_cut_short_goes_on_after_the_turns_that_were_over() -> None:
    only_first = Driver(
        plan_of({"Loop": turns([1, 2, 3], STEPS, runtimeConfiguration={"concurrency": {"repetitions": 1}})}),
        lambda command: ok() if command.repetition == (0,) else None,
    ).start()
    only_first.send(ev.CancelRequested("me"))
    second = Driver(only_first.plan)
    kept = facts_before(only_first.plan, only_first.history, "A", has_inputs=False, repetition=(1,)).events
    second.history, second.state = kept, fold(kept, RunState.empty())
    second.obey(commands_outstanding(second.plan, second.state))
    second.now = max(event.at for event in kept if getattr(event, "at", None))  # type: ignore[union-attr, type-var]
    second.send(ev.Continue())
    assert calls(second) == ["A@1", "B@1", "C@1", "A@2", "B@2", "C@2"]
    assert second.state.status == "Succeeded"


def test_what_was_cut_short_in_another_turn_is_done_again() -> None:
    loop = turns([1, 2], {"A": http("a"), "B": compose(1, **after("A"))})
    first = Driver(
        plan_of({"Loop": loop}), lambda command: ok() if command.repetition == (0,) else None
    ).start()
    first.send(ev.CancelRequested("me"))
    assert first.status("A", 1) == "Cancelled"
    second = Driver(first.plan)
    kept = facts_before(first.plan, first.history, "B", has_inputs=False, repetition=(0,)).events
    second.history, second.state = kept, fold(kept, RunState.empty())
    second.now = first.now
    second.send(ev.Continue())
    assert calls(second) == ["A@1"]
    assert second.state.status == "Succeeded"


# -- another version


def fits(first: Driver, actions: dict[str, Any], name: str, **more: Any) -> Any:
    return facts_before(plan_of(actions), first.history, name, has_inputs=False, was=first.plan, **more)


def test_on_a_version_that_reads_otherwise_old_results_are_taken_over() -> None:
    chain = {"A": http("a"), "B": http("b", **after("A")), "C": http("c", **after("B"))}
    first = run(chain)
    newer = {**chain, "A": http("other"), "B": http("better", **after("A"))}
    second = again(first, "B", plan=plan_of(newer))
    assert [c.inputs["uri"] for c in second.commands if isinstance(c, Execute)] == [
        "https://x.test/better",
        "https://x.test/c",
    ]
    kept = fits(first, newer, "B")
    assert (kept.again, kept.taken) == (("B", "C"), 1)
    assert any("Changed: “A”. The results of that run" in note for note in kept.notes)


def test_what_is_new_before_the_step_is_executed_and_what_follows_it_again() -> None:
    chain = {"A": http("a"), "B": http("b", **after("A")), "C": http("c", **after("B"))}
    newer = {**chain, "N": http("n", **after("A")), "B": http("b", **after("N"))}
    first = run(chain)
    second = again(first, "C", plan=plan_of(newer))
    assert calls(second) == ["N", "B", "C"]
    kept = fits(first, newer, "C")
    assert (kept.again, kept.taken) == (("B", "C"), 1)
    assert any("New in the chosen version: “N”" in note for note in kept.notes)


def test_what_is_gone_or_elsewhere_is_left_behind() -> None:
    first = run(
        {
            "Gone": http("g"),
            "Moved": http("m", **after("Gone")),
            "Other": compose(1, **after("Moved")),
            "B": http("b", **after("Other")),
        }
    )
    newer = {
        "S": {"type": "Scope", "actions": {"Moved": http("m")}},
        "Other": http("o", **after("S")),
        "B": http("b", **after("Other")),
    }
    second = again(first, "B", plan=plan_of(newer))
    assert calls(second) == ["Moved", "Other", "B"]
    assert second.state.record("Gone") is None
    notes = " ".join(fits(first, newer, "B").notes)
    assert "Not in the chosen version: “Gone”" in notes
    assert "In another place or of another type: “Moved” and “Other”" in notes


def test_what_is_new_inside_turns_is_executed_in_each() -> None:
    first = run({"Loop": turns([1, 2], {"A": http("a")}), "B": http("b", **after("Loop"))})
    newer = {
        "Loop": turns([1, 2], {"A": http("a"), "N": http("n", **after("A"))}),
        "B": http("b", **after("Loop")),
    }
    second = again(first, "B", plan=plan_of(newer))
    assert sorted(calls(second)) == ["B", "N@0", "N@1"]


def test_what_was_hidden_does_not_come_to_light_in_another_version() -> None:
    first = run({"A": http("a", **SECURED), "B": http("b", **after("A"))})
    with pytest.raises(NotRepeatable, match="“A” were secured"):
        fits(first, {"A": http("a"), "B": http("b", **after("A"))}, "B")


@pytest.mark.parametrize("name, has_inputs, sentence", [
    ("Nobody", False, "no action “Nobody”"),
    ("Inside", False, "inside the loop “Loop”. Choose the turn"),
    ("Left", False, "did not run"),
    ("Word", True, "computed by the workflow"),
    ("Secret", True, "are secured"),
])  # fmt: skip
def test_what_cannot_be_repeated_is_said(name: str, has_inputs: bool, sentence: str) -> None:
    driver = run({
        "Loop": {"type": "Foreach", "foreach": [1], "actions": {"Inside": compose(1)}},
        "Word": compose(1), "Left": compose(1, **after("Word", status="Failed")), "Secret": http("x", **SECURED),
    })  # fmt: skip
    with pytest.raises(NotRepeatable, match=sentence):
        facts_before(driver.plan, driver.history, name, has_inputs=has_inputs)


@pytest.mark.parametrize("repetition, sentence", [
    ((0, 0), "inside 1 loop, but 2 turns were named"),
    ((7,), "did not run in that turn"),
])  # fmt: skip
def test_turns_that_are_none_are_said(repetition: ev.Repetition, sentence: str) -> None:
    driver = run({"Loop": turns([1], {"Inside": http("i")})})
    with pytest.raises(NotRepeatable, match=sentence):
        facts_before(driver.plan, driver.history, "Inside", has_inputs=False, repetition=repetition)


def test_who_takes_inputs() -> None:
    static = {"runtimeConfiguration": {"staticResult": {"staticResultOptions": "Enabled", "name": "s"}}}
    plan = plan_of(
        {
            "H": http("x"),
            "W": {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "c"}}}},
            "C": compose(1),
            "S": http("y", **static),
        },
        staticResults={"s": {"status": "Succeeded"}},
    )
    assert [name for name, action in plan.by_name.items() if takes_inputs(action)] == ["H", "W"]


def test_timers_of_what_happens_again_are_forgotten_and_no_others() -> None:
    actions: dict[str, Any] = {
        "W": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}},
        "X": {
            "type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}, "runAfter": {"W": ["Succeeded"]},
        },
        "N": {"type": "Compose", "inputs": 1, "runAfter": {"X": ["Failed"]}},
        "Z": {"type": "Compose", "inputs": 1, "runAfter": {"X": ["Succeeded"]}},
    }  # fmt: skip
    driver = run(actions)
    driver.pass_time()
    kept = facts_before(driver.plan, driver.history, "X", has_inputs=False)
    assert [event.key for event in kept.events if isinstance(event, ev.TimerFired)] == ["timer:W"]
    assert kept.again == ("X", "Z")
