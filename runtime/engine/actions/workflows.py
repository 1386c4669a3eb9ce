"""Workflow and SendToBatch: other workflows of the tenant (reference 6.7, 6.19)."""

from __future__ import annotations

from runtime.engine.actions.contract import Call, Child, Compiler
from runtime.engine.actions.manifest import EngineOperation, form, member
from runtime.engine.scope import ActionScope
from runtime.language.definition import Action
from runtime.language.values import Json, stringify

OPERATION = EngineOperation(
    id="workflow",
    type="Workflow",
    title="Call workflow",
    description="Starts another workflow that has a Request trigger and waits for its Response.",
    category="workflows",
    inputs=form(
        ("workflow",),
        workflow=member(
            "Workflow", "inputs.host.workflow.id", type="string", editor="workflow", visibility="important"
        ),
        trigger=member("Trigger", "inputs.host.triggerName", type="string", visibility="advanced"),
        body=member("Body", "inputs.body", visibility="important"),
        headers=member("Headers", "inputs.headers", editor="dictionary", visibility="advanced"),
    ),
    outputs=form(statusCode={"type": "integer"}, headers={"type": "object"}, body={}),
    template={"type": "Workflow", "inputs": {"host": {"workflow": {"id": ""}}, "body": {}}, "runAfter": {}},
    keywords=("child", "nested", "subflow", "call", "invoke"),
    icon="workflow",
)


BATCH = EngineOperation(
    id="sendToBatch",
    type="SendToBatch",
    title="Send to batch",
    description="Gives a message to a workflow with a Batch trigger, which runs when its batch is full.",
    category="workflows",
    inputs=form(
        ("workflow", "batchName", "content"),
        workflow=member(
            "Workflow", "inputs.host.workflow.id", type="string", editor="workflow", visibility="important"
        ),
        trigger=member("Trigger", "inputs.host.triggerName", type="string", visibility="advanced"),
        batchName=member("Batch", "inputs.batchName", type="string", visibility="important"),
        content=member("Message", "inputs.content", visibility="important"),
        partitionName=member(
            "Partition",
            "inputs.partitionName",
            type="string",
            visibility="advanced",
            description="Messages of one partition are released together; DEFAULT when empty.",
        ),
        messageId=member("Message id", "inputs.messageId", type="string", visibility="advanced"),
    ),
    outputs=form(statusCode={"type": "integer"}),
    template={
        "type": "SendToBatch",
        "inputs": {"host": {"workflow": {"id": ""}}, "batchName": "", "content": ""},
        "runAfter": {},
    },
    keywords=("batch", "collect", "aggregate", "group", "message"),
    icon="workflow",
)


class Workflow(Child):
    """A child run; outputs are its answer."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.given = self.template(action.inputs)
        self.wait = "disableasyncpattern" not in action.operation_options

    def inputs(self, scope: ActionScope) -> Json:
        return self.given.evaluate(scope)

    def call(self, inputs: Json) -> Call:
        given = inputs if isinstance(inputs, dict) else {}
        workflow, trigger = _receiver(given)
        payload = {name: given[name] for name in ("headers", "queries", "body") if name in given}
        return Call(workflow, trigger, payload, self.wait)


class SendToBatch(Child):
    """A message for another workflow's batch; over as soon as it is stored there."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.given = self.template(action.inputs)

    def inputs(self, scope: ActionScope) -> Json:
        return self.given.evaluate(scope)

    def call(self, inputs: Json) -> Call:
        given = inputs if isinstance(inputs, dict) else {}
        workflow, trigger = _receiver(given)
        names = ("batchName", "partitionName", "messageId", "content")
        message = {name: given[name] for name in names if given.get(name) is not None}
        return Call(workflow, trigger, {"batch": message}, wait=False)


def _receiver(inputs: dict[str, Json]) -> tuple[str, str | None]:
    """Id or name of the workflow, and the name of its trigger."""
    host = inputs.get("host")
    host = host if isinstance(host, dict) else {}
    workflow = host.get("workflow")
    identity = workflow.get("id") if isinstance(workflow, dict) else None
    identity = identity or host.get("workflowReferenceName")  # Power Automate's child flows
    trigger = host.get("triggerName")
    return stringify(identity), trigger if isinstance(trigger, str) else None
