"""A scope made of plain values, for trying expressions outside a run: `millrace eval`, tests, previews."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from runtime.language.expressions.errors import ExpressionError
from runtime.language.expressions.functions.collections import find_member
from runtime.language.expressions.functions.dates import parse_timestamp
from runtime.language.template import Place, Scope, compile_template
from runtime.language.values import Json

_NOTHING = object()


@dataclass(frozen=True)
class SampleScope:
    """Answers from dictionaries; names are looked up ignoring case.

    `clock` and `entropy` come from the caller.
    """

    clock: Callable[[], datetime]
    entropy: Callable[[int], bytes]
    parameters: dict[str, Json] = field(default_factory=dict)
    variables: dict[str, Json] = field(default_factory=dict)
    actions: dict[str, Json] = field(default_factory=dict)
    settings: dict[str, Json] = field(default_factory=dict)
    loops: dict[str, Json] = field(default_factory=dict)
    trigger_record: dict[str, Json] = field(default_factory=dict)
    workflow_record: dict[str, Json] = field(default_factory=dict)
    current: Any = _NOTHING

    @staticmethod
    def of(
        context: dict[str, Json], clock: Callable[[], datetime], entropy: Callable[[int], bytes]
    ) -> SampleScope:
        """Read a context: parameters, variables, actions, trigger, item, items, workflow, settings, now.

        Raises ExpressionError for a `now` that is no timestamp.
        """
        frozen = context.get("now")
        if frozen is not None:
            moment = parse_timestamp(frozen) if type(frozen) is str else None
            if moment is None:
                raise ExpressionError(
                    "InvalidContext", f"The context's 'now' is not an ISO 8601 timestamp: '{frozen}'."
                )
            instant = moment.instant()
            clock = lambda: instant  # noqa: E731
        return SampleScope(
            clock=clock,
            entropy=entropy,
            parameters=_members(context, "parameters"),
            variables=_members(context, "variables"),
            actions=_members(context, "actions"),
            settings=_members(context, "settings"),
            loops=_members(context, "items"),
            trigger_record=_members(context, "trigger"),
            workflow_record=_members(context, "workflow"),
            current=context.get("item", _NOTHING),
        )

    def parameter(self, name: str) -> Json:
        return _look_up(self.parameters, name)

    def variable(self, name: str) -> Json:
        return _look_up(self.variables, name)

    def action(self, name: str) -> dict[str, Json]:
        record: dict[str, Json] = _look_up(self.actions, name)
        return record

    def action_outputs(self, name: str) -> Json:
        record = self.action(name)
        return record.get("outputs") if type(record) is dict else None

    def current_action(self) -> dict[str, Json]:
        raise ExpressionError(
            "InvalidTemplate", "The template function 'action' is not expected at this location.", "parse"
        )

    def trigger(self) -> dict[str, Json]:
        return self.trigger_record

    def trigger_outputs(self) -> Json:
        return self.trigger_record.get("outputs")

    def item(self) -> Json:
        return None if self.current is _NOTHING else self.current

    def items(self, loop: str) -> Json:
        if find_member(self.loops, loop) is None and self.current is not _NOTHING:
            return self.current  # a context that names one item means the loop that is asked for
        return _look_up(self.loops, loop)

    def iteration_index(self, loop: str) -> int:
        raise KeyError(loop)

    def result(self, name: str) -> list[Json]:
        raise KeyError(name)

    def workflow(self) -> dict[str, Json]:
        return self.workflow_record

    def callback_url(self) -> str:
        return ""

    def app_setting(self, name: str) -> Json:
        return _look_up(self.settings, name)

    def now(self) -> datetime:
        return self.clock()

    def random_bytes(self, n: int) -> bytes:
        return self.entropy(n)

    def with_item(self, item: Json) -> Scope:
        return replace(self, current=item)


def _members(context: dict[str, Json], name: str) -> dict[str, Json]:
    value = context.get(name)
    if value is None:
        return {}
    if type(value) is not dict:
        raise ExpressionError("InvalidContext", f"The context's '{name}' must be an object.")
    return value


def _look_up(members: dict[str, Json], name: str) -> Json:
    found = find_member(members, name)
    if found is None:
        raise KeyError(name)
    return members[found]


def evaluate_sample(
    expression: str, context: dict[str, Json], clock: Callable[[], datetime], entropy: Callable[[int], bytes]
) -> Json:
    """The value of a template string in a context. Raises ExpressionError.

    `item()` is allowed where the context has an item.
    """
    place = Place.SETTINGS | (Place.ITEM if "item" in context else Place.INPUTS)
    template = compile_template(expression, place)
    return template.evaluate(SampleScope.of(context, clock, entropy))
