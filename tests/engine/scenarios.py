"""Scenarios: a definition, what happens to it, and its whole history to the letter.

One file of `scenarios/` each: `definition` (its actions; `parameters` and the like beside them), what the outside
answers (`answers`: the first entry that fits the action and the try), what happens `then`, and what must come of it:
`history` and `commands`, one line each. `python -m tests.engine.scenarios` writes what comes of those that have
none yet; with `--again` of all. What it writes must be read before it is committed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from runtime.engine import events as ev
from runtime.engine.commands import Execute
from runtime.engine.events import Outcome, address
from runtime.engine.machine import commands_outstanding
from runtime.engine.plan import compile_plan
from runtime.engine.state import RunState, fold, parse_address
from runtime.language.definition import read
from tests.engine.driver import Driver, ok

FOLDER = Path(__file__).with_name("scenarios")


def perform(scenario: dict[str, Any]) -> Driver:
    given = scenario["definition"]
    plan = compile_plan(
        read({"triggers": {}, **given}), scenario.get("values", {}), scenario.get("settings", {}),
        scenario.get("kind", "Stateful"),
    )  # fmt: skip
    answers = scenario.get("answers", [])

    def answer(command: Execute) -> Outcome | None:
        for entry in answers:
            if entry["action"] not in (command.name, address(command.name, command.repetition)):
                continue
            if entry.get("try", command.attempt) == command.attempt:
                return outcome_of(entry)
        return ok({"n": 1})

    driver = Driver(plan, answer).start(scenario.get("body"), waiting=scenario.get("waiting", True))
    for step in scenario.get("then", []):
        happen(driver, step)
    assert fold(driver.history, RunState.empty()) == driver.state
    return driver


def outcome_of(entry: dict[str, Any]) -> Outcome | None:
    if entry.get("never"):
        return None
    if "outcome" in entry:
        return msgspec.convert(entry["outcome"], Outcome)
    given = ok(entry.get("body"), entry.get("status", 200))
    given.outputs["headers"].update(entry.get("headers", {}))
    return given


def happen(driver: Driver, step: dict[str, Any]) -> None:
    """One thing that happens after the start."""
    name, repetition = parse_address(step.get("at", ""))
    match step["what"]:
        case "time":
            driver.pass_time()
        case "tick":
            driver.tick(step["seconds"])
        case "timer":
            driver.send(ev.TimerFired(step["key"]))
        case "callback":
            driver.send(
                ev.CallbackReceived(name, repetition, driver.tokens[name], {"body": step.get("body")})
            )
        case "child":
            driver.send(
                ev.ChildEnded(
                    name, repetition, "child-1", step.get("status", "Succeeded"), step.get("outputs"), step.get("error")
                )
            )  # fmt: skip
        case "cancel":
            driver.send(ev.CancelRequested("me"))
        case "expired":
            driver.send(ev.ResponseExpired())
        case "crash":
            state = fold(driver.history, RunState.empty())
            driver.commands += commands_outstanding(driver.plan, state)
            driver.state = state
        case other:
            raise ValueError(other)


def told(driver: Driver) -> dict[str, Any]:
    """History and commands as JSON."""
    return {
        "history": [_plain(event) for event in driver.history],
        "commands": [_plain(command) for command in driver.commands],
    }


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(msgspec.to_builtins(value)))


def load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8"))  # type: ignore[no-any-return]


def written(scenario: dict[str, Any]) -> str:
    """The file: what is given as it is read best, what is expected one line each."""
    given = {name: value for name, value in scenario.items() if name not in ("history", "commands")}
    text = json.dumps(given, indent=1, ensure_ascii=False).removesuffix("\n}")
    for name in ("history", "commands"):
        lines = ",\n".join("  " + json.dumps(line, ensure_ascii=False) for line in scenario[name])
        text += f',\n "{name}": [\n{lines}\n ]'
    return text + "\n}\n"


def main(again: bool) -> None:
    for path in sorted(FOLDER.glob("*.json")):
        scenario = load(path)
        if again or "history" not in scenario:
            path.write_text(written(scenario | told(perform(scenario))), "utf-8")
            print(path.name)


if __name__ == "__main__":
    main("--again" in sys.argv)
