"""Running again from a step: which facts of a finished run still hold for a new one.

What the new run repeats is the chosen action, everything that runs after it, and whatever had not come to an
end of its own. All other facts are taken over as they stand, so nothing they stand for happens twice. The
new run then goes on as after a crash: its agenda follows from plan and facts (`agenda.build`).

Inside a loop an execution is addressed by its turn: that turn goes on from the action, the other turns of a
Foreach keep what they did, and the rounds of an Until that came later never happened.

The new run may follow another version than the old one (`was`). Facts of an action that stands in both at the
same place with the same type are taken over; what is new is executed, and with it whatever comes after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from msgspec.structs import replace

from runtime.engine import events as ev
from runtime.engine.actions.contract import Child, Outside
from runtime.engine.events import Event, Repetition
from runtime.engine.plan import Group, Plan, PlannedAction
from runtime.engine.state import Record, RunState, fold
from runtime.language.values import Json

# Ends that the action did not come to by itself: what ran, and what never began, when somebody ended the run.
_CUT_SHORT = {"Cancelled"}
_NEVER_BEGUN = {"Terminated", "ActionCancelled"}

_Place: TypeAlias = tuple[str, Repetition]


class NotRepeatable(Exception):
    """The run cannot be repeated from there; the message says why and what to do instead."""


class Kept(NamedTuple):
    """What still holds: the first of `events` is the old RunStarted, for the caller to make his own.

    `again` names the actions, in the order of the definition, that had come to an end and happen once more;
    `taken` counts those whose result is taken over; `notes` say what of the old run does not fit another
    version.
    """

    action: PlannedAction
    events: list[Event]
    again: tuple[str, ...]
    taken: int
    notes: tuple[str, ...]


def takes_inputs(action: PlannedAction) -> bool:
    """Whether its inputs may be given by hand: those of operations and of called workflows."""
    return isinstance(action.behaviour, (Outside, Child)) and action.static is None


def facts_before(
    plan: Plan,
    history: Sequence[Event],
    name: str,
    *,
    has_inputs: bool,
    repetition: Repetition = (),
    was: Plan | None = None,
) -> Kept:
    """What of `history` (a finished run of `was`, or of `plan` itself) holds when the action runs again.

    `repetition` names the turns of the loops around it, outermost first. Raises NotRepeatable.
    """
    action = _chosen(plan, name, repetition, has_inputs)
    state = fold(history, RunState.empty())
    _check_ran(action, repetition, state)
    repeated = _Repeated(state)
    if was is not None:
        _check_hidden(plan, was)
        repeated.gone = _unfit(plan, was, state)
        _add_missing(repeated, plan.root, ())
    repeated.add(action, repetition)
    _add_cut_short(repeated, plan, action, repetition)
    kept = list(_kept(history, repeated))
    held = {e.name for e in kept if isinstance(e, ev.ActionEnded) and e.status != "Skipped"}
    again = dict.fromkeys(
        e.name
        for e in history
        if isinstance(e, ev.ActionEnded) and e.status != "Skipped" and repeated.covers(e.name, e.repetition)
    )
    order = [one for one in plan.by_name if one in again]
    notes = [] if was is None else _notes(plan, was, state, repeated.gone, held)
    return Kept(action, kept, tuple(order), len(held), tuple(notes))


def _chosen(plan: Plan, name: str, repetition: Repetition, has_inputs: bool) -> PlannedAction:
    action = plan.find(name)
    if action is None:
        raise NotRepeatable(f"There is no action “{name}” in the version that is to be executed.")
    if action.loops and not repetition:
        raise NotRepeatable(
            f"“{action.name}” is inside the loop “{action.loops[0].name}”. Choose the turn to run again, "
            "or run again from the loop itself."
        )
    if len(repetition) != action.depth:
        raise NotRepeatable(
            f"“{action.name}” is inside {action.depth or 'no'} loop{'' if action.depth == 1 else 's'}, but "
            f"{len(repetition)} turn{' was' if len(repetition) == 1 else 's were'} named. "
            "Name one turn for each loop, outermost first."
        )
    if has_inputs and not takes_inputs(action):
        raise NotRepeatable(
            f"The inputs of “{action.name}” are computed by the workflow and cannot be given by hand. "
            "Run again from there without inputs, or from an action that calls something."
        )
    if has_inputs and action.secured_inputs:
        raise NotRepeatable(
            f"The inputs of “{action.name}” are secured and cannot be given by hand. "
            "Run again without inputs."
        )
    return action


def _check_ran(action: PlannedAction, repetition: Repetition, state: RunState) -> None:
    record = state.record(action.name, repetition)
    if record is None or record.status == "Skipped":
        where = "that turn" if repetition else "that run"
        raise NotRepeatable(
            f"“{action.name}” did not run in {where}. Choose an action that did, or resubmit the whole run."
        )


class _Repeated:
    """What of the old run does not hold.

    `actions` happen again, each below a repetition; containers and loops in `opened` go on inside; `turns` of
    loops are not over; names in `gone` have no place in the plan that is followed now.
    """

    def __init__(self, state: RunState) -> None:
        self.state = state
        self.actions: set[_Place] = set()
        self.opened: set[_Place] = set()
        self.turns: set[_Place] = set()
        self.gone: frozenset[str] = frozenset()

    def covers(self, name: str, repetition: Repetition) -> bool:
        return name in self.gone or any(
            (name, repetition[:length]) in self.actions for length in range(len(repetition) + 1)
        )

    def add(self, action: PlannedAction, repetition: Repetition) -> None:
        """The action in these turns, all inside it, and whatever comes after it."""
        pending = [action]
        while pending:
            current = pending.pop()
            if (current.name, repetition) in self.actions:
                continue
            self.actions.add((current.name, repetition))
            for branch in current.branches:
                self.actions.update((inner.name, repetition) for inner in _all(branch.group.actions))
            pending.extend(current.group.actions[index] for index in current.successors)
            self._leave(current.group, repetition)

    def reopen(self, container: PlannedAction, repetition: Repetition) -> None:
        place = (container.name, repetition)
        if place in self.opened or place in self.actions:
            return
        self.opened.add(place)
        for index in container.successors:
            self.add(container.group.actions[index], repetition)
        self._leave(container.group, repetition)

    def _leave(self, group: Group, repetition: Repetition) -> None:
        """What is around the branch goes on as well."""
        owner = group.owner
        if owner is None:
            return
        if not owner.action.is_loop:
            self.reopen(owner, repetition)
            return
        if (owner.name, repetition) in self.turns:
            return
        self.turns.add((owner.name, repetition))
        if owner.type == "Until":
            self._undo_later(owner, group, repetition)
        self.reopen(owner, repetition[:-1])

    def _undo_later(self, loop: PlannedAction, group: Group, repetition: Repetition) -> None:
        """Rounds of an Until build on each other: those after this one did not happen."""
        outer, round_ = repetition[:-1], repetition[-1]
        record = self.state.record(loop.name, outer)
        known = record.loop.turns if record is not None and record.loop is not None else {}
        for later in range(round_ + 1, max(known, default=round_) + 2):
            place = (*outer, later)
            self.turns.add((loop.name, place))
            self.actions.update((inner.name, place) for inner in _all(group.actions))


def _all(actions: Sequence[PlannedAction]) -> Iterator[PlannedAction]:
    for action in actions:
        yield action
        for branch in action.branches:
            yield from _all(branch.group.actions)


def _add_cut_short(repeated: _Repeated, plan: Plan, chosen: PlannedAction, repetition: Repetition) -> None:
    """Whatever had not come to an end of its own.

    A loop that was cut short begins anew, except where the chosen action is in one of its turns: there the
    turns that were over stay over.
    """
    around = {loop.name for loop in chosen.loops}
    for planned in _all(plan.root.actions):
        if any(loop.name not in around for loop in planned.loops):
            continue
        places = repeated.state.records.get(planned.name, {})
        for place, known in places.items():
            inside = place[: planned.depth - 1] == repetition[: planned.depth - 1]
            if len(place) != planned.depth or not inside or not _is_cut_short(known):
                continue
            goes_on = planned.name in around and place == repetition[: planned.depth]
            # A container is entered once; what inside it was not over goes on from where it was.
            if goes_on or (planned.branches and known.branch is not None):
                repeated.reopen(planned, place)
            else:
                repeated.add(planned, place)


def _is_cut_short(record: Record) -> bool:
    if record.status == "Skipped":
        return record.error is not None and record.error.get("code") in _NEVER_BEGUN
    return record.status in _CUT_SHORT  # what has no end at all goes on as after a crash


# -- another version
# ---------------------------------------------------------------------------------------------------


def _check_hidden(plan: Plan, was: Plan) -> None:
    """What was hidden in the old run must stay hidden in the new one."""
    shown = [
        f"“{name}”"
        for name, old in was.by_name.items()
        if (new := plan.by_name.get(name)) is not None
        and (old.secured_inputs > new.secured_inputs or old.secured_outputs > new.secured_outputs)
    ]
    shown += [f"the variable “{name}”" for name in sorted(was.secured_variables - plan.secured_variables)]
    if was.secured_trigger and not plan.secured_trigger:
        shown.append("the trigger")
    if shown:
        raise NotRepeatable(
            f"Values of {_listed(shown)} were secured in that run and would be shown by the chosen version. "
            "Run again on the version of that run."
        )


def _place_of(action: PlannedAction) -> tuple[tuple[str, ...], ...]:
    """Type, and the containers and branches around it."""
    path: list[tuple[str, ...]] = [(action.type,)]
    group = action.group
    while group.owner is not None:
        path.append((group.owner.name, group.owner.type, group.key))
        group = group.owner.group
    return tuple(path)


def _unfit(plan: Plan, was: Plan, state: RunState) -> frozenset[str]:
    """Names of old actions whose facts say nothing about the new plan."""
    unfit = {
        name
        for name, old in was.by_name.items()
        if (new := plan.by_name.get(name)) is None or _place_of(new) != _place_of(old)
    }
    for name, new in plan.by_name.items():
        keys = {branch.key for branch in new.branches}
        records = state.records.get(name, {}).values()
        if name not in unfit and any(record.branch and record.branch not in keys for record in records):
            unfit.add(name)
            branches = was.by_name[name].branches
            unfit.update(inner.name for branch in branches for inner in _all(branch.group.actions))
    return frozenset(unfit)


def _add_missing(repeated: _Repeated, group: Group, repetition: Repetition) -> None:
    """Actions of the new plan that nothing is known of, in every branch and turn that was entered."""
    for action in group.actions:
        record = repeated.state.record(action.name, repetition)
        if record is None or action.name in repeated.gone:
            repeated.add(action, repetition)
            continue
        for branch in action.branches:
            if record.loop is not None:
                for turn in record.loop.turns:
                    _add_missing(repeated, branch.group, (*repetition, turn))
            elif record.branch == branch.key:
                _add_missing(repeated, branch.group, repetition)


def _notes(plan: Plan, was: Plan, state: RunState, gone: frozenset[str], held: set[str]) -> list[str]:
    """What a person should know before it starts, in sentences."""
    new, old = plan.by_name, was.by_name
    changed = [
        name for name in new if name in held and name in old and _reads_otherwise(new[name], old[name])
    ]
    told = [
        _note(
            "New in the chosen version",
            [n for n in new if n not in old],
            "It is executed, and what comes after it.",
        ),
        _note(
            "Not in the chosen version",
            [n for n in old if n not in new],
            "What was done stays done; the results are left behind.",
        ),
        _note(
            "In another place or of another type",
            [n for n in new if n in gone and n in old],
            "The old results do not fit: executed again.",
        ),
        _note("Changed", changed, "The results of that run are taken over all the same."),
    ]
    first = state.run.trigger if state.run is not None else ""
    if first not in plan.definition.triggers:
        told.append(f"The trigger “{first}” is not in the chosen version; what it brought is taken over.")
    return [sentence for sentence in told if sentence]


def _note(title: str, names: Sequence[str], meaning: str) -> str:
    return f"{title}: {_listed([f'“{name}”' for name in names])}. {meaning}" if names else ""


def _reads_otherwise(new: PlannedAction, old: PlannedAction) -> bool:
    """Whether its own text differs; what is inside a container stands for itself."""
    inner = ("actions", "else", "cases", "default", "runAfter", "description", "metadata")

    def own(action: PlannedAction) -> dict[str, Json]:
        return {name: value for name, value in action.action.raw.items() if name not in inner}

    return own(new) != own(old)


def _listed(names: Sequence[str]) -> str:
    if len(names) > 8:
        return f"{', '.join(names[:7])} and {len(names) - 7} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# -- the facts that hold
# ---------------------------------------------------------------------------------------------------


def _kept(history: Iterable[Event], repeated: _Repeated) -> Iterator[Event]:
    # What an action does to variables and the caller's answer comes right before its end.
    doings: list[Event] = []
    for event in history:
        match event:
            case ev.RunStarted():
                yield event
            case ev.VariableSet() | ev.ResponseGiven():
                doings.append(event)
            case ev.TimerFired(key=key) if key != "run":
                place = repeated.state.timer(key)[1]
                if not repeated.covers(*place) and place not in repeated.opened:
                    yield event
            case (
                ev.TimerFired() | ev.RunEnded() | ev.CancelRequested() | ev.ResponseExpired() | ev.Continue()
            ):
                continue
            case ev.ActionEnded():
                place = (event.name, event.repetition)
                if not repeated.covers(*place) and place not in repeated.opened:
                    yield from doings
                    yield event
                doings = []
            case ev.RepetitionEnded():
                over = (event.name, event.repetition) not in repeated.turns
                if over and not repeated.covers(event.name, event.repetition[:-1]):
                    yield event
            case _:
                if not repeated.covers(event.name, event.repetition):
                    yield event


def begun_again(
    first: ev.RunStarted, run_id: str, name: str, at: Any, *inputs: Json, repetition: Repetition = ()
) -> ev.RunStarted:
    """The beginning of the run that repeats `first`'s from an action, with its new inputs when given."""
    rerun: dict[str, Json] = {"action": name}
    if repetition:
        rerun["repetition"] = list(repetition)
    if inputs:
        rerun["inputs"] = inputs[0]
    return replace(first, run_id=run_id, origin=first.run_id, at=at, rerun=rerun)


__all__ = ["Kept", "NotRepeatable", "begun_again", "facts_before", "takes_inputs"]
