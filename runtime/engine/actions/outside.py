"""Actions an executor carries out: HTTP and what is HTTP underneath, connectors, code, webhooks
(reference 6.2 to 6.6).

The engine evaluates their inputs, retries, polls and waits; what they do is not its business.
"""

from __future__ import annotations

from runtime.engine.actions.contract import Compiler, Outside, Request
from runtime.engine.actions.manifest import EngineOperation, form, member
from runtime.engine.scope import ActionScope
from runtime.language.definition import Action
from runtime.language.inline_code import actions_named_in
from runtime.language.template import Template
from runtime.language.values import Json

WEBHOOK = EngineOperation(
    id="httpWebhook",
    type="HttpWebhook",
    title="HTTP webhook",
    description="Gives another service a callback URL and waits until the service calls it.",
    category="http",
    inputs=form(
        ("method", "uri"),
        method=member(
            "Subscribe: method",
            "inputs.subscribe.method",
            type="string",
            default="POST",
            visibility="important",
        ),
        uri=member("Subscribe: URI", "inputs.subscribe.uri", type="string", visibility="important"),
        body=member("Subscribe: body", "inputs.subscribe.body", visibility="important"),
        headers=member(
            "Subscribe: headers", "inputs.subscribe.headers", editor="dictionary", visibility="advanced"
        ),
        unsubscribeMethod=member(
            "Unsubscribe: method", "inputs.unsubscribe.method", type="string", visibility="advanced"
        ),
        unsubscribeUri=member(
            "Unsubscribe: URI", "inputs.unsubscribe.uri", type="string", visibility="advanced"
        ),
        unsubscribeBody=member("Unsubscribe: body", "inputs.unsubscribe.body", visibility="advanced"),
    ),
    outputs=form(
        statusCode={"type": "integer"}, headers={"type": "object"}, queries={"type": "object"}, body={}
    ),
    template={
        "type": "HttpWebhook",
        "inputs": {
            "subscribe": {
                "method": "POST",
                "uri": "",
                "body": {"callbackUrl": "@{listCallbackUrl()}"},
            },
            "unsubscribe": {},
        },
        "runAfter": {},
    },
    keywords=("callback", "subscribe", "wait", "approval", "event"),
    icon="webhook",
)

# Types whose operations an executor may know (reference 1.6).
EXECUTED = (
    "Http",
    "ApiConnection",
    "ApiConnectionNotification",
    "OpenApiConnection",
    "OpenApiConnectionNotification",
    "Function",
    "InvokeFunction",
    "ApiManagement",
    "ServiceProvider",
    "Xslt",
    "XmlValidation",
    "XmlParse",
    "XmlCompose",
    "Liquid",
    "FlatFileDecoding",
    "FlatFileEncoding",
    "IntegrationAccountArtifactLookup",
)


class Operation(Outside):
    """One operation; its inputs are what it gets."""

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.given = self.template(action.inputs)

    def inputs(self, scope: ActionScope) -> Json:
        return self.given.evaluate(scope)

    def request(self, scope: ActionScope, inputs: Json, purpose: str) -> Request:
        return Request(self.action.type, inputs, self.action.kind)


class ConnectionWebhook(Operation):
    """A managed connector's webhook: the inputs, with a callback URL inside, are the subscription."""

    is_webhook = True


class HttpWebhook(Outside):
    """Two HTTP calls: subscribe at the start, unsubscribe when nobody waits any more."""

    is_webhook = True

    def prepare(self, action: Action, compiler: Compiler) -> None:
        given = action.inputs if isinstance(action.inputs, dict) else {}
        subscribe = given.get("subscribe")
        self.subscribe = self.template(subscribe)
        ending = given.get("unsubscribe")
        self.ending: Template | None = (
            compiler.template(ending) if isinstance(ending, dict) and ending.get("uri") else None
        )

    def inputs(self, scope: ActionScope) -> Json:
        return {"subscribe": self.subscribe.evaluate(scope)}

    def request(self, scope: ActionScope, inputs: Json, purpose: str) -> Request:
        if purpose == "unsubscribe":
            return Request("Http", inputs)
        whole = scope.content(inputs)
        return Request("Http", whole.get("subscribe") if isinstance(whole, dict) else whole)

    def unsubscribe(self, scope: ActionScope) -> Json:
        return self.ending.evaluate(scope) if self.ending is not None else None


class Code(Outside):
    """JavaScript over the records of the actions it names (reference 6.20)."""

    can_retry = False

    def prepare(self, action: Action, compiler: Compiler) -> None:
        self.given = self.template(action.inputs)
        self.names = tuple(actions_named_in(action.inputs))
        # The code sees these without any expression: secrets must follow them too.
        self.template({name: f"@actions('{name.replace(chr(39), chr(39) * 2)}')" for name in self.names})

    def inputs(self, scope: ActionScope) -> Json:
        return self.given.evaluate(scope)

    def request(self, scope: ActionScope, inputs: Json, purpose: str) -> Request:
        actions: dict[str, Json] = {}
        for name in self.names:
            try:
                actions[name] = scope.action(name)
            except KeyError:
                continue
        context = {"workflow": scope.workflow(), "trigger": scope.trigger(), "actions": actions}
        given = scope.content(inputs)
        whole = dict(given) if isinstance(given, dict) else {}
        return Request(self.action.type, {**whole, "workflowContext": context})
