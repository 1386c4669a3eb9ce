"""What is to be done next: the machine's working memory beside the facts.

An agenda holds, for every branch under way, how many predecessors each action still waits for, and the
queue of tasks that need no outside help. Nothing in it is stored: `build` makes it from plan and facts in
one pass, after a crash or wherever it is missing. A task is a function of the machine with its arguments;
it evaluates everything it needs before it emits its first event, so that it can be run again from its
start when a value must be loaded first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from runtime.engine.events import Repetition
from runtime.engine.plan import Group, Plan, PlannedAction
from runtime.engine.state import CALLBACK, Effort, Record, RunState

# Name of a method of the machine, and what to call it with.
Task: TypeAlias = tuple[str, Any]


@dataclass(slots=True, eq=False)
class GroupRun:
    """A branch under way: the actions of `group` at `repetition`.

    `parent` and `index` are the container that owns it (None for the run itself); `loop` is set where the
    branch is a turn of it. `waiting` counts unfinished predecessors, `left` unfinished actions.
    """

    group: Group
    repetition: Repetition
    parent: GroupRun | None
    index: int
    waiting: list[int]
    statuses: list[str | None]
    left: int
    loop: LoopRun | None = None
    started: datetime | None = None
    is_dead: bool = False
    inner: dict[int, GroupRun | LoopRun] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class LoopRun:
    """A loop under way at `repetition`: turns below `next` have begun, those in `active` have not ended."""

    planned: PlannedAction
    parent: GroupRun
    index: int
    repetition: Repetition
    count: int | None
    parallel: int
    next: int = 0
    active: dict[int, GroupRun] = field(default_factory=dict)
    has_failed: bool = False
    is_queued: bool = False
    is_dead: bool = False

    @property
    def may_start(self) -> bool:
        """Whether another turn of a Foreach can start now."""
        return self.count is not None and self.next < self.count and len(self.active) < self.parallel


@dataclass(slots=True, eq=False)
class Agenda:
    """`ready` tasks come first; a turn of a loop in `turns` starts only when nothing else is ready.

    So a turn that needs nothing from outside is over before the next one starts, whatever the loop's
    parallelism.
    """

    root: GroupRun
    ready: deque[Task] = field(default_factory=deque)
    turns: list[LoopRun] = field(default_factory=list)
    live: dict[tuple[str, Repetition], tuple[GroupRun, int]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.ready and not self.turns


def open_group(
    group: Group, repetition: Repetition, parent: GroupRun | None, index: int, loop: LoopRun | None = None
) -> GroupRun:
    """A branch of which nothing has begun."""
    size = len(group.actions)
    return GroupRun(group, repetition, parent, index, group.counts.copy(), [None] * size, size, loop)


def build(plan: Plan, state: RunState, parallel: Callable[[LoopRun], int]) -> Agenda:
    """The agenda that follows from the facts. `parallel` tells how many turns a loop may have under way."""
    root = open_group(plan.root, (), None, -1)
    agenda = Agenda(root)
    if state.run is None or state.ended is not None:
        return agenda
    _Builder(state, agenda, parallel).fill(root)
    if state.cancelled_by is not None:
        agenda.ready.appendleft(("cancel", ()))
    elif state.expired:
        agenda.ready.appendleft(("expire", ()))
    return agenda


class _Builder:
    def __init__(self, state: RunState, agenda: Agenda, parallel: Callable[[LoopRun], int]) -> None:
        self.state = state
        self.agenda = agenda
        self.parallel = parallel

    def fill(self, run: GroupRun) -> None:
        """Bring an opened branch to where the facts are, and queue what was left undone."""
        missing = []
        for action in run.group.actions:
            record = self.state.record(action.name, run.repetition)
            if record is None:
                missing.append(action.index)
            elif record.ended is not None:
                self._finished(run, action, record)
            else:
                self._unfinished(run, action, record)
        self.agenda.ready.extend(("start", (run, index)) for index in missing if not run.waiting[index])
        if not run.left:
            self.agenda.ready.append(("complete", (run,)))

    def _finished(self, run: GroupRun, action: PlannedAction, record: Record) -> None:
        run.statuses[action.index] = record.status
        run.left -= 1
        for successor in action.successors:
            run.waiting[successor] -= 1
        never_ran = record.branch is None and not (record.loop and record.loop.turns)
        if action.branches and never_ran:
            self._skip_rest(run, action)

    def _skip_rest(self, run: GroupRun, action: PlannedAction) -> None:
        """Inner actions of a container that never ran and were not all reported as skipped."""
        for branch in action.branches:
            for child in branch.group.actions:
                record = self.state.record(child.name, run.repetition)
                if record is None:
                    self.agenda.ready.appendleft(("skip_inner", (action, run.repetition)))
                    return
                if child.branches:
                    self._skip_rest(run, child)

    def _unfinished(self, run: GroupRun, action: PlannedAction, record: Record) -> None:
        effort = record.effort
        place = (run, action.index)
        if effort is not None and action.type != "Until":
            self.agenda.live[action.name, run.repetition] = place
            if effort.timed_out:
                self.agenda.ready.append(("time_out", place))
            elif is_answered(effort):
                self.agenda.ready.append(("proceed", place))
        if record.loop is not None:
            self._loop(run, action, record)
        elif action.branches:
            self._branch(run, action, record)

    def _branch(self, run: GroupRun, action: PlannedAction, record: Record) -> None:
        for branch in action.branches:
            if branch.key != record.branch:
                if any(self.state.record(child.name, run.repetition) is None for child in _all(branch.group)):
                    self.agenda.ready.appendleft(("skip_branch", (branch.group, run.repetition)))
                continue
            child = open_group(branch.group, run.repetition, run, action.index)
            run.inner[action.index] = child
            self.fill(child)
        if action.index not in run.inner:
            self.agenda.ready.append(("close", (run, action.index)))

    def _loop(self, run: GroupRun, action: PlannedAction, record: Record) -> None:
        progress = record.loop
        assert progress is not None
        loop = LoopRun(action, run, action.index, run.repetition, progress.count, 1)
        loop.parallel = self.parallel(loop)
        loop.has_failed = any(turn.status == "Failed" for turn in progress.turns.values())
        run.inner[action.index] = loop
        if progress.count == 0:
            self._skip_rest(run, action)
        ended = progress.turns
        known = max(ended, default=-1)
        most = known + 1 + (loop.parallel if progress.count is not None else 1)
        for index in range(most if progress.count is None else min(most, progress.count)):
            if index not in ended:
                # Nothing is known of it, though later turns are over: a rerun begins it anew.
                if index > known and not self._has_begun(action, (*run.repetition, index)):
                    break
                self._turn(loop, index)
            loop.next = index + 1
        if progress.count is None:
            if not loop.active:
                again = progress.again or not ended
                self.agenda.ready.append(("next_round", (loop,)) if again else ("close", (run, action.index)))
        elif loop.next >= progress.count and not loop.active:
            self.agenda.ready.append(("close", (run, action.index)))
        elif loop.may_start:
            loop.is_queued = True
            self.agenda.turns.append(loop)

    def _turn(self, loop: LoopRun, index: int) -> None:
        group = loop.planned.branches[0].group
        child = open_group(group, (*loop.repetition, index), loop.parent, loop.index, loop)
        loop.active[index] = child
        records = (self.state.record(action.name, child.repetition) for action in group.actions)
        child.started = min((record.started for record in records if record is not None), default=None)
        self.fill(child)

    def _has_begun(self, action: PlannedAction, repetition: Repetition) -> bool:
        return any(
            self.state.record(child.name, repetition) is not None
            for child in action.branches[0].group.actions
        )


def _all(group: Group) -> Iterator[PlannedAction]:
    """The actions of a branch and, inside them, all that are not in a deeper loop."""
    for action in group.actions:
        yield action
        for branch in action.branches:
            yield from _all(branch.group)


def is_answered(effort: Effort) -> bool:
    """Whether what the execution waits for has arrived and was not dealt with."""
    if effort.outcome is not None or effort.fired:
        return True
    return effort.wait == CALLBACK and effort.called_back
