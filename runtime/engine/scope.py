"""What expressions of one execution can see: the engine's side of `runtime.language.template.Scope`.

Actions and variables are facts of the state; which execution of an action is meant follows from where the
reader stands: an action in the same turn of the same loops is seen alone, one inside a loop elsewhere as
the list of its repetitions (reference 7.4).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from runtime.engine.credentials import may_hold_credentials, without_credentials
from runtime.engine.entropy import Entropy
from runtime.engine.events import Repetition, address
from runtime.engine.sizes import Known
from runtime.engine.state import Record, RunState, Variable
from runtime.language.template import ExpressionError
from runtime.language.values import Json, Needed, Ref, kind_of

if TYPE_CHECKING:
    from runtime.engine.plan import Plan, PlannedAction

Load = Callable[[Ref], Json]


def refuse(ref: Ref) -> Json:
    """A loader that has nothing."""
    raise Needed((ref,))


def format_time(moment: datetime) -> str:
    """UTC with seven digits, as records show times (reference 4.7.1)."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}0Z"


def execution_key(run_id: str, name: str, repetition: Repetition) -> str:
    """The idempotency key of an execution: the same for every try of it."""
    try:
        space = uuid.UUID(run_id)
    except ValueError:
        space = uuid.uuid5(uuid.NAMESPACE_OID, run_id)
    return str(uuid.uuid5(space, address(name, repetition)))


class World:
    """What does not change within a slice: plan, state, moment, chance, loader."""

    __slots__ = ("entropy", "handed_out", "load", "now", "plan", "state", "wanted", "weighed")

    def __init__(self, plan: Plan, state: RunState, now: datetime, entropy: Entropy, load: Load) -> None:
        self.plan = plan
        self.state = state
        self.now = now
        self.entropy = entropy
        self.load = load
        # Hashes whose content an evaluation asked for: they are shown in place of their Refs from then on.
        self.wanted: set[str] = set()
        self.handed_out: dict[int, Variable] = {}
        self.weighed: Known = {}

    def shown(self, value: Json) -> Json:
        """`value` with the content of wanted Refs in their places; all else as it is."""
        if not self.wanted:
            return value
        return self._filled(value)

    def _filled(self, value: Json) -> Json:
        if isinstance(value, Ref):
            return self.load(value) if value.hash in self.wanted else value
        if isinstance(value, dict):
            return {name: self._filled(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        return value

    def guard(self, value: Json) -> None:
        """`value` becomes a fact: a growing list inside it, handed out by a variable, must grow no more."""
        for variable in self.handed_out.values():
            if _holds(value, variable.read(self.load)):
                variable.release()

    def run_scope(self) -> ActionScope:
        """The scope outside of all actions, for the outputs of the run."""
        return ActionScope(self)


def _holds(result: Json, wanted: Json) -> bool:
    pending = [result]
    seen: set[int] = set()  # a value may hold another many times
    while pending:
        value = pending.pop()
        if value is wanted:
            return True
        if id(value) in seen:
            continue
        seen.add(id(value))
        if type(value) is list:
            pending.extend(item for item in value if type(item) in (list, dict))
        elif type(value) is dict:
            pending.extend(item for item in value.values() if type(item) in (list, dict))
    return False


_ABSENT = object()


class ActionScope:
    """The scope of one execution (or, without an action, of the run)."""

    __slots__ = ("_action", "_current", "_item", "_loops", "_repetition", "_token", "_world")

    def __init__(
        self,
        world: World,
        action: PlannedAction | None = None,
        repetition: Repetition = (),
        *,
        inside: bool = False,
        current: Record | None = None,
        item: Json = _ABSENT,
        token: str | None = None,
    ) -> None:
        """`inside` puts the reader into the loop that the action is (conditions of Until); `current` is what
        `action()` answers with where the record is not written yet."""
        self._world = world
        self._action = action
        self._loops: tuple[PlannedAction, ...] = action.loops if action is not None else ()
        if inside and action is not None:
            self._loops = (*self._loops, action)
        self._repetition = repetition
        self._current = current
        self._item = item
        self._token = token

    # -- what templates ask ------------------------------------------------------

    def parameter(self, name: str) -> Json:
        return self._world.plan.parameters.value(name)

    def variable(self, name: str) -> Json:
        variable = self._world.state.variable(name)
        if variable is None:
            raise KeyError(name)
        value = variable.read(self._world.load)
        if variable.growing:
            self._world.handed_out[id(variable)] = variable
        return self._world.shown(value)

    def action(self, name: str) -> dict[str, Json]:
        planned = self._planned(name)
        record = self._own_record(planned)
        if record is not None:
            return self.record(planned, record, self._repetition[: len(planned.loops)])
        prefix = self._repetition[: self._shared(planned)]
        records = list(self._records_under(planned, prefix))
        if not records:
            return {"name": planned.name}
        return self._merged(planned, records)

    def action_outputs(self, name: str) -> Json:
        world = self._world
        planned = world.plan.by_name.get(name) or self._planned(name)
        records = world.state.records.get(planned.name)
        if records is None:
            return None
        if not planned.depth or self._shared(planned) == planned.depth:
            record = records.get(self._repetition[: planned.depth])
            return world.shown(record.outputs) if record is not None else None
        outputs = [
            found.outputs
            for _, found in self._records_under(planned, self._repetition[: self._shared(planned)])
        ]
        if not outputs:
            return None
        if any(isinstance(value, dict) and "body" in value for value in outputs):
            return {
                "body": [
                    world.shown(value.get("body")) if isinstance(value, dict) else None for value in outputs
                ]
            }
        return world.shown(outputs)

    def current_action(self) -> dict[str, Json]:
        if self._action is None:
            raise _misplaced("action")
        repetition = self._repetition[: self._action.depth]
        record = self._current or self._world.state.record(self._action.name, repetition)
        if record is None:
            return {"name": self._action.name}
        return self.record(self._action, record, repetition)

    def trigger(self) -> dict[str, Json]:
        run = self._world.state.run
        return self._world.shown(run.record) if run else {}

    def trigger_outputs(self) -> Json:
        return self.trigger().get("outputs")

    def item(self) -> Json:
        if self._item is not _ABSENT:
            return self._item
        for depth in range(len(self._loops), 0, -1):
            loop = self._loops[depth - 1]
            if loop.type == "Foreach":
                return self._item_of(loop, depth)
        raise _misplaced("item")

    def items(self, loop: str) -> Json:
        planned, depth = self._enclosing(loop, "items")
        return self._item_of(planned, depth)

    def iteration_index(self, loop: str) -> int:
        _, depth = self._enclosing(loop, "iterationIndexes")
        return self._repetition[depth - 1]

    def result(self, name: str) -> list[Json]:
        planned = self._planned(name)
        return [
            record
            for branch in planned.branches
            for child in branch.group.actions
            if (record := self._result_of(planned, child)) is not None
        ]

    def workflow(self) -> dict[str, Json]:
        state, run = self._world.state, self._world.state.run
        described = dict(run.workflow) if run else {}
        described.pop("version", None)
        described.setdefault("type", "workflow")
        described.setdefault("location", "")
        described.setdefault("tags", {"flowDisplayName": described.get("name", "")})
        described["run"] = {
            "name": state.run_id,
            "type": "workflow/run",
            "id": f"{described.get('id', '')}/runs/{state.run_id}",
        }
        return described

    def callback_url(self) -> str:
        run = self._world.state.run
        if self._token is None or run is None:
            raise _misplaced("listCallbackUrl")
        return f"{run.callback_base}/callbacks/{run.run_id}/{self._token}"

    def app_setting(self, name: str) -> Json:
        return self._world.plan.app_settings.get(name)

    def now(self) -> datetime:
        return self._world.now

    def random_bytes(self, n: int) -> bytes:
        return self._world.entropy.random_bytes(n)

    def with_item(self, item: Json) -> ActionScope:
        inner = ActionScope(self._world, self._action, self._repetition, item=self._world.shown(item))
        inner._loops, inner._current, inner._token = self._loops, self._current, self._token
        return inner

    # -- what actions ask ------------------------------------------------------

    @property
    def state(self) -> RunState:
        return self._world.state

    @property
    def is_stateless(self) -> bool:
        return self._world.plan.kind.lower() == "stateless"

    def find_variable(self, name: str) -> Variable | None:
        return self._world.state.variable(name)

    def content(self, value: Json) -> Json:
        """The value itself where it may be a Ref. Raises Needed."""
        return self._world.load(value) if isinstance(value, Ref) else value

    def content_of(self, variable: Variable) -> Json:
        """The whole value of a variable. Raises Needed."""
        return self.content(variable.read(self._world.load))

    def record(self, planned: PlannedAction, record: Record, repetition: Repetition) -> dict[str, Json]:
        """An action record as expressions see it (reference 4.7.1): empty members are left out."""
        world = self._world
        run = world.state.run
        shown: dict[str, Json] = {"name": planned.name}
        if not planned.is_container:
            if record.inputs is not None:
                shown["inputs"] = self._inputs(planned, record)
            if record.outputs is not None:
                shown["outputs"] = world.shown(record.outputs)
        if record.tracked:
            shown["trackedProperties"] = world.shown(record.tracked)
        shown["startTime"] = format_time(record.started)
        if record.ended is not None:
            shown["endTime"] = format_time(record.ended)
        shown["trackingId"] = execution_key(world.state.run_id, planned.name, repetition)
        if run is not None:
            shown["clientTrackingId"] = run.client_tracking_id
            if keywords := run.record.get("clientKeywords"):
                shown["clientKeywords"] = keywords
        shown["status"] = record.status
        if record.code != "NotSpecified":
            shown["code"] = record.code
        if record.error is not None:
            shown["error"] = record.error
        return shown

    def _inputs(self, planned: PlannedAction, record: Record) -> Json:
        """What the action was given, without the credentials of a call."""
        inputs = self._world.shown(record.inputs)
        if planned.behaviour.shape not in ("outside", "child"):
            return inputs
        if isinstance(inputs, Ref) and may_hold_credentials(planned.action.inputs):
            inputs = self.content(inputs)
        return without_credentials(inputs)

    # -- finding the execution that is meant ------------------------------------------------------

    def _planned(self, name: str) -> PlannedAction:
        found = self._world.plan.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def _shared(self, planned: PlannedAction) -> int:
        """How many loops the reader and the action have in common."""
        count = 0
        for mine, theirs in zip(self._loops, planned.loops, strict=False):
            if mine is not theirs:
                break
            count += 1
        return count

    def _own_record(self, planned: PlannedAction) -> Record | None:
        if self._shared(planned) < len(planned.loops):
            return None
        return self._world.state.record(planned.name, self._repetition[: len(planned.loops)])

    def _records_under(
        self, planned: PlannedAction, prefix: Repetition
    ) -> Iterator[tuple[Repetition, Record]]:
        """The action's executions in the turns below `prefix`, in the order of their indexes."""
        state = self._world.state
        depth = len(prefix)
        if depth == len(planned.loops):
            record = state.record(planned.name, prefix)
            if record is not None:
                yield prefix, record
            return
        loop = state.record(planned.loops[depth].name, prefix)
        if loop is None or loop.loop is None:
            return
        turns = loop.loop.count if loop.loop.count is not None else len(loop.loop.turns) + 1
        for index in range(turns):
            yield from self._records_under(planned, (*prefix, index))

    def _merged(self, planned: PlannedAction, records: list[tuple[Repetition, Record]]) -> dict[str, Json]:
        """One record for all repetitions (reference 4.7, `result`)."""
        statuses = {record.status for _, record in records}
        worst = next(
            (
                status
                for status in ("Failed", "TimedOut", "Cancelled", "Running", "Waiting", "Succeeded")
                if status in statuses
            ),
            "Skipped",
        )
        return {
            "name": planned.name,
            "outputs": [self.record(planned, record, repetition) for repetition, record in records],
            "startTime": format_time(min(record.started for _, record in records)),
            "repetitionCount": len(records),
            "status": worst,
            "code": "NotSpecified",
        }

    def _result_of(self, scope: PlannedAction, child: PlannedAction) -> Json:
        prefix = self._repetition[: self._shared(child)]
        own = self._world.state.record(child.name, prefix)
        if own is not None and len(prefix) <= len(scope.loops) and len(prefix) < len(child.loops):
            return self.record(child, own, prefix)  # skipped with its loop
        records = list(self._records_under(child, prefix))
        if not records:
            return None
        if scope.type == "Foreach" and len(prefix) < len(child.loops):
            return self._merged(child, records)
        repetition, record = records[-1]
        shown = self.record(child, record, repetition)
        if scope.type == "Until":
            shown["repetitionCount"] = len(records)
        return shown

    def _enclosing(self, name: str, function: str) -> tuple[PlannedAction, int]:
        wanted = name.casefold()
        for depth, loop in enumerate(self._loops, 1):
            if loop.name == name or loop.name.casefold() == wanted:
                return loop, depth
        raise ExpressionError(
            "InvalidTemplate",
            f"The template function '{function}' is not expected at this location: "
            f"the action is not inside a loop named '{name}'.",
        )

    def _item_of(self, loop: PlannedAction, depth: int) -> Json:
        record = self._world.state.record(loop.name, self._repetition[: depth - 1])
        items = self.content(record.inputs if record else None)
        if not isinstance(items, list):
            raise TypeError(f"the items of '{loop.name}' are of kind {kind_of(items)}")
        return self._world.shown(items[self._repetition[depth - 1]])


def _misplaced(function: str) -> ExpressionError:
    return ExpressionError(
        "InvalidTemplate", f"The template function '{function}' is not expected at this location."
    )
