"""Definitions the browser tests run."""

from __future__ import annotations

import json
from typing import Any

SCHEMA = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"


def _text(actions: dict[str, Any], parameters: dict[str, Any] | None = None) -> str:
    definition = {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": parameters or {},
        "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {"schema": {}}}},
        "actions": actions,
        "outputs": {},
    }
    return json.dumps({"definition": definition, "kind": "Stateful"}, indent=2)


def _after(*names: str) -> dict[str, list[str]]:
    return {name: ["Succeeded"] for name in names}


def call(url: str) -> str:
    """Compose, one HTTP call, Response: the caller waits for the call."""
    return _text(
        {
            "Order": {"type": "Compose", "inputs": "@triggerBody()", "runAfter": {}},
            "Call_parcel_service": {
                "type": "Http",
                "inputs": {
                    "method": "POST",
                    "uri": url,
                    "body": "@outputs('Order')",
                    "retryPolicy": {"type": "none"},
                },
                "runAfter": _after("Order"),
            },
            "Response": {
                "type": "Response",
                "kind": "Http",
                "inputs": {"statusCode": 200, "body": "@body('Call_parcel_service')"},
                "runAfter": _after("Call_parcel_service"),
            },
        }
    )


def each_call(url: str, after: str = "@body('Book')") -> str:
    """Every item of the body goes to its own address, one after another; what came back is noted."""
    return _text(
        {
            "Every_order": {
                "type": "Foreach",
                "foreach": "@triggerBody()",
                "actions": {
                    "Book": {
                        "type": "Http",
                        "inputs": {
                            "method": "POST",
                            "uri": f"{url}/@{{items('Every_order')['to']}}",
                            "body": "@items('Every_order')",
                            "retryPolicy": {"type": "none"},
                        },
                        "runAfter": {},
                    },
                    "Note": {"type": "Compose", "inputs": after, "runAfter": _after("Book")},
                },
                "runAfter": {},
                "runtimeConfiguration": {"concurrency": {"repetitions": 1}},
            }
        }
    )


def orders(url: str) -> str:
    """Asks a service, then greets in a loop over the lines of the order, with a secret in between."""
    hidden = {"secureData": {"properties": ["inputs", "outputs"]}}
    return _text(
        {
            "Ask_service": {
                "type": "Http",
                "inputs": {
                    "method": "POST",
                    "uri": url,
                    "body": {"customer": "@triggerBody()?['name']"},
                    "retryPolicy": {"type": "none"},
                },
                "runAfter": {},
            },
            "Secret": {
                "type": "Compose",
                "inputs": "@concat('launch ', 'code')",
                "runAfter": _after("Ask_service"),
                "runtimeConfiguration": hidden,
            },
            "Each_line": {
                "type": "Foreach",
                "foreach": "@triggerBody()?['lines']",
                "actions": {
                    "Greet": {
                        "type": "Compose",
                        "inputs": "@{triggerBody()?['name']} bought @{items('Each_line')?['what']}",
                        "runAfter": {},
                    }
                },
                "runAfter": _after("Secret"),
            },
            "Last": {
                "type": "Http",
                "inputs": {
                    "method": "POST",
                    "uri": f"{url}/last",
                    "body": "@body('Ask_service')?['got']",
                    "headers": {"X-Code": "@outputs('Secret')"},
                    "retryPolicy": {"type": "none"},
                },
                "runAfter": _after("Each_line"),
            },
        }
    )


def after(url: str) -> str:
    """Asks a service that takes as many milliseconds as the caller says, and has more to do around it."""
    ask = {"method": "GET", "uri": url + "/after/@{triggerBody()['ms']}"}
    return _text(
        {
            "Prepare": {"type": "Compose", "inputs": 1},
            "Ask_the_carrier": {"type": "Http", "inputs": ask, "runAfter": _after("Prepare")},
            "Response": {
                "type": "Response", "inputs": {"statusCode": 200}, "runAfter": _after("Ask_the_carrier"),
            },
        }
    )  # fmt: skip


def background_call(url: str) -> str:
    """Without a Response: the caller gets 202 at once and the run goes on."""
    return _text(
        {
            "Call_parcel_service": {
                "type": "Http",
                "inputs": {"method": "POST", "uri": url, "retryPolicy": {"type": "none"}},
                "runAfter": {},
            },
            "Done": {"type": "Compose", "inputs": "done", "runAfter": _after("Call_parcel_service")},
        }
    )


def loop() -> str:
    """For each line: int() of its quantity, which fails where the quantity is no number."""
    return _text(
        {
            "For_each_line": {
                "type": "Foreach",
                "foreach": "@triggerBody()?['lines']",
                "actions": {
                    "Quantity": {"type": "Compose", "inputs": "@int(item()?['quantity'])", "runAfter": {}}
                },
                "runAfter": {},
            },
            "Total": {"type": "Compose", "inputs": 1, "runAfter": _after("For_each_line")},
        }
    )


def big() -> str:
    """Passes its body on: a big one is kept by reference."""
    return _text({"Copy": {"type": "Compose", "inputs": "@triggerBody()", "runAfter": {}}})


def texts(*names: str) -> str:
    """Compose actions in a row, each with its name as its value."""
    actions: dict[str, Any] = {}
    for index, name in enumerate(names):
        actions[name] = {
            "type": "Compose",
            "inputs": name.lower(),
            "runAfter": _after(names[index - 1]) if index else {},
        }
    return _text(actions)


def shop(url: str) -> str:
    """Ten actions as a shop would have them: a loop, a condition, a scope with its handler, an answer."""
    none = {"type": "none"}

    def http(path: str, *before: str, **more: Any) -> dict[str, Any]:
        inputs = {"method": "POST", "uri": url + path, "body": "@triggerBody()", "retryPolicy": none, **more}
        return {"type": "Http", "inputs": inputs, "runAfter": _after(*before)}

    actions = {
        "Check_customer": http("/ok?customer=@{triggerBody()?['customer']}"),
        "For_each_line": {
            "type": "Foreach",
            "foreach": "@triggerBody()?['lines']",
            "actions": {
                "Reserve_stock": {"type": "Compose", "inputs": "@item()?['sku']", "runAfter": {}},
                "Line_total": {
                    "type": "Compose",
                    "inputs": "@mul(item()?['price'], item()?['quantity'])",
                    "runAfter": _after("Reserve_stock"),
                },
            },
            "runAfter": _after("Check_customer"),
        },
        "Above_the_limit": {
            "type": "If",
            "expression": {"and": [{"greater": ["@triggerBody()?['total']", 1000]}]},
            "actions": {"Ask_for_approval": http("/ok/approval")},
            "else": {"actions": {"Approved_by_rule": {"type": "Compose", "inputs": True, "runAfter": {}}}},
            "runAfter": _after("For_each_line"),
        },
        "Book_with_carrier": {
            "type": "Scope",
            "actions": {"Book_parcel": http("@{triggerBody()?['carrier']}")},
            "runAfter": _after("Above_the_limit"),
        },
        "Tell_the_warehouse_about_everything_that_was_reserved": {
            "type": "Compose",
            "inputs": {"order": "@triggerBody()?['id']", "lines": "@length(triggerBody()?['lines'])"},
            "runAfter": _after("Book_with_carrier"),
        },
        "Note_the_failure": {
            "type": "Compose",
            "inputs": "@result('Book_with_carrier')",
            "runAfter": {"Book_with_carrier": ["Failed", "TimedOut"]},
        },
    }
    return _text(actions)
