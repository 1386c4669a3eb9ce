"""What a trial run executes: the draft cut at one action, with answers in place of earlier calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from designer.workflows import trial
from designer.workflows.errors import NotRunnable
from runtime.language.values import Json

HTTP = {"type": "Http", "inputs": {"method": "POST", "uri": "https://shop.example"}}
PINNED = {"runtimeConfiguration": {"staticResult": {"name": "mine", "staticResultOptions": "Enabled"}}}


def after(*names: str) -> dict[str, Any]:
    return {"runAfter": {name: ["Succeeded"] for name in names}}


ACTIONS = {
    "Ask": {**HTTP, **after()},
    "Beside": {**HTTP, **after()},
    "Check": {
        "type": "If",
        **after("ask"),
        "actions": {"Note": {"type": "Compose", "inputs": 1, **after()}, "Tell": {**HTTP, **after("Note")}},
        "else": {"actions": {"Other": {**HTTP, **after()}}},
    },
    "Last": {**HTTP, **after("Check")},
}


def text_of(actions: Any) -> str:
    return json.dumps({"definition": {"triggers": {}, "actions": actions, "staticResults": {"mine": {}}}})


def cut(name: str, answer: trial.Answer | None = None, actions: Any = ACTIONS) -> Any:
    return json.loads(trial.up_to(text_of(actions), name, answer))["definition"]


def test_what_does_not_come_before_is_left_out():
    assert list(cut("Ask")["actions"]) == ["Ask"]
    assert list(cut("last")["actions"]) == ["Ask", "Check", "Last"]


def test_inside_a_container_the_way_in_is_kept():
    made = cut("Tell")["actions"]
    assert list(made) == ["Ask", "Check"]
    assert list(made["Check"]["actions"]) == ["Note", "Tell"]
    assert made["Check"]["else"] == {"actions": {}}
    assert list(cut("Other")["actions"]["Check"]["else"]["actions"]) == ["Other"]


def test_only_the_tried_action_calls_anything():
    asked: list[str] = []

    def answer(name: str) -> dict[str, Json]:
        asked.append(name)
        return {"status": "Succeeded", "outputs": {"from": name}}

    made = cut("Tell", answer)
    assert asked == ["Ask"]
    chosen = made["actions"]["Ask"]["runtimeConfiguration"]["staticResult"]
    assert made["staticResults"][chosen["name"]]["outputs"] == {"from": "Ask"}
    assert chosen["staticResultOptions"] == "Enabled"
    assert "runtimeConfiguration" not in made["actions"]["Check"]["actions"]["Tell"]
    assert "runtimeConfiguration" not in made["actions"]["Check"]["actions"]["Note"]


def test_pins_win():
    def nobody(name: str) -> dict[str, Json]:
        raise AssertionError(name)

    made = cut(
        "Check", nobody, {**ACTIONS, "Ask": {**ACTIONS["Ask"], **PINNED}, "Check": {**HTTP, **after("Ask")}}
    )
    assert made["actions"]["Ask"]["runtimeConfiguration"] == PINNED["runtimeConfiguration"]


def test_an_action_that_is_gone():
    with pytest.raises(NotRunnable, match="no action 'Nobody'"):
        cut("Nobody")


def test_loops_are_counted():
    inner = {"type": "Foreach", "foreach": "@item()", "actions": {"Deep": HTTP}}
    text = text_of({"Each": {"type": "Foreach", "foreach": [], "actions": {"Inner": inner}}, **ACTIONS})
    assert trial.loops_around(text, "deep") == 2
    assert trial.loops_around(text, "Inner") == 1
    assert trial.loops_around(text, "Tell") == 0
