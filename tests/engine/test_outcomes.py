"""What becomes of a run and of each of its actions: the cases of reference 10, one line of `outcomes.json` each.

A case says its actions in short. `do` is ok, fail, call, respond, `compose X`, `wait PT5M` or
`terminate Failed`; or the action is a container: `scope`, `if` with `then` and `else`, `switch` with `cases`
and `default`, `each` or `until` with `do`. `after` names predecessors with the statuses taken of them
(Succeeded where none is named). `ends` has what became of executions (`A@1.0`: the first turn of the inner loop
in the second of the outer), with the code or the code of the error where it matters.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runtime.engine.actions.outside import HttpWebhook
from runtime.engine.events import ActionEnded, ActionStarted, OperationEnded, Outcome, RunStarted
from runtime.engine.state import RunState, fold
from tests.engine.driver import RUN_ID, START, plan_of
from tests.engine.laws import check
from tests.engine.scenarios import perform

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("outcomes.json").read_text("utf-8"))


def written_out(actions: dict[str, Any]) -> dict[str, Any]:
    return {name: action_of(short) for name, short in actions.items()}


def action_of(short: dict[str, Any]) -> dict[str, Any]:
    made = container_of(short) or simple_of(short["do"], short)
    after = (part.partition(":") for part in short.get("after", "").split())
    made["runAfter"] = {name: (statuses or "Succeeded").split(",") for name, _, statuses in after}
    if "limit" in short:
        made["limit"] = {"timeout": short["limit"]}
    return made


def container_of(short: dict[str, Any]) -> dict[str, Any] | None:
    if "scope" in short:
        return {"type": "Scope", "actions": written_out(short["scope"])}
    if "if" in short:
        value = short["if"]
        expression = value if isinstance(value, str) else {"equals": [value, True]}
        other = {"else": {"actions": written_out(short["else"])}} if "else" in short else {}
        return {"type": "If", "expression": expression, "actions": written_out(short["then"]), **other}
    if "switch" in short:
        cases = {
            f"Case_{name}": {"case": int(name) if name.isdigit() else name, "actions": written_out(inner)}
            for name, inner in short["cases"].items()
        }
        other = {"default": {"actions": written_out(short["default"])}} if "default" in short else {}
        return {"type": "Switch", "expression": short["switch"], "cases": cases, **other}
    if "each" in short:
        at_once = {"concurrency": {"repetitions": short["parallel"]}} if "parallel" in short else {}
        return {
            "type": "Foreach", "foreach": short["each"], "actions": written_out(short["do"]),
            "runtimeConfiguration": at_once,
        }  # fmt: skip
    if "until" in short:
        value = short["until"]
        limit = {name: short[name] for name in ("count", "timeout") if name in short}
        return {
            "type": "Until", "expression": value if isinstance(value, str) else {"equals": [value, True]},
            "limit": limit, "operationOptions": short.get("options", ""), "actions": written_out(short["do"]),
        }  # fmt: skip
    return None


def simple_of(do: str, short: dict[str, Any]) -> dict[str, Any]:
    what, _, value = do.partition(" ")
    match what:
        case "ok":
            return {"type": "Compose", "inputs": 1}
        case "fail":
            return {"type": "Compose", "inputs": "@int('x')"}
        case "compose":
            return {"type": "Compose", "inputs": value}
        case "wait":
            minutes = int(value[2:-1]) * (60 if value.endswith("H") else 1)
            return {"type": "Wait", "inputs": {"interval": {"count": minutes, "unit": "Minute"}}}
        case "call":
            policy = short.get("retry", {"type": "none"})
            return {
                "type": "Http",
                "inputs": {"method": "GET", "uri": "https://x.test/", "retryPolicy": policy},
            }
        case "respond":
            return {"type": "Response", "inputs": {"statusCode": 200}}
        case "terminate":
            return {"type": "Terminate", "inputs": {"runStatus": value}}
    raise ValueError(do)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"].replace(" ", "-"))
def test_it_ends_as_the_reference_says(case: dict[str, Any]) -> None:
    definition = {"actions": written_out(case["actions"])}
    driver = perform(
        {
            "definition": definition,
            "answers": case.get("answers", []),
            "then": [{"what": what} for what in case.get("then", [])],
            "waiting": case.get("waiting", True),
        }
    )
    check(definition, driver.history)
    ended = {
        event.name + ("@" + ".".join(map(str, event.repetition)) if event.repetition else ""): event
        for event in driver.history
        if isinstance(event, ActionEnded)
    }
    assert driver.state.status == case["run"]
    for place, wanted in case["ends"].items():
        status, _, code = wanted.partition(" ")
        event = ended[place]
        assert event.status == status, place
        assert not code or code in (event.code, (event.error or {}).get("code")), place
    assert not set(case.get("without", ())) & set(ended)
    if "order" in case:
        assert [place for place in ended if place in case["order"]] == case["order"]


def test_nothing_is_asserted_of_actions_that_are_not_there() -> None:
    """A case that forgets an action proves less than it seems to."""
    for case in CASES:
        text = json.dumps(case["actions"])
        for place in (*case["ends"], *case.get("without", ())):
            assert f'"{place.partition("@")[0]}": {{' in text, (case["about"], place)


def test_a_loop_under_way_has_no_code_yet() -> None:
    actions = written_out({"L": {"each": [1], "do": {"A": {"do": "call"}}}})
    driver = perform({"definition": {"actions": actions}, "answers": [{"action": "A", "never": True}]})
    record = driver.state.records["L"][()]
    assert (record.status, record.code) == ("Running", "NotSpecified")


def test_what_cannot_be_worded_or_kept_says_in_which_action() -> None:
    actions: dict[str, Any] = {
        "R": {"type": "Response", "inputs": {"statusCode": 200, "body": "@int('x')"}},
        "Init": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v", "type": "array"}]}},
        "Grow": {
            "type": "Until", "expression": "@false", "limit": {"count": 40}, "runAfter": {"Init": ["Succeeded"]},
            "actions": {
                "Twice": {"type": "Compose", "inputs": ["@variables('v')", "@variables('v')"]},
                "Keep": {
                    "type": "SetVariable", "inputs": {"name": "v", "value": "@outputs('Twice')"},
                    "runAfter": {"Twice": ["Succeeded"]},
                },
            },
        },
    }  # fmt: skip
    driver = perform({"definition": {"actions": actions}})
    said = [
        event.error["message"] for event in driver.history if isinstance(event, ActionEnded) and event.error
    ]
    assert any(
        text.startswith("Unable to process template language expressions in action 'R' inputs at line")
        for text in said
    )
    too_large = next(text for text in said if "are the most" in text)
    assert too_large.startswith("The value that action 'Twice' works on or makes is too large: at least ")
    assert too_large.endswith(" characters, and 104,857,600 are the most.")


def test_an_answer_to_a_try_nobody_noted_is_a_try() -> None:
    begun = START
    history = [
        RunStarted(RUN_ID, {"id": "w"}, "manual", {"name": "manual"}),
        ActionStarted(begun, "A", (), {}, "operation", attempt=1),
        OperationEnded("A", (), 2, Outcome("Succeeded", "OK"), at=begun),
    ]
    effort = fold(history, RunState.empty()).records["A"][()].effort
    assert effort is not None
    assert [one.attempt for one in effort.tries] == [1, 2]


def test_a_subscription_given_by_hand_may_be_anything() -> None:
    hook = {"type": "HttpWebhook", "inputs": {"subscribe": {"method": "POST", "uri": "https://x.test"}}}
    behaviour = plan_of({"H": hook}).by_name["H"].behaviour
    assert isinstance(behaviour, HttpWebhook)

    class Given:
        def content(self, value: Any) -> Any:
            return value

    assert behaviour.request(Given(), "by hand", "subscribe").inputs == "by hand"  # type: ignore[arg-type]
