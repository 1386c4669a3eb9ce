"""Tasks that end more than themselves: Terminate, Response, time limits, cancelling."""

from __future__ import annotations

import contextlib

from runtime.engine import events as ev
from runtime.engine.actions.contract import Answer, Failure, Judgement, Verdict
from runtime.engine.agenda import GroupRun, LoopRun
from runtime.engine.commands import Command, Respond
from runtime.engine.efforts import withdraw
from runtime.engine.events import Error
from runtime.engine.plan import PlannedAction
from runtime.engine.slice import SkipError, Slice, depends_on, unsaid, worded


def start_verdict(work: Slice, run: GroupRun, index: int) -> None:
    """Terminate: the run ends at once (reference 6.17)."""
    action = run.group.actions[index]
    behaviour = action.behaviour
    assert isinstance(behaviour, Verdict)
    scope = work.scope(action, run.repetition)
    judgement: Judgement = work.attempt(action, lambda: behaviour.judge(scope), part="inputs")
    ended = work.ending(run, index, "Succeeded", inputs=judgement.inputs)
    farewell = _farewells(work, work.agenda.root)
    work.record_end(run, index, ended)
    run.statuses[index] = "Succeeded"
    give_up(work, work.agenda.root, _terminated, "Terminated")
    work.commands.extend(farewell)
    code, error = judgement.code, judgement.error
    if action.secured and error is not None:
        # Lists show why a run ended, and search in it.
        code = "Terminated"
        error = unsaid(action, code)
    work.emit(ev.RunEnded(work.now, judgement.status, code, error))


def _terminated(action: PlannedAction) -> Error:
    return worded(
        "Terminated",
        "The execution of template action '{0}' is skipped: the run was terminated.",
        action.name,
    )


def _cancelled(action: PlannedAction) -> Error:
    return worded(
        "ActionCancelled",
        "The execution of template action '{0}' is skipped: the run was cancelled.",
        action.name,
    )


def start_answer(work: Slice, run: GroupRun, index: int) -> None:
    """Response: answers the caller once, if there is one (reference 6.8)."""
    action = run.group.actions[index]
    behaviour = action.behaviour
    assert isinstance(behaviour, Answer)
    state = work.state
    if state.response is None and (state.run is None or not state.run.waiting):
        text = (
            "The execution of template action '{0}' is skipped: the client application is not waiting for a "
            "response from service."
        )
        work.skip(run, index, worded("ActionResponseSkipped", text, action.name), "ActionResponseSkipped")
        return
    scope = work.scope(action, run.repetition)
    inputs = work.attempt(action, lambda: behaviour.inputs(scope), part="inputs")
    if state.response is not None:
        raise Failure(
            "ActionResponseAlreadyDefined",
            f"The execution of template action '{action.name}' failed: the client application has received a "
            "response already. A run can respond only once.",
            inputs=inputs,
        )
    if state.response_expired:
        text = (
            "The execution of template action '{0}' timed out: the client application no longer waits for a "
            "response."
        )
        error = worded("ActionResponseTimedOut", text, action.name)
        ended = work.ending(run, index, "TimedOut", "ActionResponseTimedOut", inputs=inputs, error=error)
        work.finish(run, index, ended)
        return
    ended = work.ending(run, index, "Succeeded", "OK", inputs=inputs, outputs=inputs)
    status, headers, body = inputs["statusCode"], inputs.get("headers") or {}, inputs.get("body")
    work.emit(ev.ResponseGiven(work.now, status, headers, body))
    work.commands.append(Respond(status, headers, body))
    work.finish(run, index, ended)


def time_out(work: Slice, run: GroupRun, index: int) -> None:
    """The limit of an action has passed (reference 8.3)."""
    action = run.group.actions[index]
    record = work.state.record(action.name, run.repetition)
    if run.is_dead or record is None or record.ended is not None:
        return
    error = worded("ActionTimedOut", "The execution of template action '{0}' is timed out.", action.name)
    ended = work.ending(run, index, "TimedOut", "ActionTimedOut", error=error)
    farewell = withdraw(work, run, index)
    for inner in _inner(run, index):
        farewell.extend(_farewells(work, inner))
    for inner in _inner(run, index):
        give_up(work, inner, depends_on(action, "TimedOut", "ActionTimedOut"), "ActionSkipped")
    _forget(run, index)
    work.commands.extend(farewell)
    work.finish(run, index, ended)


def cancel(work: Slice) -> None:
    """Somebody asked for the end of the run (reference 10.5)."""
    farewell = _farewells(work, work.agenda.root)
    give_up(work, work.agenda.root, _cancelled, "ActionSkipped")
    work.commands.extend(farewell)
    work.emit(ev.RunEnded(work.now, "Cancelled", "Cancelled"))


def expire(work: Slice) -> None:
    """The run has taken longer than a run may."""
    farewell = _farewells(work, work.agenda.root)
    give_up(work, work.agenda.root, _cancelled, "ActionSkipped")
    work.commands.extend(farewell)
    message = "The run took longer than a run may take."
    code = "WorkflowRunTimedOut"
    work.emit(ev.RunEnded(work.now, "TimedOut", code, {"code": code, "message": message}))


def break_off(work: Slice, failure: Failure) -> None:
    """Millrace itself is at a loss, which must not happen: the run ends, so that nobody waits for ever."""
    with contextlib.suppress(Exception):
        farewell = _farewells(work, work.agenda.root)
        give_up(work, work.agenda.root, _cancelled, "ActionSkipped")
        work.commands.extend(farewell)
    work.emit(ev.RunEnded(work.now, "Failed", failure.code, failure.error))


# -- giving up what is under way ------------------------------------------------------------


def _inner(run: GroupRun, index: int) -> list[GroupRun]:
    inner = run.inner.get(index)
    if inner is None:
        return []
    return list(inner.active.values()) if isinstance(inner, LoopRun) else [inner]


def _farewells(work: Slice, run: GroupRun) -> list[Command]:
    """What to tell the outside before everything under way in this branch is given up. Emits nothing."""
    commands: list[Command] = []
    for index, status in enumerate(run.statuses):
        if status is None:
            commands.extend(withdraw(work, run, index))
            for inner in _inner(run, index):
                commands.extend(_farewells(work, inner))
    return commands


def _forget(run: GroupRun, index: int) -> None:
    inner = run.inner.pop(index, None)
    if inner is not None:
        inner.is_dead = True


def give_up(work: Slice, run: GroupRun, skipped: SkipError, code: str) -> None:
    """End everything in this branch: what runs is Cancelled, what has not begun is Skipped with `code`."""
    run.is_dead = True
    for action in run.group.actions:
        index = action.index
        if run.statuses[index] is not None:
            _skip_below(work, action, run, skipped, code)
            continue
        if work.state.record(action.name, run.repetition) is None:
            error = skipped(action)
            work.emit(ev.ActionEnded(work.now, action.name, run.repetition, "Skipped", code, error=error))
            run.statuses[index] = "Skipped"
            _skip_below(work, action, run, skipped, code)
            continue
        for inner in _inner(run, index):
            give_up(work, inner, skipped, code)
        _skip_below(work, action, run, skipped, code)
        _forget(run, index)
        error = worded("ActionCancelled", "The execution of template action '{0}' is cancelled.", action.name)
        work.record_end(
            run,
            index,
            ev.ActionEnded(
                work.now, action.name, run.repetition, "Cancelled", "ActionCancelled", error=error
            ),
        )
        run.statuses[index] = "Cancelled"


def _skip_below(work: Slice, action: PlannedAction, run: GroupRun, skipped: SkipError, code: str) -> None:
    """Inner actions nobody has reported yet: branches not begun, loops without a turn, skips in the queue."""
    record = work.state.record(action.name, run.repetition)
    inner = run.inner.get(action.index)
    has_begun = isinstance(inner, LoopRun) and inner.planned is action and inner.next
    if has_begun or (record is not None and record.loop is not None and record.loop.turns):
        return
    for branch in action.branches:
        for child in branch.group.actions:
            if work.state.record(child.name, run.repetition) is None:
                error = skipped(child)
                work.emit(ev.ActionEnded(work.now, child.name, run.repetition, "Skipped", code, error=error))
            _skip_below(work, child, run, skipped, code)
