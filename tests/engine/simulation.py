"""A hostile shell: answers in any order, everything delivered twice, crashes anywhere, slices of any size."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from runtime.engine import events as ev
from runtime.engine.commands import AwaitCallback, CancelTimer, Command, Execute, Respond, StartTimer
from runtime.engine.entropy import Entropy
from runtime.engine.events import Outcome
from runtime.engine.machine import commands_outstanding, react
from runtime.engine.plan import Plan
from runtime.engine.state import RunState, fold
from runtime.language.values import Json
from tests.engine.driver import RUN_ID, START

Answer = Callable[[str, tuple[int, ...], int], Outcome]


class Simulation:
    """One run under `seed`. With `calm` nothing goes wrong and answers come as they were asked for."""

    def __init__(
        self, plan: Plan, answer: Answer, seed: int, *, calm: bool = False, body: Json = None
    ) -> None:
        self.plan = plan
        self.answer = answer
        self.random = random.Random(seed)
        self.calm = calm
        self.now = START
        self.state = RunState.empty()
        self.history: list[ev.Event] = []
        self.executes: dict[tuple[str, tuple[int, ...]], Execute] = {}
        self.timers: dict[str, Any] = {}
        self.tokens: dict[tuple[str, tuple[int, ...]], str] = {}
        self.responses: list[Respond] = []
        self.steps = 0
        self.more = False
        self.body: Json = {} if body is None else body

    def perform(self) -> Simulation:
        record = {"name": "manual", "outputs": {"body": self.body}, "status": "Succeeded"}
        self.deliver(ev.RunStarted(RUN_ID, {"id": "w", "name": "w"}, "manual", record, RUN_ID, True))
        while self.state.ended is None:
            assert self.steps < 5000, "the run does not end"
            event = self.next_event() if not self.more or self.random.random() < 0.5 else None
            assert event is not None or self.more, f"nothing can happen any more: {self.state}"
            self.deliver(event if event is not None else ev.Continue())
        return self

    def deliver(self, event: ev.Arriving) -> None:
        times = 1 if self.calm or self.random.random() < 0.7 else 2
        for _ in range(times):
            self.react(event)
            if not self.calm and self.random.random() < 0.3:
                self.crash()

    def react(self, event: ev.Arriving) -> None:
        while True:
            self.steps += 1
            self.now += timedelta(seconds=1)
            budget = 10_000 if self.calm else self.random.choice((1, 2, 3, 7, 50))
            entropy = Entropy(self.random.randbytes(8))
            reaction = react(self.plan, self.state, event, self.now, entropy, budget=budget)
            self.history += reaction.events
            self.obey(reaction.commands)
            self.more = reaction.more
            if not reaction.more:
                return
            if not self.calm and self.random.random() < 0.3:
                return  # something else arrives before the rest is done
            if not self.calm and self.random.random() < 0.15:
                self.crash()
            event = ev.Continue()

    def crash(self) -> None:
        """Forget everything that is not stored; do again what was announced."""
        self.state = fold(self.history, RunState.empty())
        self.executes.clear()
        self.timers.clear()
        self.tokens.clear()
        self.obey([c for c in commands_outstanding(self.plan, self.state) if not isinstance(c, Respond)])
        if self.state.ended is None:
            self.react(ev.Continue())

    def obey(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Execute() if command.purpose != "unsubscribe":
                    self.executes[command.name, command.repetition] = command
                case StartTimer():
                    self.timers[command.key] = command.due
                case CancelTimer():
                    self.timers.pop(command.key, None)
                case AwaitCallback():
                    self.tokens[command.name, command.repetition] = command.token
                case Respond():
                    self.responses.append(command)

    def next_event(self) -> ev.Arriving | None:
        if self.executes and (self.calm or not self.timers or self.random.random() < 0.8):
            places = list(self.executes)
            place = places[0] if self.calm else self.random.choice(places)
            command = self.executes.pop(place)
            outcome = self.answer(command.name, command.repetition, command.attempt)
            return ev.OperationEnded(command.name, command.repetition, command.attempt, outcome)
        if self.timers:
            key = min(self.timers, key=lambda k: (self.timers[k], k))
            self.now = max(self.now, self.timers.pop(key))
            return ev.TimerFired(key)
        if self.tokens:
            (name, repetition), token = self.tokens.popitem()
            return ev.CallbackReceived(name, repetition, token, {"body": "called"})
        return None

    def statuses(self) -> dict[tuple[str, tuple[int, ...]], str]:
        return {
            (name, repetition): record.status
            for name, records in self.state.records.items()
            for repetition, record in records.items()
        }
