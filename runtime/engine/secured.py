"""What must stay secret, found without running: a fixed point over what each template may read.

Sources are secure parameters, and inputs or outputs the author secured (reference 9.8). Whatever reads a
secret has secured inputs; actions whose outputs are made of their inputs have secured outputs then, and a
variable that is given a secret is secured from the start. Reading the outputs of an action of which only the
inputs are secured reads no secret. Operations carried out elsewhere answer with
something of their own, so their outputs are secured only where the author says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING

from runtime.engine.actions.contract import Immediate
from runtime.language.template import References, Template
from runtime.language.values import Json

if TYPE_CHECKING:
    from runtime.engine.plan import Plan, PlannedAction


def _declared(configuration: Json) -> frozenset[str]:
    data = configuration.get("secureData") if configuration else None
    names = data.get("properties") if isinstance(data, dict) else None
    return frozenset(str(name).lower() for name in names) if isinstance(names, list) else frozenset()


# They answer the caller, or compute in a process beside this one: what comes out is what went in.
_REPEATING = frozenset(
    {
        "Response", "JavaScriptCode", "Liquid", "Xslt", "XmlParse", "XmlCompose", "XmlValidation",
        "FlatFileDecoding", "FlatFileEncoding",
    }
)  # fmt: skip


class _Secrets:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.parameters = {
            parameter.name.casefold() for parameter in plan.definition.parameters.values() if parameter.secure
        }
        self.trigger = any(
            "outputs" in _declared(trigger.runtime_configuration)
            for trigger in plan.definition.triggers.values()
        )
        self.inputs: set[str] = set()
        self.outputs: set[str] = set()
        self.variables: set[str] = set()
        self.items: set[str] = set()  # loops whose items are secret

    def reads(self, action: PlannedAction, templates: Iterable[Template]) -> bool:
        return any(self._reads(action, template.references) for template in templates)

    def _reads(self, action: PlannedAction, seen: References) -> bool:
        if seen.trigger and self.trigger:
            return True
        if seen.dynamic and (self.outputs or self.variables or self.parameters):
            return True
        if any(name.casefold() in self.parameters for name in seen.parameters):
            return True
        if any(name.casefold() in self.variables for name in seen.variables):
            return True
        if any(self._is_secret(name, self.outputs) for name in seen.contents):
            return True
        if any(self._is_secret(name, self.inputs) for name in seen.records):
            return True
        if any(self._is_secret(name, self.outputs) for name in seen.records):
            return True
        if any(self._holds_secret(name) for name in seen.scopes):
            return True
        loops = {loop.name.casefold() for loop in action.loops}
        if seen.item and loops & self.items:
            return True
        return any(name.casefold() in self.items for name in seen.loops)

    def _is_secret(self, name: str, secrets: Set[str]) -> bool:
        found = self.plan.find(name)
        return found is not None and found.name in secrets

    def _holds_secret(self, name: str) -> bool:
        found = self.plan.find(name)
        if found is None:
            return False
        pending = [found]
        while pending:
            current = pending.pop()
            if current.name in self.inputs or current.name in self.outputs:
                return True
            pending.extend(action for branch in current.branches for action in branch.group.actions)
        return False

    def size(self) -> int:
        return len(self.inputs) + len(self.outputs) + len(self.variables) + len(self.items)


def _variables_of(action: PlannedAction) -> list[str]:
    inputs = action.action.inputs
    if not isinstance(inputs, dict):
        return []
    if action.type == "InitializeVariable":
        listed = inputs.get("variables")
        return (
            [str(item.get("name")) for item in listed if isinstance(item, dict)]
            if isinstance(listed, list)
            else []
        )
    if action.type.endswith("Variable"):
        return [str(inputs.get("name"))]
    return []


def _readers(plan: Plan) -> dict[str, list[PlannedAction]]:
    """Who must be looked at again when something becomes secret, by what `_told` names."""
    readers: dict[str, list[PlannedAction]] = {}
    for action in plan.by_name.values():
        keys: set[str] = set()
        for template in action.behaviour.templates:
            seen = template.references
            named = (plan.find(name) for name in (*seen.actions, *seen.scopes, *seen.loops))
            keys.update(f"action {found.name}" for found in named if found is not None)
            keys.update(f"variable {name.casefold()}" for name in seen.variables)
            if seen.item:
                keys.update(f"action {loop.name}" for loop in action.loops)
            if seen.dynamic:
                keys.add("anything")
        for key in keys:
            readers.setdefault(key, []).append(action)
    return readers


def _told(action: PlannedAction) -> Iterator[str]:
    """What may have become secret with an action: itself, the containers around it, what it sets."""
    yield "anything"
    around: PlannedAction | None = action
    while around is not None:
        yield f"action {around.name}"
        around = around.group.owner
    for name in _variables_of(action):
        yield f"variable {name.casefold()}"


def find_secured(plan: Plan) -> None:
    """Fill the `secured_*` members of the plan and of its actions."""
    secrets = _Secrets(plan)
    for action in plan.by_name.values():
        declared = _declared(action.action.runtime_configuration)
        if "inputs" in declared:
            secrets.inputs.add(action.name)
        if "outputs" in declared:
            secrets.outputs.add(action.name)
    readers = _readers(plan)
    pending = list(plan.by_name.values())
    while pending:
        action = pending.pop()
        before = secrets.size()
        _spread(secrets, action)
        if secrets.size() != before:
            told = (reader for key in _told(action) for reader in readers.get(key, ()))
            pending.extend(reader for reader in told if reader.name not in secrets.inputs)
    plan.secured_inputs = frozenset(secrets.inputs)
    plan.secured_outputs = frozenset(secrets.outputs)
    plan.secured_variables = frozenset(secrets.variables)
    plan.secured_trigger = secrets.trigger
    for action in plan.by_name.values():
        action.secured_inputs = action.name in secrets.inputs
        action.secured_outputs = action.name in secrets.outputs
        if action.tracked is not None and (
            action.secured_inputs or action.secured_outputs or secrets.reads(action, (action.tracked,))
        ):
            action.tracked = None  # tracked properties are for all to see (reference 9.3)


def _spread(secrets: _Secrets, action: PlannedAction) -> None:
    if action.name not in secrets.inputs:
        if not secrets.reads(action, action.behaviour.templates):
            return
        secrets.inputs.add(action.name)
    if action.is_container:
        secrets.items.add(action.name.casefold())
        return
    if isinstance(action.behaviour, Immediate) or action.type in _REPEATING:
        secrets.outputs.add(action.name)
    secrets.variables.update(name.casefold() for name in _variables_of(action))
