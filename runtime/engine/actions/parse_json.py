"""Parse JSON: text to a value, checked against a schema (reference 6.10)."""

from __future__ import annotations

from runtime.engine.actions.arrays import input_member
from runtime.engine.actions.contract import Compiler, Failure, Immediate, Result
from runtime.engine.actions.manifest import EngineOperation, form, member
from runtime.engine.schema import TooMuchWork, unsupported, validate
from runtime.engine.scope import ActionScope
from runtime.language.definition import Action
from runtime.language.template import ExpressionError, compile_template
from runtime.language.values import Json, is_envelope

OPERATION = EngineOperation(
    id="parseJson",
    type="ParseJson",
    title="Parse JSON",
    description="Reads JSON text and makes its members available to later actions.",
    category="data",
    inputs=form(
        ("content", "schema"),
        content=member("Content", "inputs.content", visibility="important"),
        schema=member("Schema", "inputs.schema", type="object", editor="schema", visibility="important"),
    ),
    outputs=form(body={"title": "Body", "x-schema-from": "inputs.schema"}),
    template={"type": "ParseJson", "inputs": {"content": "", "schema": {}}, "runAfter": {}},
    keywords=("schema", "deserialize", "object", "validate"),
    icon="parse",
)

# The same lenient reader as the language's json().
_READ = compile_template("@json(item())")


class ParseJson(Immediate):
    """Body: the value."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.content = self.template(input_member(action, "content"))
        self.schema = self.template(input_member(action, "schema"))

    def perform(self, scope: ActionScope) -> Result:
        shown = self.content.evaluate(scope)
        schema = self.schema.evaluate(scope)
        inputs: dict[str, Json] = {"content": shown, "schema": schema}
        value = self._read(scope, scope.content(shown))
        keyword = unsupported(schema)
        if keyword is not None:
            raise Failure(
                "ActionSchemaNotSupported",
                f"The schema of action '{self.name}' is not supported: '{keyword}' cannot be used.",
                inputs=inputs,
            )
        try:
            problems = validate(value, schema) if isinstance(schema, dict) else []
        except TooMuchWork as error:
            message = f"The schema of action '{self.name}' cannot be applied. {error}"
            raise Failure("ActionSchemaNotSupported", message, inputs=inputs) from None
        if problems:
            raise Failure(
                "ValidationFailed",
                "The schema validation failed.",
                inputs=inputs,
                outputs={"errors": problems},
            )
        return Result(outputs={"body": value}, inputs=inputs, code="OK")

    def _read(self, scope: ActionScope, content: Json) -> Json:
        if content is None or content == "":
            raise ExpressionError(
                "InvalidTemplate", "Required property 'content' expects a value but got null. Path ''."
            )
        if is_envelope(content):
            raise ExpressionError(
                "InvalidTemplate",
                "The property 'content' must be of type JSON in the 'ParseJson' action inputs, but was of "
                f"type '{content['$content-type']}'.",
            )
        if not isinstance(content, str):
            return content
        try:
            return _READ.evaluate(scope.with_item(content))
        except ExpressionError as error:
            raise Failure(
                "InvalidJSON",
                "The 'content' property of actions of type 'ParseJson' must be valid JSON. The provided "
                f"value cannot be parsed: '{_reason(error.message)}'.",
            ) from None


def _reason(message: str) -> str:
    """The reader's own sentence out of the function's error."""
    _, found, rest = message.partition("cannot be parsed: '")
    return rest.rsplit("'", 1)[0] if found else message
