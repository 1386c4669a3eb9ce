"""Terminate and Response: what ends the run, and what answers its caller (reference 6.8, 6.17)."""

from __future__ import annotations

from runtime.engine.actions.arrays import input_member
from runtime.engine.actions.contract import Answer, Compiler, Failure, Judgement, Verdict
from runtime.engine.actions.manifest import EngineOperation, form, member
from runtime.engine.codes import whole_number
from runtime.engine.scope import ActionScope
from runtime.language.definition import Action
from runtime.language.values import Json, stringify

TERMINATE = EngineOperation(
    id="terminate",
    type="Terminate",
    title="Terminate",
    description="Ends the run at once with the status of your choice.",
    category="control",
    inputs=form(
        ("runStatus",),
        runStatus=member(
            "Status",
            "inputs.runStatus",
            type="string",
            choices=("Succeeded", "Cancelled", "Failed"),
            visibility="important",
        ),
        code=member("Code", "inputs.runError.code", type="string", visibility="advanced"),
        message=member("Message", "inputs.runError.message", type="string", visibility="advanced"),
    ),
    template={"type": "Terminate", "inputs": {"runStatus": "Succeeded"}, "runAfter": {}},
    keywords=("stop", "end", "fail", "exit", "throw"),
    icon="terminate",
)
RESPONSE = EngineOperation(
    id="response",
    type="Response",
    kind="Http",
    title="Response",
    description="Answers the HTTP call that started the run. The run goes on afterwards.",
    category="request",
    inputs=form(
        ("statusCode",),
        statusCode=member(
            "Status code", "inputs.statusCode", type="integer", default=200, visibility="important"
        ),
        headers=member("Headers", "inputs.headers", editor="dictionary", visibility="important"),
        body=member("Body", "inputs.body", visibility="important"),
        schema=member("Schema", "inputs.schema", editor="schema", visibility="advanced"),
    ),
    outputs=form(statusCode={"type": "integer"}, headers={"type": "object"}, body={}),
    template={"type": "Response", "kind": "Http", "inputs": {"statusCode": 200}, "runAfter": {}},
    keywords=("reply", "answer", "return", "http", "webhook"),
    icon="response",
)

_STATUSES = {"succeeded": "Succeeded", "failed": "Failed", "cancelled": "Cancelled"}


class Terminate(Verdict):
    """Ends the run."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.inputs = self.template(action.inputs)

    def judge(self, scope: ActionScope) -> Judgement:
        inputs = self.inputs.evaluate(scope)
        given = inputs if isinstance(inputs, dict) else {}
        wanted = stringify(given.get("runStatus", "Failed")) or "Failed"
        status = _STATUSES.get(wanted.lower())
        if status is None:
            raise Failure(
                "BadRequest",
                f"The action '{self.name}' cannot end the run as '{wanted}'. "
                "The value of 'runStatus' must be 'Succeeded', 'Failed' or 'Cancelled'.",
                error_code="ValueNotSupported",
                inputs=inputs,
            )
        code, error = "Terminated", None
        details = given.get("runError")
        if status == "Failed" and isinstance(details, dict):
            code = stringify(details.get("code")) or code
            error = {"code": code, "message": stringify(details.get("message"))}
        return Judgement(status, code if status == "Failed" else "NotSpecified", error, inputs)


class Response(Answer):
    """statusCode (default 200), headers as texts, body."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        given = action.inputs if isinstance(action.inputs, dict) else {}
        self.has_body = "body" in given
        self.status = self.template(given.get("statusCode", 200))
        self.headers = self.template(input_member(action, "headers"))
        self.body = self.template(given.get("body"))

    def inputs(self, scope: ActionScope) -> dict[str, Json]:
        status = self.status.evaluate(scope)
        if isinstance(status, str):
            number = whole_number(status)
            status = status if number is None else number
        made: dict[str, Json] = {"statusCode": status}
        headers = scope.content(self.headers.evaluate(scope))
        if isinstance(headers, dict):
            made["headers"] = {name: stringify(value) for name, value in headers.items()}
        if self.has_body:
            made["body"] = self.body.evaluate(scope)
        if not isinstance(status, int) or not _allowed(status):  # true is 1, which is none
            raise Failure(
                "WorkflowRunActionResponseStatusCodeNotSupported",
                f"The status code '{stringify(status)}' of action '{self.name}' is not supported. "
                "A response needs a status code from 200 to 299, or from 400 to 599.",
                inputs=made,
            )
        return made


def _allowed(status: int) -> bool:
    return 200 <= status <= 299 or 400 <= status <= 599
