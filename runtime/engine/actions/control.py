"""Condition, Switch, Scope: containers that start one of their branches (reference 7.1 to 7.3)."""

from __future__ import annotations

from decimal import Decimal

from runtime.engine.actions.contract import Choice, Compiler, Failure
from runtime.engine.actions.manifest import EngineOperation, form, member
from runtime.engine.scope import ActionScope
from runtime.language.definition import Action
from runtime.language.values import Json, dumps, kind_of

IF = EngineOperation(
    id="if",
    type="If",
    title="Condition",
    description="Goes one way if a condition holds and another way if not.",
    category="control",
    inputs=form(
        ("expression",),
        expression=member("Condition", "expression", editor="condition", visibility="important"),
    ),
    template={
        "type": "If",
        "expression": {"and": []},
        "actions": {},
        "else": {"actions": {}},
        "runAfter": {},
    },
    keywords=("if", "else", "branch", "decision"),
    icon="condition",
)
SWITCH = EngineOperation(
    id="switch",
    type="Switch",
    title="Switch",
    description="Goes the way whose value is equal to the result of an expression.",
    category="control",
    inputs=form(
        ("expression",), expression=member("On", "expression", editor="expression", visibility="important")
    ),
    template={
        "type": "Switch",
        "expression": "",
        "cases": {"Case": {"case": "", "actions": {}}},
        "default": {"actions": {}},
        "runAfter": {},
    },
    keywords=("case", "branch", "choose"),
    icon="switch",
)
SCOPE = EngineOperation(
    id="scope",
    type="Scope",
    title="Scope",
    description="Groups actions, so that others can follow their common success or failure.",
    category="control",
    template={"type": "Scope", "actions": {}, "runAfter": {}},
    keywords=("group", "try", "catch", "error handling"),
    icon="scope",
)


class Scope(Choice):
    """Always its only branch."""

    def choose(self, scope: ActionScope) -> tuple[Json, str]:
        return None, "actions"


class If(Choice):
    """`actions` when the expression is true, else `else`."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.expression = self.condition(action.raw.get("expression"))

    def choose(self, scope: ActionScope) -> tuple[Json, str]:
        verdict = scope.content(self.expression.evaluate(scope))
        if not isinstance(verdict, bool):
            raise Failure(
                "ExpressionEvaluationFailed",
                f"The execution of template action '{self.name}' failed: the result of the evaluation of "
                f"'expression' is of type '{kind_of(verdict)}'. The result must be a valid boolean.",
            )
        return {"expressionResult": verdict}, "actions" if verdict else "else"


class BranchesFailed(Failure):
    """No branch can be chosen, and every action of every branch fails with this error (reference 7.3)."""


class Switch(Choice):
    """The case equal to the expression's value, else `default`."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.source = action.raw.get("expression")
        self.expression = self.template(self.source)

    def choose(self, scope: ActionScope) -> tuple[Json, str]:
        value = scope.content(self.expression.evaluate(scope))
        kind = kind_of(value)
        if kind not in ("String", "Integer"):
            shown = self.source if isinstance(self.source, str) else dumps(self.source)
            raise Failure(
                "ExpressionEvaluationFailed",
                f"The execution of template action '{self.name}' failed: The result of the evaluation of "
                f"'scope' action expression '{shown}' is not valid. It is of type '{kind}' but is expected "
                "to be a value of type 'String, Integer'.",
            )
        inputs = {"expression": value}
        cases = [branch for branch in self.action.branches if branch.is_case]
        for branch in cases:
            if _kind(branch.case) != kind:
                raise BranchesFailed(
                    "InternalServerError",
                    f"The execution of template action '{self.name}' failed: Template language function "
                    "'strongEquals' expects parameters of same type, but found "
                    f"'{_kind(branch.case)},{kind}' distinct types.",
                    error_code="ActionConditionFailed",
                    inputs=inputs,
                )
        chosen = next((branch.key for branch in cases if branch.case == value), "default")
        return inputs, chosen


def _kind(value: Json) -> str:
    return "Float" if isinstance(value, Decimal) else kind_of(value)
