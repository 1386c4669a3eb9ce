"""The frame of a definition: names, run-after graph, limits, and where certain actions may stand.

`Outline` is built once and answers what the other rules ask: which action is called so, what stands around
it, and whether another action has certainly finished before it (reference 7.6). Everything here is linear in
the number of actions, except the ancestor sets, which are one bit per pair of siblings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from runtime.language.definition import Action, Definition
from runtime.language.document import pointer_of
from runtime.language.validate.problems import Problems, below, listed
from runtime.language.values import Json

STATUSES: Final = frozenset({"succeeded", "failed", "skipped", "timedout"})


@dataclass(slots=True, eq=False)
class Sibling:
    """An action in its list of siblings; `before` has one bit per sibling that finishes earlier."""

    action: Action
    list: SiblingList
    index: int
    before: int = 0

    @property
    def around(self) -> Sibling | None:
        return self.list.owner

    def enclosing(self) -> Iterator[Sibling]:
        """The containers around it, innermost first."""
        outer = self.around
        while outer is not None:
            yield outer
            outer = outer.around


@dataclass(slots=True, eq=False)
class SiblingList:
    owner: Sibling | None
    pointer: str
    depth: int
    members: dict[str, Sibling] = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)  # lower-case name → name
    cyclic: list[str] = field(default_factory=list)


class Outline:
    """Every action by name, in its place."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.lists: list[SiblingList] = []
        self.by_name: dict[str, Sibling] = {}
        self.folded: dict[str, Sibling] = {}
        self.twice: list[tuple[Sibling, Sibling]] = []
        self.triggers = frozenset(name.lower() for name in definition.triggers)
        # Before 2016 references alone made one action wait for another.
        self.implicit_order = re.search(r"/schemas/201[45]-", str(definition.raw.get("$schema"))) is not None
        pending: list[tuple[dict[str, Action], Sibling | None, str, int]] = [
            (definition.actions, None, "/actions", 1)
        ]
        while pending:
            actions, owner, pointer, depth = pending.pop()
            siblings = self._list(actions, owner, pointer, depth)
            for sibling in siblings.members.values():
                for branch in sibling.action.branches:
                    pending.append((branch.actions, sibling, branch.pointer, depth + 1))

    def _list(
        self, actions: dict[str, Action], owner: Sibling | None, pointer: str, depth: int
    ) -> SiblingList:
        siblings = SiblingList(owner, pointer, depth)
        self.lists.append(siblings)
        for index, (name, action) in enumerate(actions.items()):
            sibling = Sibling(action, siblings, index)
            siblings.members[name] = sibling
            first = self.folded.setdefault(name.lower(), sibling)
            if first is not sibling:
                self.twice.append((sibling, first))
            self.by_name.setdefault(name, sibling)
        _order(siblings)
        return siblings

    def find(self, name: str) -> Sibling | None:
        """By name, ignoring case (reference 1.2); the exact spelling first."""
        return self.by_name.get(name) or self.folded.get(name.lower())

    def every(self) -> Iterator[Sibling]:
        for siblings in self.lists:
            yield from siblings.members.values()

    def failure_is_caught(self, sibling: Sibling) -> bool:
        """Whether an action, or a container around it, has a follower that runs when it has failed."""
        for step in (sibling, *sibling.enclosing()):
            for other in step.list.members.values():
                statuses = other.action.run_after.get(step.action.name, ())
                if "Failed" in statuses and other is not step:
                    return True
        return False

    def finished_before(self, name: Sibling, reader: Sibling) -> bool:
        """Whether an action has ended, in whatever status, whenever another one starts."""
        mine = [reader, *reader.enclosing()]
        theirs = [name, *name.enclosing()]
        by_list = {id(sibling.list): sibling for sibling in mine}
        for sibling in theirs:
            meeting = by_list.get(id(sibling.list))
            if meeting is not None:
                return bool(meeting.before >> sibling.index & 1)
        return False


def _order(siblings: SiblingList) -> None:
    """Ancestor sets in topological order; what is left over lies on a cycle or behind one."""
    members = siblings.members
    siblings.folded = {name.lower(): name for name in members}
    predecessors = {
        name: {p if p in members else siblings.folded.get(p.lower(), "") for p in sibling.action.run_after}
        - {""}
        for name, sibling in members.items()
    }
    waiting = {name: len(before) for name, before in predecessors.items()}
    followers: dict[str, list[str]] = {name: [] for name in members}
    for name in members:
        for predecessor in predecessors[name]:
            followers[predecessor].append(name)
    ready = [name for name, count in waiting.items() if count == 0]
    while ready:
        name = ready.pop()
        done = members[name]
        reach = done.before | 1 << done.index
        for follower in followers[name]:
            members[follower].before |= reach
            waiting[follower] -= 1
            if waiting[follower] == 0:
                ready.append(follower)
    siblings.cyclic = [name for name, count in waiting.items() if count > 0]


def check_structure(outline: Outline, problems: Problems) -> None:
    for later, first in outline.twice:
        problems.error(
            "InvalidWorkflowRunActionName",
            later.action.pointer,
            f"The name '{later.action.name}' is used twice: also at {first.action.pointer}. Names are unique "
            "in the "
            "whole definition, at all depths and ignoring case; rename one of them.",
        )
    for siblings in outline.lists:
        _check_cycles(siblings, problems)
        for sibling in siblings.members.values():
            _check_run_after(sibling, outline, problems)
            _check_placement(sibling, outline, problems)
    _check_reach(outline, problems)
    _check_responses(outline, problems)


def _check_run_after(sibling: Sibling, outline: Outline, problems: Problems) -> None:
    action = sibling.action
    written = action.raw.get("runAfter")
    if written is None:
        return
    pointer = below(action.pointer, "runAfter")
    if not isinstance(written, dict):
        problems.error(
            "InvalidTemplate", pointer, "'runAfter' must be an object that names actions with their statuses."
        )
        return
    for name, statuses in written.items():
        place = below(pointer, name)
        if name.lower() == action.name.lower():
            problems.error(
                "InvalidTemplate", place, f"The action '{action.name}' waits for itself in 'runAfter'."
            )
        elif name not in sibling.list.members:
            near = sibling.list.folded.get(name.lower())
            _unknown_predecessor(action, place, name, near, outline, problems)
        _check_statuses(action, place, name, statuses, problems)


def _unknown_predecessor(
    action: Action, place: str, name: str, near: str | None, outline: Outline, problems: Problems
) -> None:
    if near:
        problems.warning(
            "InvalidTemplate",
            place,
            f"'{action.name}' runs after '{name}', which is spelled '{near}' where it stands: write it "
            "alike.",
        )
    elif name.lower() in outline.triggers:  # as designers of agents write it: it says nothing
        problems.info("InvalidTemplate", place, f"'{name}' is a trigger: every action runs after it anyway.")
    else:
        problems.error(
            "InvalidTemplate",
            place,
            f"'{action.name}' runs after '{name}', but there is no such action beside it: 'runAfter' names "
            "actions "
            "of the same list only. Choose one of them, or remove this.",
        )


def _check_statuses(action: Action, place: str, name: str, statuses: Json, problems: Problems) -> None:
    if not isinstance(statuses, list) or not all(isinstance(status, str) for status in statuses):
        problems.error("InvalidTemplate", place, "The statuses of 'runAfter' must be an array of texts.")
        return
    for index, status in enumerate(statuses):
        if str(status).lower() not in STATUSES:
            problems.error(
                "ValueNotSupported",
                below(place, index),
                f"'{status}' is no status to run after: use Succeeded, Failed, Skipped or TimedOut.",
            )
    if not statuses:
        problems.warning(
            "ActionUnreachable",
            place,
            f"'{action.name}' never runs: no status of '{name}' is listed. Name at least one.",
        )


def _check_cycles(siblings: SiblingList, problems: Problems) -> None:
    """Name the cycles themselves; what only waits behind one is not at fault."""
    seen: set[str] = set()
    waiting = set(siblings.cyclic)
    for name in siblings.cyclic:
        path: list[str] = []
        here = name
        while here not in seen:
            seen.add(here)
            path.append(here)
            here = next((p for p in siblings.members[here].action.run_after if p in waiting), here)
        if here in path:
            cycle = path[path.index(here) :]
            first = siblings.members[cycle[0]].action
            if len(cycle) > 1:
                problems.error(
                    "InvalidTemplate",
                    below(first.pointer, "runAfter"),
                    f"The actions {listed(cycle)} wait for each other in a circle: none of them can start. "
                    "Take "
                    "one of them out of 'runAfter'.",
                )


def _check_placement(sibling: Sibling, outline: Outline, problems: Problems) -> None:
    action = sibling.action
    loop = next((outer for outer in sibling.enclosing() if outer.action.is_loop), None)
    if action.type == "InitializeVariable" and sibling.around is not None:
        problems.error(
            "InvalidWorkflowRunAction",
            action.pointer,
            f"'{action.name}' initialises a variable inside '{sibling.around.action.name}': variables can be "
            "initialised only at the top level. Move it out, and set the variable here.",
        )
    if action.type == "Terminate" and loop is not None:
        problems.error(
            "InvalidWorkflowRunAction",
            action.pointer,
            f"'{action.name}' ends the run inside the loop '{loop.action.name}', which is not allowed: leave "
            "the loop "
            "first, for example through a variable that is checked after it.",
        )
    if action.type == "Response" and loop is not None:
        problems.error(
            "InvalidWorkflowRunAction",
            action.pointer,
            f"'{action.name}' answers the caller inside the loop '{loop.action.name}': a caller gets one "
            "answer. "
            "Move it behind the loop.",
        )


def _check_reach(outline: Outline, problems: Problems) -> None:
    """Actions that nothing leads to: a Terminate before them ends the run in any case."""
    for siblings in outline.lists:
        ends = 0
        for sibling in siblings.members.values():
            if sibling.action.type == "Terminate":
                ends |= 1 << sibling.index
        for sibling in siblings.members.values():
            if sibling.before & ends:
                problems.warning(
                    "ActionUnreachable",
                    sibling.action.pointer,
                    f"'{sibling.action.name}' never runs: a Terminate action before it ends the run.",
                )


def _check_responses(outline: Outline, problems: Problems) -> None:
    responses = [sibling for sibling in outline.every() if sibling.action.type == "Response"]
    if not responses:
        return
    triggers = list(outline.definition.triggers.values())
    if triggers and not any(trigger.type == "Request" for trigger in triggers):
        _misplaced_response(triggers[0].type, responses[0], problems)
    for trigger in triggers:
        waits = any("asynchronous" not in sibling.action.operation_options for sibling in responses)
        if trigger.split_on is not None and waits:
            problems.error(
                "WorkflowUnsupportedSplitOnTriggerForResponseAction",
                pointer_of("triggers", trigger.name, "splitOn"),
                f"The trigger '{trigger.name}' starts one run per item (splitOn), so "
                f"'{responses[0].action.name}' "
                "cannot answer its caller. Remove splitOn or the Response.",
            )
    _check_rivals(responses[:50], problems)


def _check_rivals(responses: list[Sibling], problems: Problems) -> None:
    """Two answers that neither order nor status keeps apart."""
    for place, later in enumerate(responses):
        rival = next((earlier for earlier in responses[:place] if _both_run(earlier, later)), None)
        if rival is not None:
            problems.warning(
                "ActionResponseAlreadyDefined",
                later.action.pointer,
                f"'{later.action.name}' and '{rival.action.name}' can both run: the second answer fails.",
            )
            return


def _misplaced_response(kind: str, response: Sibling, problems: Problems) -> None:
    codes = {
        "Recurrence": "WorkflowUnsupportedRecurrenceTriggerForResponseAction",
        "SlidingWindow": "WorkflowUnsupportedRecurrenceTriggerForResponseAction",
        "Batch": "WorkflowUnsupportedBatchTriggerForResponseAction",
    }
    name = response.action.name
    sentence = f"'{name}' answers a caller, but a trigger of type {kind} has none: only Request triggers do."
    if kind in codes:
        problems.error(
            codes[kind], response.action.pointer, f"{sentence} Remove it, or use a Request trigger."
        )
    else:
        problems.warning("ActionResponseSkipped", response.action.pointer, f"{sentence} It will be skipped.")


def _both_run(one: Sibling, other: Sibling) -> bool:
    """Whether two actions lie in parallel branches: neither before the other and not in opposite branches."""
    mine = {id(s.list): s for s in (one, *one.enclosing())}
    for theirs in (other, *other.enclosing()):
        meeting = mine.get(id(theirs.list))
        if meeting is None:
            continue
        if meeting is theirs:
            return False  # different branches of one container
        ordered = meeting.before >> theirs.index & 1 or theirs.before >> meeting.index & 1
        return not ordered and not _exclusive(meeting, theirs)
    return False


def _exclusive(one: Sibling, other: Sibling) -> bool:
    """Whether two siblings, or what leads to them, want different statuses of the same action."""
    wanted: dict[str, list[frozenset[str]]] = {}
    for step in _leading_to(one):
        for name, statuses in step.action.run_after.items():
            wanted.setdefault(name, []).append(frozenset(statuses))
    return any(
        seen.isdisjoint(statuses)
        for step in _leading_to(other)
        for name, statuses in step.action.run_after.items()
        for seen in wanted.get(name, ())
    )


def _leading_to(sibling: Sibling) -> list[Sibling]:
    earlier = [other for other in sibling.list.members.values() if sibling.before >> other.index & 1]
    return [sibling, *earlier]
