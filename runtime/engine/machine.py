"""The machine: one fact in, what follows from it out.

`react` takes the arriving event into the state, then works through the agenda until nothing is left that
can be done without the outside, or the slice is used up (`more`), or a value must be loaded first
(`needed`). It is pure: moment and chance are arguments, and nothing is done but changing the given state
by the returned events.

How a run unfolds: the actions of a branch start when their predecessors have ended with a status they accept
(reference 10.1), otherwise they are skipped (10.2). A container starts a branch and ends with it; a loop
starts turns. When a branch has no unfinished action its status is judged by its leaves (10.4), and that
of the outermost branch is the status of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from runtime.engine import containers, efforts, endings
from runtime.engine import events as ev
from runtime.engine.actions.contract import Failure, Items
from runtime.engine.agenda import Agenda, GroupRun, LoopRun, build
from runtime.engine.commands import Command, Respond
from runtime.engine.entropy import Entropy
from runtime.engine.events import Event
from runtime.engine.plan import Plan
from runtime.engine.scope import ActionScope, Load, World, refuse
from runtime.engine.slice import Slice, fault, not_after
from runtime.engine.state import CALLBACK, CHILD, OPERATION, POLL, RETRY, TIMER, RunState
from runtime.language.expressions import limits
from runtime.language.template import ExpressionError
from runtime.language.values import Needed, Ref

BUDGET = 500
MOST_WORK = (
    20_000_000  # characters made by expressions after which a slice ends, so that other runs have their turn
)


@dataclass(slots=True)
class Reaction:
    """What one slice produced.

    `events` begins with the arriving event; they are in the state already. `commands` may be carried out
    once the events are stored. `needed`: load these and send Continue. `more`: send Continue.
    """

    events: list[Event] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    needed: tuple[Ref, ...] = ()
    more: bool = False


def react(
    plan: Plan,
    state: RunState,
    event: ev.Arriving,
    now: datetime,
    entropy: Entropy,
    *,
    load: Load = refuse,
    budget: int = BUDGET,
) -> Reaction:
    """Take `event` in and do what follows, at most about `budget` steps of it.

    An event that changes nothing (delivered twice, late, meant for something that ended) gives a reaction
    without events; `more` tells all the same of work left over from before. `load` returns the value of a
    Ref, or raises Needed when it is not at hand.
    """
    if state.ended is not None or (state.run is None) != isinstance(event, ev.RunStarted):
        left_over = state.agenda is not None and not state.agenda.is_empty
        return Reaction(more=left_over and state.ended is None)
    work = _slice(plan, state, now, entropy, load)
    if not isinstance(event, ev.Continue) and not _ARRIVE[type(event)](work, event):
        return Reaction(more=not work.agenda.is_empty)
    needed = _work_off(work, budget)
    more = not needed and state.ended is None and not work.agenda.is_empty
    return Reaction(work.events, work.commands, needed, more)


def commands_outstanding(plan: Plan, state: RunState, load: Load = refuse) -> list[Command]:
    """Every command not answered yet: what a host must do again after it has folded a run it did not start.

    A Response that was given is among them, since whether the caller has it is not known here. Raises Needed.
    """
    moment = state.started
    if state.run is None or moment is None:
        return []
    answer = state.response
    commands: list[Command] = [Respond(answer.status, answer.headers, answer.body)] if answer else []
    if state.ended is None:
        commands.extend(efforts.outstanding(_slice(plan, state, moment, Entropy(b""), load)))
    return commands


def _slice(plan: Plan, state: RunState, now: datetime, entropy: Entropy, load: Load) -> Slice:
    world = World(plan, state, now, entropy, load)

    def parallel(loop: LoopRun) -> int:
        behaviour = loop.planned.behaviour
        if not isinstance(behaviour, Items):
            return 1
        try:
            return behaviour.parallel(ActionScope(world, loop.planned, loop.repetition))
        except (Failure, ExpressionError, Needed):
            return 1

    if state.agenda is None:
        state.agenda = build(plan, state, parallel)
    return Slice(world, state.agenda)


# -- arriving ------------------------------------------------------------


def _stamped(work: Slice, event: Any) -> Any:
    return event if event.at is not None else replace(event, at=work.now)


def _run_started(work: Slice, event: ev.RunStarted) -> bool:
    work.emit(_stamped(work, event))
    containers.open_branch(work, work.agenda.root)
    return True


def _operation_ended(work: Slice, event: ev.OperationEnded) -> bool:
    place = work.agenda.live.get((event.name, event.repetition))
    record = work.state.record(event.name, event.repetition)
    effort = record.effort if record is not None else None
    if place is None or effort is None or effort.wait != OPERATION:
        return False
    if effort.attempt != event.attempt or effort.outcome is not None:
        return False
    work.emit(_stamped(work, event))
    work.push("proceed", *place)
    return True


def _timer_fired(work: Slice, event: ev.TimerFired) -> bool:
    if event.key == "run":
        work.emit(_stamped(work, event))
        work.push_first("expire")
        return True
    kind, where = work.state.timer(event.key)
    place = work.agenda.live.get(where)
    record = work.state.record(*where)
    effort = record.effort if record is not None else None
    if place is None or effort is None:
        return False
    if kind == "timeout":
        if effort.expires is None or effort.timed_out:
            return False
        work.emit(_stamped(work, event))
        work.push("time_out", *place)
        return True
    if kind not in (TIMER, RETRY, POLL) or effort.wait != kind or effort.fired:
        return False
    work.emit(_stamped(work, event))
    work.push("proceed", *place)
    return True


def _callback_received(work: Slice, event: ev.CallbackReceived) -> bool:
    place = work.agenda.live.get((event.name, event.repetition))
    record = work.state.record(event.name, event.repetition)
    effort = record.effort if record is not None else None
    if place is None or effort is None or effort.token is None or effort.called_back:
        return False
    if event.token != effort.token:
        return False
    work.emit(_stamped(work, event))
    if effort.wait == CALLBACK:
        work.push("proceed", *place)
    return True


def _child_ended(work: Slice, event: ev.ChildEnded) -> bool:
    place = work.agenda.live.get((event.name, event.repetition))
    record = work.state.record(event.name, event.repetition)
    effort = record.effort if record is not None else None
    if place is None or effort is None or effort.wait != CHILD or effort.outcome is not None:
        return False
    work.emit(_stamped(work, event))
    work.push("proceed", *place)
    return True


def _cancel_requested(work: Slice, event: ev.CancelRequested) -> bool:
    if work.state.cancelled_by is not None:
        return False
    work.emit(_stamped(work, event))
    work.push_first("cancel")
    return True


def _response_expired(work: Slice, event: ev.ResponseExpired) -> bool:
    run = work.state.run
    if run is None or not run.waiting or work.state.response_expired or work.state.response is not None:
        return False
    work.emit(_stamped(work, event))
    return True


_ARRIVE: dict[type, Callable[[Slice, Any], bool]] = {
    ev.RunStarted: _run_started,
    ev.OperationEnded: _operation_ended,
    ev.TimerFired: _timer_fired,
    ev.CallbackReceived: _callback_received,
    ev.ChildEnded: _child_ended,
    ev.CancelRequested: _cancel_requested,
    ev.ResponseExpired: _response_expired,
}


# -- working ------------------------------------------------------------


def _start(work: Slice, run: GroupRun, index: int) -> None:
    """The predecessors of an action are over: start it or skip it."""
    if run.is_dead:
        return
    action = run.group.actions[index]
    for predecessor, wanted in action.predecessors:
        actual = run.statuses[predecessor]
        if actual not in wanted:
            before = run.group.actions[predecessor]
            work.skip(run, index, not_after(action, before, wanted, str(actual)))
            return
    try:
        if action.static is not None:
            containers.start_static(work, run, index)
        else:
            _STARTS[action.behaviour.shape](work, run, index)
    except Failure as failure:
        work.fail(run, index, failure)


_STARTS: dict[str, Callable[[Slice, GroupRun, int], None]] = {
    "immediate": containers.start_immediate,
    "choice": containers.start_choice,
    "items": containers.start_items,
    "rounds": containers.start_rounds,
    "outside": efforts.start_outside,
    "pause": efforts.start_pause,
    "child": efforts.start_child,
    "unsupported": efforts.start_unsupported,
    "verdict": endings.start_verdict,
    "answer": endings.start_answer,
}

_TASKS: dict[str, Callable[..., None]] = {
    "start": _start,
    "complete": containers.complete,
    "close": containers.close,
    "next_round": containers.next_round,
    "skip_branch": containers.skip_branch,
    "skip_inner": containers.skip_inner,
    "proceed": efforts.proceed,
    "time_out": endings.time_out,
    "cancel": endings.cancel,
    "expire": endings.expire,
}


def _work_off(work: Slice, budget: int) -> tuple[Ref, ...]:
    """Do tasks until there are none, the budget is used up, or a value is needed."""
    agenda, state, world = work.agenda, work.state, work.world
    ready = agenda.ready
    done, spent = 0, limits.spent()
    while state.ended is None:
        if len(work.events) >= budget or done >= budget or limits.spent() - spent > MOST_WORK:
            return ()
        done += 1
        if ready:
            task = ready.popleft()
            needed = _do(work, world, task)
            if needed:
                ready.appendleft(task)
                return needed
        elif agenda.turns:
            containers.start_turn(work, agenda.turns.pop())
        else:
            return ()
    ready.clear()
    agenda.turns.clear()
    return ()


def _do(work: Slice, world: World, task: tuple[str, Any]) -> tuple[Ref, ...]:
    """One task; what it needs that is not at hand. It has emitted nothing then."""
    name, arguments = task
    world.handed_out.clear()
    if world.wanted:
        world.wanted.clear()
    before = len(work.events)
    while True:
        try:
            _TASKS[name](work, *arguments)
            return ()
        except Needed as stop:
            missing = tuple(ref for ref in stop.refs if not _at_hand(world, ref))
            if missing:
                return missing
            fresh = {ref.hash for ref in stop.refs} - world.wanted
            if not fresh:  # it was shown and not seen: it would be asked for again for ever
                _rescue(work, task, stop, len(work.events) == before)
                return ()
            world.wanted |= fresh
        except Exception as error:
            _rescue(work, task, error, len(work.events) == before)
            return ()


def _rescue(work: Slice, task: tuple[str, Any], error: Exception, is_untouched: bool) -> None:
    """A task that raised would raise for ever: its action fails, or where that is too late the run does."""
    name, arguments = task
    failure = error if isinstance(error, Failure) else fault(f"The step '{name}'", error)
    if is_untouched and name in ("start", "proceed"):
        run, index = arguments
        if not run.group.actions[index].branches and run.statuses[index] is None:
            work.fail(run, index, failure)
            return
    endings.break_off(work, failure)


def _at_hand(world: World, ref: Ref) -> bool:
    try:
        world.load(ref)
    except Needed:
        return False
    return True


__all__ = ["Agenda", "Reaction", "commands_outstanding", "react"]
