"""Plans of versions, compiled once per process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from runtime.engine.codes import whole_number
from runtime.engine.plan import Parameters, Plan, compile_plan
from runtime.language.definition import Definition, Trigger, read
from runtime.language.expressions.errors import ExpressionError
from runtime.language.template import compile_template
from runtime.language.values import Json, loads
from runtime.sealing import open_values
from runtime.store.records import Slots, Store, VersionText

MOST = 500
DEFAULT_RUNS = 25  # where concurrency is on without a number


class VersionGone(Exception):
    """The version that a row names does not exist any more."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A version ready to run: its plan, its triggers, and what `workflow()` answers."""

    version: VersionText
    definition: Definition
    plan: Plan
    workflow: dict[str, Json]

    def trigger(self, name: str) -> Trigger | None:
        return self.definition.triggers.get(name)

    def slots(self, name: str) -> Slots | None:
        """How many runs of a trigger may be active together (reference 5.13); None: any number."""
        trigger = self.definition.triggers.get(name)
        if trigger is None:
            return None
        return slots_of(trigger, self.version.workflow, self.plan.parameters)

    @property
    def sealed(self) -> bool:
        """Whether anything of its runs is secured, so that their rows are sealed."""
        plan = self.plan
        return bool(
            plan.secured_inputs or plan.secured_outputs or plan.secured_variables or plan.secured_trigger
        )


def slots_of(trigger: Trigger, workflow: UUID, parameters: Parameters) -> Slots | None:
    if "singleinstance" in trigger.operation_options:
        return Slots(workflow, trigger.name, 1, alone=True)
    concurrency = trigger.runtime_configuration.get("concurrency")
    if not isinstance(concurrency, dict):
        return None
    return Slots(workflow, trigger.name, _count(concurrency.get("runs"), DEFAULT_RUNS, parameters))


def secured_members(trigger: Trigger) -> frozenset[str]:
    """`inputs` and `outputs` as far as the author secured them (reference 9.8)."""
    data = trigger.runtime_configuration.get("secureData")
    names = data.get("properties") if isinstance(data, dict) else None
    return frozenset(str(name).lower() for name in names) if isinstance(names, list) else frozenset()


def waiting_limit(trigger: Trigger, slots: Slots, parameters: Parameters) -> int:
    """How many callers may wait for a slot (reference 5.13)."""
    concurrency = trigger.runtime_configuration.get("concurrency")
    given = concurrency.get("maximumWaitingRuns") if isinstance(concurrency, dict) else None
    return _count(given, 10 + slots.most, parameters)


class ParametersOnly:
    """The scope of what is settled before any run: expressions of parameters and nothing else."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameter = parameters.value


def _count(value: Json, otherwise: int, parameters: Parameters) -> int:
    """A number, or an expression of parameters that gives one (reference 2.1); else `otherwise`."""
    if isinstance(value, str) and "@" in value:
        try:
            value = compile_template(value).evaluate(ParametersOnly(parameters))  # type: ignore[arg-type]
        except (ExpressionError, KeyError, AttributeError):
            return otherwise
    number = whole_number(value)
    return number if number is not None and number > 0 else otherwise


def parameters_of(tenant: UUID, definition: Definition, stored: str) -> Parameters:
    """The parameters of a version from what its row holds."""
    return Parameters(definition, open_values(tenant, definition, loads(stored or "{}")), {})


def unwrap(document: Json) -> tuple[Json, str]:
    """The definition inside a stored document, and its kind: `{"definition": {…}, "kind": …}` or bare."""
    if isinstance(document, dict) and isinstance(document.get("definition"), dict):
        kind = document.get("kind")
        return document["definition"], kind if isinstance(kind, str) else "Stateful"
    return document, "Stateful"


def plan_of(version: VersionText, settings: Mapping[str, Json] | None = None) -> Planned:
    """Compile. Raises what `read` and `compile_plan` raise about the definition."""
    document, kind = unwrap(loads(version.text))
    definition = read(document)
    parameters = open_values(version.tenant, definition, loads(version.parameters or "{}"))
    plan = compile_plan(definition, parameters, dict(settings or {}), kind)
    number = str(version.number) if version.number is not None else str(version.id)
    workflow: dict[str, Json] = {
        "id": str(version.workflow),
        "name": version.workflow_name,
        "version": number,
    }
    return Planned(version, definition, plan, workflow)


class Plans:
    """The most recently used plans of this process."""

    def __init__(self, store: Store, settings: Mapping[str, Json] | None = None) -> None:
        self._store = store
        self._settings = settings
        self._planned: OrderedDict[UUID, Planned] = OrderedDict()

    def ready(self, version: UUID) -> Planned | None:
        """The plan when it is in memory."""
        found = self._planned.get(version)
        if found is not None:
            self._planned.move_to_end(version)
        return found

    async def get(self, version: UUID) -> Planned:
        """Raises VersionGone, and what is wrong with the definition."""
        found = self.ready(version)
        if found is not None:
            return found
        text = await self._store.version(version)
        if text is None:
            raise VersionGone(f"Version {version} does not exist any more.")
        planned = plan_of(text, self._settings)
        self.add(planned)
        return planned

    def add(self, planned: Planned) -> None:
        self._planned[planned.version.id] = planned
        while len(self._planned) > MOST:
            self._planned.popitem(last=False)
