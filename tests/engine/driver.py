"""Runs a definition in memory, synchronously, on a clock of its own: the shell at its simplest."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from runtime.engine import events as ev
from runtime.engine.commands import (
    Abort,
    AwaitCallback,
    CancelTimer,
    Command,
    Execute,
    Respond,
    StartChild,
    StartTimer,
)
from runtime.engine.entropy import Entropy
from runtime.engine.events import Outcome
from runtime.engine.machine import Reaction, react
from runtime.engine.plan import Plan, compile_plan
from runtime.engine.state import Record, RunState
from runtime.language.definition import read
from runtime.language.values import Json

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
RUN_ID = "0198a000-0000-7000-8000-000000000001"


def ok(body: Json = None, status: int = 200) -> Outcome:
    """An HTTP answer."""
    good = 200 <= status < 300
    return Outcome(
        "Succeeded" if good else "Failed",
        "OK" if good else str(status),
        {"statusCode": status, "headers": {}, "body": body},
    )


@dataclass
class Driver:
    """Keeps history and state of one run; `answers` maps an Execute to its outcome (None: never answered)."""

    plan: Plan
    answers: Callable[[Execute], Outcome | None] = lambda command: ok()
    now: datetime = START
    budget: int = 500
    state: RunState = field(default_factory=RunState.empty)
    history: list[ev.Event] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    timers: dict[str, datetime] = field(default_factory=dict)
    open: list[Execute] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    children: list[StartChild] = field(default_factory=list)
    response: Respond | None = None
    auto: bool = True
    seed: int = 0

    def start(self, body: Json = None, *, waiting: bool = True, **more: Any) -> Driver:
        outputs: dict[str, Json] = {"headers": {}, "body": body}
        record = {"name": "manual", "outputs": outputs, "status": "Succeeded"}
        event = ev.RunStarted(
            RUN_ID,
            {"id": "wf", "name": "wf"},
            "manual",
            record,
            RUN_ID,
            waiting,
            callback_base="https://millrace.test",
        )
        self.send(event)
        return self

    def send(self, event: ev.Arriving) -> Reaction:
        """Deliver one event, go on until nothing is left, and do what was asked for."""
        first: Reaction | None = None
        while True:
            self.seed += 1
            entropy = Entropy(self.seed.to_bytes(8, "big"))
            reaction = react(self.plan, self.state, event, self.now, entropy, budget=self.budget)
            first = first or reaction
            assert not reaction.needed
            self.history += reaction.events
            self.obey(reaction.commands)
            if not reaction.more:
                break
            event = ev.Continue()
        if self.auto:
            self.settle()
        return first

    def obey(self, commands: list[Command]) -> None:
        self.commands += commands
        for command in commands:
            match command:
                case Execute():
                    self.open.append(command)
                case StartTimer():
                    self.timers[command.key] = command.due
                case CancelTimer():
                    self.timers.pop(command.key, None)
                case AwaitCallback():
                    self.tokens[command.name] = command.token
                case Respond():
                    self.response = command
                case StartChild():
                    self.children.append(command)
                case Abort():
                    self.open = [
                        e for e in self.open if (e.name, e.repetition) != (command.name, command.repetition)
                    ]

    def settle(self) -> None:
        """Answer what was asked, oldest first."""
        while self.open:
            command = self.open.pop(0)
            outcome = self.answers(command)
            if outcome is not None:
                self.auto, before = False, self.auto
                self.send(ev.OperationEnded(command.name, command.repetition, command.attempt, outcome))
                self.auto = before

    def pass_time(self) -> Driver:
        """Let timers fire, earliest first, until the run ends or none is left."""
        while self.timers and self.state.ended is None:
            key = min(self.timers, key=lambda k: (self.timers[k], k))
            self.now = max(self.now, self.timers.pop(key))
            self.send(ev.TimerFired(key))
        return self

    def tick(self, seconds: float) -> Driver:
        """Let some time pass; timers due by then fire."""
        until = self.now + timedelta(seconds=seconds)
        due = [(moment, key) for key, moment in self.timers.items() if moment <= until]
        heapq.heapify(due)
        while due:
            moment, key = heapq.heappop(due)
            if self.timers.pop(key, None) is not None:
                self.now = max(self.now, moment)
                self.send(ev.TimerFired(key))
        self.now = until
        return self

    def record(self, name: str, *repetition: int) -> Record:
        found = self.state.record(name, repetition)
        assert found is not None, f"{name}@{repetition} has no record"
        return found

    def status(self, name: str, *repetition: int) -> str:
        return self.record(name, *repetition).status

    def statuses(self) -> dict[str, str]:
        """Statuses of all executions outside loops."""
        return {name: records[()].status for name, records in self.state.records.items() if () in records}

    def outputs(self, name: str, *repetition: int) -> Json:
        return self.record(name, *repetition).outputs

    def variable(self, name: str) -> Json:
        found = self.state.variable(name)
        assert found is not None
        return found.read(lambda ref: ref)


def plan_of(actions: dict[str, Any], **definition: Any) -> Plan:
    parameters = definition.pop("values", {})
    kind = definition.pop("kind", "Stateful")
    return compile_plan(read({"actions": actions, "triggers": {}, **definition}), parameters, kind=kind)


def run(actions: dict[str, Any], body: Json = None, **more: Any) -> Driver:
    """Run actions to where they end or wait."""
    answers = more.pop("answers", lambda command: ok())
    waiting = more.pop("waiting", True)
    budget = more.pop("budget", 500)
    return Driver(plan_of(actions, **more), answers, budget=budget).start(body, waiting=waiting)
