"""Compose: a value of one's own (reference 6.9)."""

from __future__ import annotations

from runtime.engine.actions.contract import Compiler, Immediate, Result
from runtime.engine.actions.manifest import EngineOperation, form, member
from runtime.engine.scope import ActionScope
from runtime.language.definition import Action

OPERATION = EngineOperation(
    id="compose",
    type="Compose",
    title="Compose",
    description="Builds a value from text, numbers and results of earlier actions, to be used later by name.",
    category="data",
    inputs=form(("inputs",), inputs=member("Inputs", "inputs", visibility="important")),
    outputs={"title": "Outputs"},
    template={"type": "Compose", "inputs": "", "runAfter": {}},
    keywords=("value", "object", "constant", "expression"),
    icon="compose",
)


class Compose(Immediate):
    """Outputs are the inputs."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.value = self.template(action.inputs)

    def perform(self, scope: ActionScope) -> Result:
        value = self.value.evaluate(scope)
        return Result(outputs=value, inputs=value, code="OK")
