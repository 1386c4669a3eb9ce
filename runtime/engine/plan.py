"""A definition compiled once: every template, who follows whom, which loops surround what, what must stay
secret.

A plan never changes and may be shared by all runs of a version. It is tolerant like `definition.read`: a
template that does not parse makes its action fail when the run gets there, as do actions of unknown
types. Only a graph that has no order (a circle, a predecessor that does not exist) is no plan: PlanError.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from runtime.engine.actions import behaviour_of
from runtime.engine.actions.contract import Answer, Behaviour, Items, OfPreviewSchema
from runtime.engine.secured import find_secured
from runtime.language.definition import Action, Branch, Definition, preview_members
from runtime.language.template import (
    ExpressionError,
    References,
    Scope,
    Template,
    TemplateError,
    compile_condition,
    compile_template,
)
from runtime.language.values import Json, dumps

MOST_LEVELS = 100  # the interpreter nests about three times as deep before it gives up


class PlanError(ValueError):
    """The definition cannot be run at all; the message says what is wrong and where (`pointer`)."""

    def __init__(self, message: str, pointer: str) -> None:
        super().__init__(message)
        self.pointer = pointer


class ResponseMode(enum.Enum):
    """How the caller of a Request trigger is answered (reference 5.5)."""

    NONE = "none"  # no Response action: 202 at once
    SYNC = "sync"  # wait for the Response
    ASYNC = "async"  # 202 with a Location, the Response later


@dataclass(slots=True, eq=False)
class Group:
    """Actions of one branch, known by index. `first` have no predecessor, `leaves` no successor."""

    key: str
    owner: PlannedAction | None
    case: Json = None
    actions: list[PlannedAction] = field(default_factory=list)
    first: tuple[int, ...] = ()
    leaves: tuple[int, ...] = ()
    counts: list[int] = field(default_factory=list)  # predecessors by index


@dataclass(slots=True, eq=False)
class PlannedBranch:
    key: str
    group: Group


@dataclass(slots=True, eq=False)
class PlannedAction:
    """One action, compiled. `loops` surround it, outermost first; `depth` is their number."""

    action: Action
    name: str
    type: str
    index: int
    group: Group
    loops: tuple[PlannedAction, ...]
    depth: int
    behaviour: Behaviour
    is_container: bool
    timeout: Template | None
    tracked: Template | None
    static: dict[str, Json] | None
    configuration: Template | None = None  # runtimeConfiguration, where there are expressions in it
    branches: tuple[PlannedBranch, ...] = ()
    predecessors: tuple[tuple[int, tuple[str, ...]], ...] = ()
    successors: tuple[int, ...] = ()
    secured_inputs: bool = False
    secured_outputs: bool = False

    @property
    def secured(self) -> bool:
        return self.secured_inputs or self.secured_outputs

    @property
    def waits_for_polls(self) -> bool:
        return "disableasyncpattern" not in self.action.operation_options


class Parameters:
    """Parameter values of a workflow: given ones, else defaults. Names ignore case, exact spelling first."""

    def __init__(
        self, definition: Definition, given: Mapping[str, Json], settings: Mapping[str, Json]
    ) -> None:
        self._values: dict[str, Json] = {
            name: declared.default
            for name, declared in definition.parameters.items()
            if not declared.required
        }
        spelling = {name.casefold(): name for name in definition.parameters}
        for name, value in given.items():
            self._values[spelling.get(name.casefold(), name)] = _with_settings(value, settings)
        self._folded = {name.casefold(): value for name, value in self._values.items()}

    def value(self, name: str) -> Json:
        """Raises KeyError for a parameter without a value."""
        if name in self._values:
            return self._values[name]
        return self._folded[name.casefold()]


class _Settings:
    """The scope of parameter files: application settings and nothing else (reference 1.1)."""

    def __init__(self, settings: Mapping[str, Json]) -> None:
        self._settings = {name.casefold(): value for name, value in settings.items()}

    def app_setting(self, name: str) -> Json:
        return self._settings.get(name.casefold())


def _with_settings(value: Json, settings: Mapping[str, Json]) -> Json:
    """A parameter value, `@appsetting('NAME')` inside it answered; every other expression stays text."""
    if isinstance(value, dict):
        return {name: _with_settings(item, settings) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_settings(item, settings) for item in value]
    if not isinstance(value, str) or "appsetting" not in value.lower():
        return value
    try:
        return compile_template(value).evaluate(cast(Scope, _Settings(settings)))
    except (ExpressionError, AttributeError):
        return value


@dataclass(slots=True, eq=False)
class Plan:
    """A definition ready to run. `secured_*` name what must not be shown (see `secured`)."""

    definition: Definition
    parameters: Parameters
    app_settings: Mapping[str, Json]
    root: Group
    by_name: dict[str, PlannedAction]
    outputs: dict[str, tuple[str, Template]]
    response: ResponseMode
    kind: str
    secured_inputs: frozenset[str] = frozenset()
    secured_outputs: frozenset[str] = frozenset()
    secured_variables: frozenset[str] = frozenset()
    secured_trigger: bool = False
    _folded: dict[str, PlannedAction] = field(default_factory=dict)

    def find(self, name: str) -> PlannedAction | None:
        """An action by name, exact spelling first, then without regard to case (reference 14.3)."""
        return self.by_name.get(name) or self._folded.get(name.casefold())


class _Compiler:
    """Compiles templates; one that does not parse becomes one that fails."""

    def template(self, value: Json) -> Template:
        try:
            return compile_template(value)
        except TemplateError as error:
            return _failing(value, error)

    def condition(self, value: Json) -> Template:
        try:
            return compile_condition(value)
        except TemplateError as error:
            return _failing(value, error)


def _failing(value: Json, error: TemplateError) -> Template:
    def fail(scope: Scope) -> Json:
        raise error

    return Template(value, False, References(), fail)


def compile_plan(
    definition: Definition,
    parameters: Mapping[str, Json] | None = None,
    app_settings: Mapping[str, Json] | None = None,
    kind: str = "Stateful",
) -> Plan:
    """Compile a definition.

    `parameters` are plain values by name (an object `{"value": …}` is not unwrapped), `app_settings` what
    `appsetting()` answers, `kind` Stateful or Stateless. Raises PlanError.
    """
    builder = _Builder(definition)
    root = builder.group("actions", definition.actions, None, (), 0)
    compiler = builder.compiler
    outputs = {
        name: (str(item.get("type", "")), compiler.template(item.get("value")))
        for name, item in definition.outputs.items()
        if isinstance(item, dict)
    }
    plan = Plan(
        definition=definition,
        parameters=Parameters(definition, parameters or {}, app_settings or {}),
        app_settings=dict(app_settings or {}),
        root=root,
        by_name=builder.by_name,
        outputs=outputs,
        response=_response_mode(builder.by_name.values()),
        kind=kind,
        _folded={name.casefold(): action for name, action in reversed(builder.by_name.items())},
    )
    find_secured(plan)
    return plan


def _response_mode(actions: object) -> ResponseMode:
    answers = [
        action
        for action in actions  # type: ignore[attr-defined]
        if isinstance(action.behaviour, Answer)
    ]
    if not answers:
        return ResponseMode.NONE
    late = any("asynchronous" in answer.action.operation_options for answer in answers)
    return ResponseMode.ASYNC if late else ResponseMode.SYNC


class _Builder:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.compiler = _Compiler()
        self.by_name: dict[str, PlannedAction] = {}

    def group(
        self,
        key: str,
        actions: Mapping[str, Action],
        owner: PlannedAction | None,
        loops: tuple[PlannedAction, ...],
        level: int,
        case: Json = None,
    ) -> Group:
        group = Group(key, owner, case)
        for index, action in enumerate(actions.values()):
            group.actions.append(self._action(action, index, group, loops, level))
        self._order(group)
        return group

    def _action(
        self, action: Action, index: int, group: Group, loops: tuple[PlannedAction, ...], level: int
    ) -> PlannedAction:
        if action.name in self.by_name:
            raise PlanError(
                f"Two actions are named '{action.name}' (the second at {action.pointer}). "
                "Names must be unique in the whole definition: rename one of them.",
                action.pointer,
            )
        if level > MOST_LEVELS:
            raise PlanError(
                f"The action '{action.name}' is nested {level} levels deep; {MOST_LEVELS} is the most.",
                action.pointer,
            )
        made = OfPreviewSchema if preview_members(action.raw) else behaviour_of(action.type)
        behaviour = made(action, self.compiler)
        planned = PlannedAction(
            action=action,
            name=action.name,
            type=action.type,
            index=index,
            group=group,
            loops=loops,
            depth=len(loops),
            behaviour=behaviour,
            is_container=action.is_container,
            timeout=self.compiler.template(action.timeout) if action.timeout is not None else None,
            tracked=self._tracked(action),
            static=self._static(action),
            configuration=self._configuration(action),
        )
        self.by_name[action.name] = planned
        if isinstance(behaviour, Items):
            behaviour.is_nested = any(isinstance(loop.behaviour, Items) for loop in loops)
        inner = (*loops, planned) if action.is_loop else loops
        planned.branches = tuple(self._branch(branch, planned, inner, level) for branch in action.branches)
        return planned

    def _branch(
        self, branch: Branch, owner: PlannedAction, loops: tuple[PlannedAction, ...], level: int
    ) -> PlannedBranch:
        group = self.group(branch.key, branch.actions, owner, loops, level + 1, branch.case)
        return PlannedBranch(branch.key, group)

    def _tracked(self, action: Action) -> Template | None:
        if not isinstance(action.tracked_properties, dict) or not action.tracked_properties:
            return None
        return self.compiler.template(action.tracked_properties)

    def _configuration(self, action: Action) -> Template | None:
        given = dict(action.runtime_configuration)
        return self.compiler.template(given) if "@" in dumps(given) else None

    def _static(self, action: Action) -> dict[str, Json] | None:
        """The static result the action is switched to (reference 9.9)."""
        chosen = action.runtime_configuration.get("staticResult")
        if not isinstance(chosen, dict):
            return None
        if str(chosen.get("staticResultOptions", "")).lower() != "enabled":
            return None
        name = chosen.get("name")
        found = self.definition.static_results.get(name) if isinstance(name, str) else None
        if isinstance(found, dict):
            return found
        message = (
            f"The static result '{name}' of action '{action.name}' is not defined under 'staticResults'. "
            "Define it, or switch the static result off."
        )
        error = {"code": "InvalidStaticResultName", "message": message}
        return {"status": "Failed", "code": "InvalidStaticResultName", "error": error}

    def _order(self, group: Group) -> None:
        """Wire predecessors and successors, and make sure there is an order."""
        indexes = {action.name: action.index for action in group.actions}
        folded = {name.casefold(): index for name, index in indexes.items()}
        successors: list[list[int]] = [[] for _ in group.actions]
        for planned in group.actions:
            found = []
            for name, statuses in planned.action.run_after.items():
                index = indexes.get(name, folded.get(name.casefold()))
                if index is None and name in self.definition.triggers:
                    continue  # conversational workflows run their first action after the trigger
                if index is None:
                    raise PlanError(
                        f"The action '{planned.name}' runs after '{name}', but there is no action of that "
                        "name beside it. Remove the entry from its 'runAfter' or correct the name.",
                        f"{planned.action.pointer}/runAfter",
                    )
                found.append((index, statuses))
                successors[index].append(planned.index)
            planned.predecessors = tuple(found)
        for planned, after in zip(group.actions, successors, strict=True):
            planned.successors = tuple(after)
        group.counts = [len(planned.predecessors) for planned in group.actions]
        group.first = tuple(action.index for action in group.actions if not action.predecessors)
        group.leaves = tuple(action.index for action in group.actions if not action.successors)
        self._refuse_circles(group)

    @staticmethod
    def _refuse_circles(group: Group) -> None:
        counts = list(group.counts)
        ready = list(group.first)
        seen = 0
        while ready:
            seen += 1
            for index in group.actions[ready.pop()].successors:
                counts[index] -= 1
                if not counts[index]:
                    ready.append(index)
        if seen < len(group.actions):
            stuck = [action for action in group.actions if counts[action.index]]
            names = ", ".join(f"'{action.name}'" for action in stuck[:5])
            raise PlanError(
                f"The actions {names} wait for each other in a circle, so none of them can start. "
                "Change 'runAfter' of one of them.",
                f"{stuck[0].action.pointer}/runAfter",
            )
