"""The value of a template over the data of a past run, or over a sample: the designer's preview.

The draft says what there is (its actions, loops and parameters), the run says what happened. Secured
values are withheld whatever the draft says of them now: the run's own version counts as well (reference
9.8).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from runtime.engine.containers import static_outputs
from runtime.engine.entropy import Entropy
from runtime.engine.events import ActionEnded, Repetition, RunStarted
from runtime.engine.plan import Plan, PlanError, PlannedAction
from runtime.engine.scope import ActionScope, World
from runtime.engine.state import Record, RunState, fold
from runtime.host.history import RunNotFound, content, find_run, plan_for, rows_after
from runtime.host.plans import plan_of
from runtime.language.document import tokens
from runtime.language.expressions.errors import ExpressionError
from runtime.language.template import References, Template, compile_template
from runtime.language.values import Json, Needed, Ref, dumps
from runtime.store.records import VersionText
from runtime.targets import without_secrets

CONTENT_LIMIT = 4_000_000
"""Bytes of stored content that one preview may load."""
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Where the reader stands: data of `run`, else what is pinned and `sample` as the trigger's body; an
    action's turn.
    """

    run: UUID | None = None
    action: str | None = None
    repetition: Repetition = ()
    sample: Json = None
    has_sample: bool = False


class Withheld(Exception):
    """The template reads something that is secured; the message says what, for people."""


class Preview:
    """What one reader sees from one place: the plan, the run's state and what of it is secured, read once."""

    def __init__(
        self, tenant_id: UUID, draft: str, at: Viewpoint, parameters: Mapping[str, Json] | None = None
    ) -> None:
        """Raises RunNotFound, and ExpressionError where neither draft nor run can be read."""
        run = find_run(tenant_id, at.run) if at.run is not None else None
        past = plan_for(run) if run is not None else None
        plan = _plan(tenant_id, draft, parameters or {}) or past
        if plan is None:
            raise ExpressionError("InvalidTemplate", "The workflow has errors that keep it from being read.")
        if run is None:
            self._state = _sampled(at, plan)
        else:
            events = [event for _, events in rows_after(run, 0) for event in events]
            self._state = fold(events, RunState.empty())
        self._plan = plan
        self._at = at
        self._has_data = run is not None or at.has_sample
        self._secrets = _Secrets([each for each in (plan, past) if each is not None])
        self._loader = _Loader(tenant_id, at.run)

    def value(self, template: Json) -> Json:
        """Raises Withheld, and ExpressionError with the engine's own sentence."""
        compiled = compile_template(template)
        self._secrets.check(compiled.references, self._at.action)
        if not self._has_data and self._reads_data(compiled.references):
            message = "There is no data yet: choose a run, give a sample, or pin a result."
            raise ExpressionError("NoData", message)
        world = World(self._plan, self._state, datetime.now(UTC), Entropy(os.urandom(32)), self._loader)
        return _evaluated(compiled, _scope(world, self._plan, self._at), self._loader, world)

    def _reads_data(self, seen: References) -> bool:
        """Whether it reads more than what is pinned."""
        found = [self._plan.find(name) for name in (*seen.actions, *seen.records, *seen.contents)]
        return bool(
            seen.variables or seen.loops or seen.scopes or seen.trigger or seen.item
            or seen.current_action or seen.dynamic or any(one is None or one.static is None for one in found)
        )  # fmt: skip


def _plan(tenant_id: UUID, draft: str, parameters: Mapping[str, Json]) -> Plan | None:
    nobody = UUID(int=0)
    try:
        text = VersionText(nobody, tenant_id, nobody, "", "", None, draft, dumps(dict(parameters)))
        return plan_of(text).plan
    except (PlanError, ValueError):
        return None


def _sampled(at: Viewpoint, plan: Plan) -> RunState:
    record: dict[str, Json] = {"name": "sample", "outputs": {"headers": {}, "body": at.sample}}
    started = RunStarted("sample", {"name": ""}, "sample", record if at.has_sample else {})
    pinned = [
        _pinned(action, action.static, at) for action in plan.by_name.values() if action.static is not None
    ]
    return fold([started, *pinned], RunState.empty())


def _pinned(action: PlannedAction, static: Mapping[str, Json], at: Viewpoint) -> ActionEnded:
    """A pinned result as the end of its action, in the turn of its loops that the reader stands in."""
    turn = (*at.repetition, *(0 for _ in action.loops))[: len(action.loops)]
    outputs, code = static_outputs(static)
    status = str(static.get("status", "Succeeded"))
    return ActionEnded(datetime.now(UTC), action.name, turn, status, str(code or "OK"), outputs=outputs)


# -- what is secured


class _Secrets:
    """What the draft or the run's own version secures, by name."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.plans = plans
        self.actions = frozenset(
            name.casefold() for plan in plans for name in plan.secured_inputs | plan.secured_outputs
        )
        self.outputs = frozenset(name.casefold() for plan in plans for name in plan.secured_outputs)
        self.variables = frozenset(name for plan in plans for name in plan.secured_variables)
        self.parameters = frozenset(
            one.name.casefold() for plan in plans for one in plan.definition.parameters.values() if one.secure
        )
        self.trigger = any(plan.secured_trigger for plan in plans)

    def check(self, seen: References, place: str | None) -> None:
        """Raises Withheld for a template that reads a secret."""
        if seen.app_settings:
            raise Withheld("Application settings are not shown.")
        if seen.dynamic and (self.actions or self.parameters or self.variables or self.trigger):
            raise Withheld("The expression computes a name, and the workflow has secured values.")
        if seen.trigger and self.trigger:
            raise Withheld("What the trigger brought is secured.")
        for name in seen.parameters:
            if name.casefold() in self.parameters:
                raise Withheld(f"The parameter '{name}' is secure.")
        for name in seen.variables:
            if name.casefold() in self.variables:
                raise Withheld(f"The variable '{name}' holds a secured value.")
        for name in (*seen.records, *seen.scopes, *seen.loops):
            if any(self._holds(plan.find(name)) for plan in self.plans):
                raise Withheld(f"The values of '{name}' are secured.")
        for name in seen.contents:
            named = (plan.find(name) for plan in self.plans)
            if any(one is not None and one.name.casefold() in self.outputs for one in named):
                raise Withheld(f"The values of '{name}' are secured.")
        if place is not None and (seen.item or seen.current_action):
            found = [here for plan in self.plans if (here := plan.find(place)) is not None]
            around = {one.name.casefold() for here in found for one in (*here.loops, here)}
            if around & self.actions:
                raise Withheld("The current item or action is secured.")

    def _holds(self, action: PlannedAction | None) -> bool:
        pending = [action] if action is not None else []
        while pending:
            current = pending.pop()
            if current.name.casefold() in self.actions:
                return True
            pending += [one for branch in current.branches for one in branch.group.actions]
        return False


class _Shown(ActionScope):
    """Records as people may see them: without the passwords that inputs carry."""

    __slots__ = ()

    def record(self, planned: PlannedAction, record: Record, repetition: Repetition) -> dict[str, Json]:
        shown = super().record(planned, record, repetition)
        if "inputs" in shown:
            shown["inputs"] = without_secrets(planned.type, shown["inputs"])
        if planned.tracked is None:
            shown.pop("trackedProperties", None)  # of runs that were kept before these were left out
        return shown


def _scope(world: World, plan: Plan, at: Viewpoint) -> ActionScope:
    place = plan.find(at.action) if at.action else None
    if place is None:
        return _Shown(world)
    repetition = (*at.repetition, *(0 for _ in place.loops))[: max(len(place.loops), len(at.repetition))]
    return _Shown(world, place, repetition, inside=place.type == "Until")


# -- evaluating


class _Loader:
    """Stored content, up to a limit for all of it."""

    def __init__(self, tenant_id: UUID, run: UUID | None) -> None:
        self._tenant = tenant_id
        self._run = run
        self._left = CONTENT_LIMIT
        self._known: dict[str, Json] = {}

    def __call__(self, ref: Ref) -> Json:
        if ref.hash not in self._known:
            self._known[ref.hash] = self._read(ref)
        return _part(self._known[ref.hash], ref.pointer)

    def _read(self, ref: Ref) -> Json:
        if self._run is None or ref.size > self._left:
            raise ExpressionError("TooLarge", f"The value is too large for a preview ({ref.size:,} bytes).")
        self._left -= ref.size
        try:
            return content(self._tenant, self._run, ref.hash)
        except RunNotFound:
            raise Withheld("The value is secured, or has been deleted since.") from None


def _part(value: Json, pointer: str) -> Json:
    for token in tokens(pointer):
        value = value[int(token)] if isinstance(value, list) else value[token]
    return value


def _evaluated(compiled: Template, scope: ActionScope, loader: _Loader, world: World) -> Json:
    for _ in range(_ROUNDS):
        try:
            value = compiled.evaluate(scope)
            if not isinstance(value, Ref):
                return value
            return loader(value)
        except Needed as needed:
            for ref in needed.refs:
                loader(ref)
                world.wanted.add(ref.hash)
        except ExpressionError as error:
            if isinstance(error.__cause__, IndexError):
                raise ExpressionError("NoData", "The loop did not have that turn in this run.") from None
            raise
    raise ExpressionError("TooLarge", "The value is too large for a preview.")
