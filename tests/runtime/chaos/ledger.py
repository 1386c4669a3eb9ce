"""What was accepted and what became of it, counted by the called server and read from the runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import Error as DatabaseError

from runtime import services
from runtime.engine.commands import Execute
from runtime.engine.machine import commands_outstanding
from runtime.engine.state import RunState, fold
from runtime.host.history import plan_for, rows_after
from runtime.models import Inbox, Run, Worker
from tests.runtime.servers import CountingServer
from tests.runtime.worlds import read

STEPS = ("first", "once", "second")
ACTIONS = ("First", "Once", "Second")


async def steadily(question: Callable[[], Any]) -> Any:
    """An answer of a database that may have been killed a moment ago."""
    for _ in range(60):
        try:
            return await read(question)
        except DatabaseError:
            await asyncio.sleep(0.5)
    return await read(question)


def in_flight(workflow: str, pid: int | None = None) -> int:
    """Effects that are announced and unanswered in the journals: of one process, or of all."""
    runs = Run.objects.filter(workflow=workflow, ended_at=None)
    if pid is not None:
        runs = runs.filter(owner__in=list(Worker.objects.filter(pid=pid).values_list("pk", flat=True)))
    return sum(map(_outstanding, runs))


def _outstanding(run: Run) -> int:
    state = RunState.empty()
    for _, events in rows_after(run, 0):
        fold(events, state)
    plan = plan_for(run)
    assert plan is not None
    return sum(isinstance(command, Execute) for command in commands_outstanding(plan, state))


@dataclass(slots=True)
class Ledger:
    accepted: set[str]
    kills: dict[str, int]
    in_flight: int  # effects, at the kills
    started: int = 0
    finished: int = 0
    calls: int = 0
    repeated: int = 0  # calls beyond the first, of what may be repeated
    unmarked: list[str] = field(default_factory=list)
    interrupted: int = 0  # effects that must not be repeated, and were not
    twice: list[str] = field(default_factory=list)  # of those: called twice all the same
    lost: list[str] = field(default_factory=list)
    doubled: int = 0  # arrivals that became two runs
    incomplete: list[str] = field(default_factory=list)  # chains of calls with a gap
    stuck: int = 0  # rows and runs without an end

    def __str__(self) -> str:
        rows: list[tuple[str, Any]] = [
            ("kills", ", ".join(f"{name} {count}" for name, count in self.kills.items())),
            ("accepted", len(self.accepted)), ("started", self.started), ("finished", self.finished),
            ("calls", self.calls), ("effects in flight at the kills", self.in_flight),
            ("repeated effects", self.repeated), ("repeated without a mark", len(self.unmarked)),
            ("at most once: interrupted", self.interrupted), ("at most once: called twice", len(self.twice)),
            ("incomplete chains", len(self.incomplete)), ("doubled", self.doubled),
            ("lost", len(self.lost)), ("stuck", self.stuck),
        ]  # fmt: skip
        return "\n".join(f"{name:<32}{value}" for name, value in rows)

    async def settle(self, server: CountingServer, workflow: str, seconds: float) -> None:
        """Wait until everything has an end, then count."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.stuck = await steadily(lambda: _waiting(workflow))
            if not self.stuck:
                break
            await asyncio.sleep(0.5)
        keys = await steadily(
            lambda: [self._count(run, server) for run in Run.objects.filter(workflow=workflow)]
        )
        self.started, self.doubled = len(keys), len(keys) - len(set(keys))
        self.lost = sorted(self.accepted - set(keys))
        self.calls = sum(server.calls.values())
        once = {key: count for key, count in server.calls.items() if key.endswith("-once")}
        self.twice = [key for key, count in once.items() if count > 1]
        self.repeated = sum(count - 1 for key, count in server.calls.items() if key not in once)

    def _count(self, run: Run, server: CountingServer) -> str:
        key = str(services.run_trigger(run.tenant_id, run.pk)["outputs"]["body"]["key"])
        self.finished += run.status == "Succeeded"
        for step, name in zip(STEPS, ACTIONS, strict=True):
            calls = server.calls[f"{key}-{step}"]
            detail = services.action_detail(run.tenant_id, run.pk, name)
            stopped = step == "once" and detail["code"] == "ActionInterrupted"
            if stopped:
                self.interrupted += 1
                assert detail["status"] == "Failed"
            elif not calls:
                self.incomplete.append(f"{key}-{step}")
            if (calls > 1 or stopped) and not _marked(detail["tries"]):
                self.unmarked.append(f"{key}-{step}")
        return key

    def check(self, server: CountingServer) -> None:
        """Every accepted request is one finished run with one chain of calls; repeats are at most what was
        in flight, and marked.
        """
        text = f"\n{self}"
        assert not self.stuck, text
        assert self.finished == self.started, text
        assert not self.doubled, text
        assert not self.lost, text
        assert not self.incomplete, text
        assert not self.twice, text
        assert self.repeated <= self.in_flight, text
        assert not self.unmarked, text
        assert all(len(found) == 1 for found in server.keys.values()), "a repeated call had another key"


def _marked(tries: Iterable[Any]) -> bool:
    return any(attempt["interrupted"] for attempt in tries)


def _waiting(workflow: str) -> int:
    rows = Inbox.objects.filter(workflow=workflow, state="new").count()
    return rows + Run.objects.filter(workflow=workflow, ended_at=None).count()
