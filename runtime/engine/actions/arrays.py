"""Filter array, Select, Join: one array in, something new out (reference 6.11 to 6.13)."""

from __future__ import annotations

from runtime.engine.actions.contract import Compiler, Failure, Immediate, Result
from runtime.engine.actions.manifest import BODY_ARRAY, BODY_TEXT, EngineOperation, form, member
from runtime.engine.scope import ActionScope
from runtime.language.definition import Action
from runtime.language.expressions import limits
from runtime.language.values import Json, kind_of, stringify

_FROM = member("From", "inputs.from", editor="array", visibility="important", type="array")

QUERY = EngineOperation(
    id="query",
    type="Query",
    title="Filter array",
    description="Keeps the items of an array for which a condition holds.",
    category="data",
    inputs=form(
        ("from", "where"),
        **{"from": _FROM},
        where=member("Where", "inputs.where", editor="condition", visibility="important"),
    ),
    outputs=BODY_ARRAY,
    template={"type": "Query", "inputs": {"from": "", "where": ""}, "runAfter": {}},
    keywords=("filter", "where", "search", "list"),
    icon="filter",
)
SELECT = EngineOperation(
    id="select",
    type="Select",
    title="Select",
    description="Makes a new array with one value for each item of another.",
    category="data",
    inputs=form(
        ("from", "select"),
        **{"from": _FROM},
        select=member("Map", "inputs.select", editor="dictionary", visibility="important"),
    ),
    outputs=BODY_ARRAY,
    template={"type": "Select", "inputs": {"from": "", "select": {}}, "runAfter": {}},
    keywords=("map", "transform", "project", "list"),
    icon="select",
)
JOIN = EngineOperation(
    id="join",
    type="Join",
    title="Join",
    description="Joins the items of an array into one text.",
    category="data",
    inputs=form(
        ("from", "joinWith"),
        **{"from": _FROM},
        joinWith=member("Join with", "inputs.joinWith", type="string", visibility="important"),
    ),
    outputs=BODY_TEXT,
    template={"type": "Join", "inputs": {"from": "", "joinWith": ","}, "runAfter": {}},
    keywords=("concat", "list", "text", "separator"),
    icon="join",
)


def array_in(action: Action, scope: ActionScope, value: Json) -> list[Json]:
    """The evaluated `from`, which must be an array."""
    value = scope.content(value)
    if isinstance(value, list):
        return value
    raise Failure(
        "BadRequest",
        f"The execution of template action '{action.name}' failed: The 'from' property value in the "
        f"'{action.type.lower()}' action inputs is of type '{kind_of(value)}'. The value must be an array.",
        error_code="ExpressionEvaluationFailed",
    )


def input_member(action: Action, name: str) -> Json:
    """A member of the raw inputs, None where it is missing."""
    return action.inputs.get(name) if isinstance(action.inputs, dict) else None


class Query(Immediate):
    """Body: the items for which `where` is true."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.source = self.template(input_member(action, "from"))
        self.where = self.condition(input_member(action, "where"))

    def perform(self, scope: ActionScope) -> Result:
        shown = self.source.evaluate(scope)
        with limits.together():
            return Result(outputs={"body": self._kept(scope, shown)}, inputs=shown)

    def _kept(self, scope: ActionScope, shown: Json) -> list[Json]:
        kept = []
        for item in array_in(self.action, scope, shown):
            verdict = self.where.evaluate(scope.with_item(item))
            if not isinstance(verdict, bool):
                raise Failure(
                    "BadRequest",
                    f"The execution of template action '{self.name}' failed: the result of the evaluation "
                    f"of the 'where' property is of type '{kind_of(verdict)}'. The result must be a boolean.",
                    error_code="ExpressionEvaluationFailed",
                )
            if verdict:
                kept.append(item)
        return kept


class Select(Immediate):
    """Body: the template evaluated for each item."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.source = self.template(input_member(action, "from"))
        self.select = self.template(input_member(action, "select"))

    def perform(self, scope: ActionScope) -> Result:
        shown = self.source.evaluate(scope)
        select = self.select
        items = array_in(self.action, scope, shown)
        with limits.together():
            made = [select.evaluate(scope.with_item(item)) for item in items]
        return Result(outputs={"body": made}, inputs=shown)


class Join(Immediate):
    """Body: the items as text with a separator between them."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.source = self.template(input_member(action, "from"))
        self.separator = self.template(input_member(action, "joinWith"))

    def perform(self, scope: ActionScope) -> Result:
        shown = self.source.evaluate(scope)
        separator = self.separator.evaluate(scope)
        items = array_in(self.action, scope, shown)
        between, texts = stringify(separator), [stringify(item) for item in items]
        limits.charge("join", len(between) * len(texts) + sum(map(len, texts)))
        text = between.join(texts)
        return Result(outputs={"body": text}, inputs={"from": shown, "joinWith": separator})
