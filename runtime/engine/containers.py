"""Tasks of actions that are over at once, and of containers: branches, turns, and how they are judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runtime.engine import events as ev
from runtime.engine.actions.contract import Choice, Failure, Immediate, Items, Result, Rounds
from runtime.engine.actions.control import BranchesFailed
from runtime.engine.agenda import GroupRun, LoopRun, open_group
from runtime.engine.codes import name_of, number_of
from runtime.engine.events import Error, Repetition, address
from runtime.engine.plan import Group, PlannedAction
from runtime.engine.sizes import excess
from runtime.engine.slice import ACTION_FAILED, SkipError, Slice, depends_on, no_items, not_taken
from runtime.engine.state import Record, RunState
from runtime.language.template import ExpressionError
from runtime.language.values import Json


def start_immediate(work: Slice, run: GroupRun, index: int) -> None:
    action = run.group.actions[index]
    behaviour = action.behaviour
    assert isinstance(behaviour, Immediate)
    scope = work.scope(action, run.repetition)
    result: Result = work.attempt(action, lambda: behaviour.perform(scope), part="inputs")
    ended = work.ending(run, index, "Succeeded", result.code, inputs=result.inputs, outputs=result.outputs)
    for change in result.variables:
        work.emit(change)
    work.finish(run, index, ended)


def start_static(work: Slice, run: GroupRun, index: int) -> None:
    """A static result stands in for the action; its inputs are evaluated all the same (reference 9.9)."""
    action = run.group.actions[index]
    static = action.static or {}
    scope = work.scope(action, run.repetition)
    inputs = work.attempt(action, lambda: static_inputs(action, scope), part="inputs")
    outputs, code = static_outputs(static)
    status = _STATIC_STATUSES.get(str(static.get("status", "Succeeded")).lower())
    if status is None:
        raise Failure(
            "BadRequest",
            f"The static result of action '{action.name}' has the status '{static.get('status')}'. "
            f"It must be one of {', '.join(_STATIC_STATUSES.values())}.",
            error_code="InvalidStaticResultStatus",
            inputs=inputs,
        )
    error = static.get("error") if isinstance(static.get("error"), dict) else None
    if not isinstance(code, str):
        code = error.get("code") if error else "OK" if status == "Succeeded" else "NotSpecified"
    ended = work.ending(run, index, status, str(code), inputs=inputs, outputs=outputs, error=error)
    work.finish(run, index, ended)
    if action.branches:
        work.push_first("skip_inner", action, run.repetition)


def static_outputs(static: Mapping[str, Json]) -> tuple[Json, Json]:
    """Outputs and code; a status written as text is the number it says, and the code where none is given."""
    outputs, code = static.get("outputs"), static.get("code")
    if isinstance(outputs, dict) and isinstance(outputs.get("statusCode"), str):
        number = number_of(outputs["statusCode"])
        if number is not None:
            return {**outputs, "statusCode": number}, code or name_of(number)
    return outputs, code


_STATIC_STATUSES = {
    name.lower(): name for name in ("Succeeded", "Failed", "TimedOut", "Skipped", "Cancelled")
}


def static_inputs(action: PlannedAction, scope: object) -> Json:
    """What the inputs would have been."""
    behaviour = action.behaviour
    if isinstance(behaviour, Immediate):
        return behaviour.check_inputs(scope)  # type: ignore[arg-type]
    evaluate = getattr(behaviour, "inputs", None)
    return evaluate(scope) if callable(evaluate) else None


def start_choice(work: Slice, run: GroupRun, index: int) -> None:
    action = run.group.actions[index]
    behaviour = action.behaviour
    assert isinstance(behaviour, Choice)
    scope = work.scope(action, run.repetition)
    try:
        inputs, key = work.attempt(action, lambda: behaviour.choose(scope))
    except BranchesFailed as failure:
        fail_branches(work, run, index, failure)
        return
    expires = work.duration(action, action.timeout, scope)
    work.emit(ev.ActionStarted(work.now, action.name, run.repetition, inputs, branch=key, expires=expires))
    if expires is not None:
        work.watch(run, index, expires)
    taken: Group | None = None
    for branch in reversed(action.branches):
        if branch.key == key:
            taken = branch.group
        elif branch.group.actions:
            work.push_first("skip_branch", branch.group, run.repetition)
    if taken is None or not taken.actions:
        work.push("close", run, index)
        return
    inner = open_group(taken, run.repetition, run, index)
    run.inner[index] = inner
    open_branch(work, inner)


def open_branch(work: Slice, run: GroupRun) -> None:
    """Queue the actions that wait for nobody."""
    run.started = work.now
    for first in run.group.first:
        work.push("start", run, first)
    if not run.left:
        work.push("complete", run)


def fail_branches(work: Slice, run: GroupRun, index: int, failure: BranchesFailed) -> None:
    """Reference 7.3: a case of another type than the value breaks every branch of the Switch."""
    action = run.group.actions[index]
    ended = work.ending(run, index, "Failed", "ActionFailed", inputs=failure.inputs, error=ACTION_FAILED)
    children = [child for branch in action.branches for child in branch.group.actions]
    for child in children:
        work.emit(
            ev.ActionEnded(work.now, child.name, run.repetition, "Failed", failure.code, error=failure.error)
        )
    work.finish(run, index, ended)
    for child in children:
        if child.branches:
            work.push_first("skip_inner", child, run.repetition)


def skip_branch(work: Slice, group: Group, repetition: Repetition) -> None:
    """The branch not taken."""
    work.skip_all(group.actions, repetition, not_taken)


def skip_inner(work: Slice, container: PlannedAction, repetition: Repetition) -> None:
    """The inside of a container that ended without running it."""
    record = work.state.record(container.name, repetition)
    if record is not None and record.loop is not None and record.status != "Skipped":
        error: SkipError = no_items
    else:
        status = record.status if record else "Skipped"
        error = depends_on(container, status, record.code if record else "ActionSkipped")
    for branch in container.branches:
        work.skip_all(branch.group.actions, repetition, error)


# -- loops ------------------------------------------------------------


def start_items(work: Slice, run: GroupRun, index: int) -> None:
    action = run.group.actions[index]
    behaviour = action.behaviour
    assert isinstance(behaviour, Items)
    scope = work.scope(action, run.repetition)
    items, parallel = work.attempt(action, lambda: (behaviour.items(scope), behaviour.parallel(scope)))
    count = len(scope.content(items))
    expires = work.duration(action, action.timeout, scope)
    work.emit(ev.LoopStarted(work.now, action.name, run.repetition, items, count, expires))
    if expires is not None:
        work.watch(run, index, expires)
    loop = LoopRun(action, run, index, run.repetition, count, parallel)
    run.inner[index] = loop
    if count:
        queue_turn(work, loop)
        return
    work.push("close", run, index)
    work.push_first("skip_inner", action, run.repetition)


def queue_turn(work: Slice, loop: LoopRun) -> None:
    if not loop.is_queued and loop.may_start:
        loop.is_queued = True
        work.agenda.turns.append(loop)


def start_turn(work: Slice, loop: LoopRun) -> None:
    """The next turn of a Foreach."""
    loop.is_queued = False
    if loop.is_dead or not loop.may_start:
        return
    index = loop.next
    loop.next += 1
    turn = open_group(
        loop.planned.branches[0].group, (*loop.repetition, index), loop.parent, loop.index, loop
    )
    loop.active[index] = turn
    open_branch(work, turn)
    queue_turn(work, loop)


def start_rounds(work: Slice, run: GroupRun, index: int) -> None:
    action = run.group.actions[index]
    behaviour = action.behaviour
    assert isinstance(behaviour, Rounds)
    scope = work.scope(action, run.repetition)
    _, expires = work.attempt(action, lambda: behaviour.limits(scope, work.now))
    work.emit(ev.LoopStarted(work.now, action.name, run.repetition, expires=expires))
    loop = LoopRun(action, run, index, run.repetition, None, 1)
    run.inner[index] = loop
    work.push("next_round", loop)


def next_round(work: Slice, loop: LoopRun) -> None:
    """The next round of an Until."""
    if loop.is_dead:
        return
    index = loop.next
    loop.next += 1
    turn = open_group(
        loop.planned.branches[0].group, (*loop.repetition, index), loop.parent, loop.index, loop
    )
    loop.active = {index: turn}
    open_branch(work, turn)


# -- completion ------------------------------------------------------------


def complete(work: Slice, run: GroupRun) -> None:
    """Nothing is left in this branch: judge it and tell its container."""
    if run.is_dead:
        return
    status = judge(run)
    if run.loop is not None:
        loop = run.loop
        (end_round if loop.count is None else end_turn)(work, run, loop, status)
    elif run.parent is None:
        finish_run(work, status)
    else:
        end_container(work, run.parent, run.index, status)


def counted(group: Group, statuses: Sequence[str | None]) -> list[int]:
    """The actions whose statuses count: leaves, and for a skipped one its predecessors (reference 10.4)."""
    pending = list(reversed(group.leaves))
    seen = set(pending)
    found = []
    while pending:
        index = pending.pop()
        if statuses[index] != "Skipped":
            found.append(index)
            continue
        for predecessor, _ in group.actions[index].predecessors:
            if predecessor not in seen:
                seen.add(predecessor)
                pending.append(predecessor)
    return found


def judge(run: GroupRun) -> str:
    """Status of a finished branch by its leaves (reference 10.4)."""
    found = {run.statuses[index] for index in counted(run.group, run.statuses)}
    if not found.isdisjoint(_BAD):
        return "Failed"
    return "Cancelled" if "Cancelled" in found else "Succeeded"


_BAD = frozenset({"Failed", "TimedOut", "Aborted", "Faulted"})


def culprit(state: RunState, group: Group, repetition: Repetition) -> tuple[str, Record] | None:
    """The action a failed branch failed for, with its address: the first bad leaf, also inside containers."""
    records = [state.record(action.name, repetition) for action in group.actions]
    statuses = [record.status if record is not None else None for record in records]
    for index in counted(group, statuses):
        record, action = records[index], group.actions[index]
        if record is None or record.status not in _BAD:
            continue
        deeper = None
        if record.error == ACTION_FAILED:
            inner = repetition
            if record.loop is not None:
                turns = record.loop.turns
                inner = (*repetition, next((i for i in sorted(turns) if turns[i].status in _BAD), 0))
            for branch in action.branches:
                deeper = deeper or culprit(state, branch.group, inner)
        return deeper or (address(action.name, repetition), record)
    return None


def end_container(work: Slice, run: GroupRun, index: int, status: str) -> None:
    failed = status == "Failed"
    ended = work.ending(
        run,
        index,
        status,
        "ActionFailed" if failed else "NotSpecified",
        error=ACTION_FAILED if failed else None,
    )
    work.finish(run, index, ended)


def close(work: Slice, run: GroupRun, index: int) -> None:
    """End a container that has nothing (left) to run: no branch taken, no items, all turns over."""
    if run.is_dead or run.statuses[index] is not None:
        return
    action = run.group.actions[index]
    record = work.state.record(action.name, run.repetition)
    turns = record.loop.turns if record is not None and record.loop is not None else {}
    if action.type == "Until" and turns:
        end_container(work, run, index, turns[max(turns)].status)
        return
    failed = any(turn.status == "Failed" for turn in turns.values())
    end_container(work, run, index, "Failed" if failed else "Succeeded")


def _turn_ended(work: Slice, run: GroupRun, loop: LoopRun, status: str, again: bool) -> ev.RepetitionEnded:
    code = "ActionFailed" if status == "Failed" else "NotSpecified"
    return ev.RepetitionEnded(
        work.now, loop.planned.name, run.repetition, status, code, again=again, started=run.started
    )


def end_turn(work: Slice, run: GroupRun, loop: LoopRun, status: str) -> None:
    """A turn of a Foreach is over; the loop is, when it was the last."""
    is_last = loop.count is not None and loop.next >= loop.count and len(loop.active) == 1
    has_failed = loop.has_failed or status == "Failed"
    ended = None
    if is_last:
        ended = work.ending(
            loop.parent,
            loop.index,
            "Failed" if has_failed else "Succeeded",
            "ActionFailed" if has_failed else "NotSpecified",
            error=ACTION_FAILED if has_failed else None,
        )
    work.emit(_turn_ended(work, run, loop, status, again=False))
    loop.has_failed = has_failed
    del loop.active[run.repetition[-1]]
    if ended is not None:
        work.finish(loop.parent, loop.index, ended)
    else:
        queue_turn(work, loop)


def end_round(work: Slice, run: GroupRun, loop: LoopRun, status: str) -> None:
    """A round of an Until is over: ask its condition, then its limits (reference 7.5)."""
    action = loop.planned
    behaviour = action.behaviour
    assert isinstance(behaviour, Rounds)
    record = work.state.record(action.name, loop.repetition)
    scope = work.scope(action, run.repetition, inside=True)
    parent, index = loop.parent, loop.index
    try:
        is_done = work.attempt(action, lambda: behaviour.is_done(scope))
        most, _ = work.attempt(action, lambda: behaviour.limits(scope, work.now))
    except Failure as failure:
        ended = work.ending(parent, index, "Failed", failure.code, error=failure.error)
        work.emit(_turn_ended(work, run, loop, status, again=False))
        work.finish(parent, index, ended)
        return
    expires = record.effort.expires if record is not None and record.effort is not None else None
    at_limit = loop.next >= most or (expires is not None and work.now >= expires)
    if not is_done and not at_limit:
        work.emit(_turn_ended(work, run, loop, status, again=True))
        work.push("next_round", loop)
        return
    if not is_done and behaviour.fail_at_limit:
        message = (
            f"The execution of template action '{action.name}' failed: the loop ended because its limit of "
            f"{most} rounds or its time limit was reached before its condition was met."
        )
        status, error = "Failed", {"code": "ActionFailed", "message": message}
    else:
        error = ACTION_FAILED if status == "Failed" else None  # type: ignore[assignment]
    code = "ActionFailed" if status == "Failed" else "NotSpecified"
    ended = work.ending(parent, index, status, code, error=error)
    work.emit(_turn_ended(work, run, loop, judge(run), again=False))
    work.finish(parent, index, ended)


def finish_run(work: Slice, status: str) -> None:
    """The outermost branch is over, and the run with it."""
    if status != "Succeeded":
        code = "NotSpecified"
        error: Error | None = None
        cause = culprit(work.state, work.plan.root, ()) if status == "Failed" else None
        if cause is not None:
            name, record = cause
            code = record.code
            given = record.error or {}
            message = given.get("message") or f"The action '{name}' failed with code '{code}'."
            error = {"code": given.get("code", code), "message": message, "action": name}
        work.emit(ev.RunEnded(work.now, status, code, error))
        return
    outputs: dict[str, Json] = {}
    scope = work.world.run_scope()
    for name, (kind, template) in work.plan.outputs.items():
        trouble = ""
        try:
            value = template.evaluate(scope)
            trouble = excess(value, work.world.weighed)
        except ExpressionError as error:
            trouble = f"cannot be evaluated: {error.message}"
        if trouble:
            message = f"The output '{name}' of the workflow {trouble}"
            code = "OutputParameterEvaluationFailed"
            work.emit(ev.RunEnded(work.now, "Failed", code, {"code": code, "message": message}))
            return
        outputs[name] = {"type": kind, "value": value}
    work.emit(ev.RunEnded(work.now, "Succeeded", outputs=outputs or None))
