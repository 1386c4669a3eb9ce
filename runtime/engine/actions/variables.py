"""Variables: initialise, set, increase, append (reference 6.15)."""

from __future__ import annotations

from decimal import Decimal

from runtime.engine.actions.arrays import input_member
from runtime.engine.actions.contract import Compiler, Failure, Immediate, Result
from runtime.engine.actions.manifest import EngineOperation, form, member
from runtime.engine.events import VariableSet
from runtime.engine.scope import ActionScope
from runtime.engine.state import Variable
from runtime.language.definition import Action
from runtime.language.expressions import limits
from runtime.language.template import ExpressionError, Template
from runtime.language.values import Json, Ref, kind_of, stringify

MOST_ITEMS = 100_000
MOST_CHARACTERS, STATELESS_CHARACTERS = limits.TEXT_LENGTH, 1024  # reference 13

TYPES = {
    "string": "String",
    "integer": "Integer",
    "float": "Float",
    "boolean": "Boolean",
    "array": "Array",
    "object": "Object",
}
_INITIAL: dict[str, Json] = {
    "String": "", "Integer": 0, "Float": 0.0, "Boolean": False, "Array": [], "Object": None,
}  # fmt: skip
_NAME = member("Name", "inputs.name", type="string", editor="variable", visibility="important")
_VALUE = member("Value", "inputs.value", visibility="important")
_CHANGED = form(body={"type": "object", "properties": {"name": {"type": "string"}, "value": {}}})


def _changing(
    type_: str, title: str, description: str, value: Json, keywords: tuple[str, ...]
) -> EngineOperation:
    return EngineOperation(
        id=type_[0].lower() + type_[1:],
        type=type_,
        title=title,
        description=description,
        category="variables",
        inputs=form(("name", "value"), name=_NAME, value=_VALUE),
        outputs=_CHANGED,
        template={"type": type_, "inputs": {"name": "", "value": value}, "runAfter": {}},
        keywords=("variable", *keywords),
        icon="variable",
    )


INITIALIZE = EngineOperation(
    id="initializeVariable",
    type="InitializeVariable",
    title="Initialize variable",
    description="Creates a variable for the whole run. Only at the top level of a workflow.",
    category="variables",
    inputs=form(
        ("name", "type"),
        name=member("Name", "inputs.variables.0.name", type="string", visibility="important"),
        type=member(
            "Type", "inputs.variables.0.type", type="string", choices=tuple(TYPES), visibility="important"
        ),
        value=member("Value", "inputs.variables.0.value", visibility="important"),
    ),
    template={
        "type": "InitializeVariable",
        "inputs": {"variables": [{"name": "", "type": "string", "value": ""}]},
        "runAfter": {},
    },
    keywords=("variable", "declare", "create", "counter"),
    icon="variable",
)
SET = _changing("SetVariable", "Set variable", "Gives a variable a new value.", "", ("assign", "update"))
INCREMENT = _changing(
    "IncrementVariable", "Increment variable", "Adds to a number variable.", 1, ("add", "counter", "plus")
)
DECREMENT = _changing(
    "DecrementVariable", "Decrement variable", "Subtracts from a number variable.", 1, ("subtract", "minus")
)
APPEND_TEXT = _changing(
    "AppendToStringVariable",
    "Append to string variable",
    "Adds text at the end of a variable.",
    "",
    ("concat",),
)
APPEND_ITEM = _changing(
    "AppendToArrayVariable", "Append to array variable", "Adds one item at the end of an array variable.", "",
    ("push", "add", "list", "collect"),
)  # fmt: skip


def _mismatch(name: str, wanted: str, value: Json) -> Failure:
    return Failure(
        "BadRequest",
        f"The variable '{name}' of type '{wanted}' cannot be initialized or updated with value of type "
        f"'{kind_of(value)}'. The variable '{name}' only supports values of types "
        f"'{wanted if wanted != 'Float' else 'Float, Integer'}'.",
        error_code="InvalidTemplate",
    )


def fitting(name: str, wanted: str, value: Json) -> Json:
    """The value as a variable of type `wanted` holds it. Raises Failure (reference 6.15)."""
    kind = value.kind if isinstance(value, Ref) else kind_of(value)
    if kind == "Integer" and wanted == "Float":
        return float(value)
    if kind == wanted or (value is None and wanted in ("String", "Array", "Object")):
        return value
    raise _mismatch(name, wanted, value)


class InitializeVariable(Immediate):
    """Creates its variables, usually one."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        listed = input_member(action, "variables")
        self.variables: list[tuple[str, str, Template | None]] = []
        for item in listed if isinstance(listed, list) else []:
            if isinstance(item, dict):
                value = self.template(item["value"]) if "value" in item else None
                self.variables.append((str(item.get("name", "")), str(item.get("type", "")), value))

    def perform(self, scope: ActionScope) -> Result:
        shown: list[Json] = []
        changes: list[VariableSet] = []
        for name, type_, template in self.variables:
            wanted = TYPES.get(type_.lower())
            if wanted is None:
                raise Failure(
                    "BadRequest",
                    f"The type '{type_}' of variable '{name}' in action '{self.name}' is not known. "
                    f"Use one of: {', '.join(TYPES)}.",
                    error_code="InvalidTemplate",
                )
            if scope.find_variable(name) is not None:
                raise Failure(
                    "BadRequest",
                    f"The variable '{name}' is initialized a second time by action '{self.name}'. "
                    "Initialize it once and use Set variable afterwards.",
                    error_code="InvalidVariableName",
                )
            value = template.evaluate(scope) if template is not None else _INITIAL[wanted]
            if isinstance(value, list) and template is None:
                value = []
            value = fitting(name, wanted, value)
            _refuse_length(scope, name, wanted, _length(value))
            entry: dict[str, Json] = {"name": name, "type": wanted}
            if template is not None:
                entry["value"] = value
            shown.append(entry)
            changes.append(VariableSet(name, value, type=wanted))
        return Result(inputs={"variables": shown}, variables=tuple(changes))


class _Change(Immediate):
    """Common part: a variable by name, and a value."""

    default: Json = None

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.variable = self.template(input_member(action, "name"))
        given = action.inputs if isinstance(action.inputs, dict) else {}
        self.value = self.template(given.get("value", self.default))

    def target(self, scope: ActionScope) -> tuple[str, Variable]:
        name = self.variable.evaluate(scope)
        found = scope.find_variable(name) if isinstance(name, str) else None
        if found is None:
            raise ExpressionError(
                "InvalidTemplate",
                "Template language expression cannot be evaluated: the template variable "
                f"'{stringify(name)}' cannot be found.",
            )
        return name, found


class SetVariable(_Change):
    """A new value of the same type."""

    def perform(self, scope: ActionScope) -> Result:
        name, variable = self.target(scope)
        value = fitting(name, variable.type, self.value.evaluate(scope))
        _refuse_length(scope, name, variable.type, _length(value))
        shown = {"name": name, "value": value}
        return Result({"body": shown}, shown, variables=(VariableSet(name, value),))


class IncrementVariable(_Change):
    """The value plus a number. Atomic, also among parallel turns of a loop."""

    default = 1
    sign = 1

    def perform(self, scope: ActionScope) -> Result:
        name, variable = self.target(scope)
        amount = self.value.evaluate(scope)
        if variable.type not in ("Integer", "Float"):
            raise Failure(
                "BadRequest",
                f"The variable '{name}' of type '{variable.type}' cannot be incremented or decremented. "
                "Only variables of type 'Integer' or 'Float' can.",
                error_code="InvalidTemplate",
            )
        fits = (int,) if variable.type == "Integer" else (int, float, Decimal)
        if isinstance(amount, bool) or not isinstance(amount, fits):
            raise _mismatch(name, variable.type, amount)
        current = scope.content_of(variable)
        value = current + self.sign * amount
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise Failure(
                "BadRequest",
                f"The variable '{name}' cannot be changed by {amount}: "
                "the result is out of the range of integers.",
                error_code="InvalidTemplate",
            )
        return Result(
            {"body": {"name": name, "value": value}},
            {"name": name, "value": amount},
            variables=(VariableSet(name, value),),
        )


class DecrementVariable(IncrementVariable):
    """The value minus a number."""

    sign = -1


class AppendToStringVariable(_Change):
    """Text at the end."""

    def perform(self, scope: ActionScope) -> Result:
        name, variable = self.target(scope)
        value = scope.content(self.value.evaluate(scope))
        if variable.type != "String":
            raise _wrong_target(name, variable.type, "String")
        text = stringify(value)
        _refuse_length(scope, name, "String", variable.length + len(text))
        shown = {"name": name, "value": value}
        return Result(inputs=shown, variables=(VariableSet(name, text, append=True),))


class AppendToArrayVariable(_Change):
    """One item at the end; an array becomes one nested item."""

    def perform(self, scope: ActionScope) -> Result:
        name, variable = self.target(scope)
        value = self.value.evaluate(scope)
        if variable.type != "Array":
            raise _wrong_target(name, variable.type, "Array")
        _refuse_length(scope, name, "Array", variable.length + 1)
        shown = {"name": name, "value": value}
        return Result(inputs=shown, variables=(VariableSet(name, value, append=True),))


def _length(value: Json) -> int:
    return len(value) if isinstance(value, (str, list)) else 0


def _refuse_length(scope: ActionScope, name: str, kind: str, length: int) -> None:
    """Raises Failure where a variable would hold more than one may (reference 6.15, 13)."""
    if kind not in ("String", "Array"):
        return
    what, most = "items", MOST_ITEMS
    if kind == "String":
        what, most = "characters", STATELESS_CHARACTERS if scope.is_stateless else MOST_CHARACTERS
    if length > most:
        raise Failure(
            "BadRequest",
            f"The variable '{name}' would hold {length:,} {what}; a variable of a "
            f"{'stateless' if scope.is_stateless else 'stateful'} workflow holds {most:,} at most.",
            error_code="VariableValueTooLarge",
        )


def _wrong_target(name: str, found: str, wanted: str) -> Failure:
    return Failure(
        "BadRequest",
        f"The variable '{name}' of type '{found}' cannot be appended to by this action. "
        f"It only supports variables of type '{wanted}'.",
        error_code="InvalidTemplate",
    )
