"""Histories of real runs, kept for ever: a run begun under an earlier release must mean the same, and end.

A file has the definition, the events and what they amount to. Record a new one with
`python -m tests.engine.test_histories NAME` after adding its definition below; never change an old one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runtime.engine import events as ev
from runtime.engine.commands import AwaitCallback, Execute, StartChild, StartTimer
from runtime.engine.machine import commands_outstanding
from runtime.engine.state import RunState, fold
from tests.engine.driver import START, Driver, ok, plan_of
from tests.engine.laws import check

FOLDER = Path(__file__).parent / "histories"
FILES = sorted(FOLDER.glob("*.json"))
EVENTS = msgspec.json.Decoder(list[ev.Event])

GET = {
    "type": "Http",
    "inputs": {
        "method": "GET",
        "uri": "https://x.test/@{item()}",
        "retryPolicy": {"type": "fixed", "count": 1, "interval": "PT5S"},
    },
}


def after(*names: str, status: str = "Succeeded") -> dict[str, Any]:
    return {"runAfter": {name: [status] for name in names}}


def compose(inputs: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Compose", "inputs": inputs, **more}


def http(name: str, **more: Any) -> dict[str, Any]:
    policy = {"type": "fixed", "count": 1, "interval": "PT5S"}
    return {
        "type": "Http",
        "inputs": {"method": "GET", "uri": f"https://x.test/{name}", "retryPolicy": policy},
        **more,
    }


def change(kind: str, name: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"type": kind, "inputs": {"name": name, "value": value}, **more}


def variable(name: str, kind: str, value: Any) -> dict[str, Any]:
    return {
        "type": "InitializeVariable",
        "inputs": {"variables": [{"name": name, "type": kind, "value": value}]},
    }


ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
CATCH = ("Failed", "TimedOut", "Skipped", "Succeeded")
RECORDED: dict[str, dict[str, Any]] = {
    "every-step": {
        "Parse": {"type": "ParseJson", "inputs": {"content": '{"n": 1}', "schema": {"type": "object"}}},
        "Query": {"type": "Query", "inputs": {"from": ROWS, "where": "@greater(item()?['a'], 1)"}},
        "Select": {"type": "Select", "inputs": {"from": ROWS, "select": {"c": "@item()['b']"}}},
        "Join": {"type": "Join", "inputs": {"from": [1, "two", None], "joinWith": ";"}},
        "Csv": {"type": "Table", "inputs": {"from": ROWS, "format": "CSV"}},
        "Html": {"type": "Table", "inputs": {"from": ROWS, "format": "HTML"}},
        "I": variable("i", "integer", 1),
        "T": variable("t", "string", "a"),
        "L": variable("l", "array", []),
        "More": change("IncrementVariable", "i", 4, **after("I")),
        "Less": change("DecrementVariable", "i", 2, **after("More")),
        "Set": change("SetVariable", "i", 10, **after("Less")),
        "Text": change("AppendToStringVariable", "t", "b", **after("T")),
        "Item": change("AppendToArrayVariable", "l", [1], **after("L")),
        "Later": {
            "type": "Expression",
            "kind": "AddToTime",
            "inputs": {"baseTime": "2026-01-01T00:00:00Z", "interval": 1, "timeUnit": "Month"},
        },
        "Zone": {
            "type": "Expression",
            "kind": "ConvertTimeZone",
            "inputs": {
                "baseTime": "2026-01-01T00:00:00Z",
                "sourceTimeZone": "UTC",
                "destinationTimeZone": "W. Europe Standard Time",
                "formatString": "g",
            },
        },
        "Code": {
            "type": "JavaScriptCode",
            "inputs": {"code": "return workflowContext.actions.Join.outputs;"},
            **after("Join"),
        },
        "Liquid": {"type": "Liquid", "kind": "JsonToText", "inputs": {"content": {}, "map": {"name": "m"}}},
        "Xslt": {"type": "Xslt", "inputs": {"content": "<a/>", "map": {"name": "m"}}},
        "Check": {"type": "XmlValidation", "inputs": {"content": "<a/>", "schema": {"name": "s"}}},
        "Flat": {"type": "FlatFileDecoding", "inputs": {"content": "a", "schema": {"name": "s"}}},
        "Connector": {
            "type": "ServiceProvider",
            "inputs": {
                "parameters": {"to": "x"},
                "serviceProviderConfiguration": {
                    "connectionName": "c",
                    "operationId": "send",
                    "serviceProviderId": "/serviceProviders/mail",
                },
            },
        },
        "Managed": {
            "type": "ApiConnection",
            "inputs": {"host": {"connection": {"name": "c"}}, "method": "get", "path": "/x"},
        },
        "Function": {
            "type": "Function",
            "inputs": {"function": {"id": "f"}, "method": "POST", "body": {"a": 1}},
        },
        "Gateway": {
            "type": "ApiManagement",
            "inputs": {"api": {"id": "a"}, "method": "get", "pathTemplate": {"template": "/x"}},
        },
        "Tracked": compose({"id": 7}, trackedProperties={"id": "@action()['outputs']['id']"}),
        "Both": {
            "type": "Scope",
            "actions": {"In": compose("@actions('Tracked')['trackedProperties']")},
            **after("Tracked"),
        },
        "Pick": {
            "type": "Switch",
            "expression": 2,
            "cases": {"Two": {"case": 2, "actions": {"Second": compose("two")}}},
            "default": {"actions": {"Other": compose("other")}},
        },
        "Nested": {
            "type": "Foreach",
            "foreach": [1, 2],
            "actions": {
                "Inner": {
                    "type": "Foreach",
                    "foreach": "@range(0, item())",
                    "actions": {"Pair": compose("@concat(items('Nested'), items('Inner'))")},
                }
            },
        },
        "Empty": {"type": "Foreach", "foreach": [], "actions": {"Never": compose(1)}},
        "Past": {"type": "Wait", "inputs": {"until": {"timestamp": "2020-01-01T00:00:00Z"}}},
        "Reply": {
            "type": "Response",
            "inputs": {"statusCode": "201", "headers": {"a": 1}, "body": "@body('Select')"},
            **after("Select"),
        },
    },
    "every-failure": {
        "Expression": compose("@int('no number')"),
        "Template": compose("@nonsense("),
        "Json": {"type": "ParseJson", "inputs": {"content": "{"}},
        "Schema": {"type": "ParseJson", "inputs": {"content": "1", "schema": {"type": "string"}}},
        "Pattern": {"type": "ParseJson", "inputs": {"content": "1", "schema": {"pattern": "x"}}},
        "NotFound": http("NotFound"),
        "Gone": http("Gone"),
        "Slow": http("Slow", limit={"timeout": "PT10M"}),
        "Astray": http("Astray"),
        "NoBoolean": {"type": "If", "expression": "@null", "actions": {"A1": compose(1)}},
        "NoCase": {
            "type": "Switch",
            "expression": "@null",
            "cases": {"C": {"case": 1, "actions": {"A2": compose(1)}}},
        },
        "OtherKind": {
            "type": "Switch",
            "expression": "1",
            "cases": {"C": {"case": 1, "actions": {"A3": compose(1)}}},
        },
        "NoArray": {"type": "Foreach", "foreach": "@null", "actions": {"A4": compose(1)}},
        "OneBad": {"type": "Foreach", "foreach": [1, "x"], "actions": {"A5": compose("@add(item(), 1)")}},
        "Endless": {
            "type": "Until",
            "expression": "@false",
            "limit": {"count": 2},
            "operationOptions": "FailWhenLimitsReached",
            "actions": {"A6": compose(1)},
        },
        "NoCondition": {"type": "Until", "expression": "@null", "actions": {"A7": compose(1)}},
        "Unknown": {"type": "Nonsense", "inputs": {}},
        "NoVariable": change("SetVariable", "nobody", 1),
        "WrongType": variable("w", "integer", "x"),
        "NoFrom": {"type": "Query", "inputs": {"from": "@null", "where": "@true"}},
        "NoStatus": {"type": "Response", "inputs": {"statusCode": 302}},
        "Answer": {"type": "Response", "inputs": {"statusCode": 200}},
        "Again": {"type": "Response", "inputs": {"statusCode": 200}, **after("Answer")},
        "NoChild": {"type": "Workflow", "inputs": {"host": {}}},
        "Refused": {
            "type": "HttpWebhook",
            "inputs": {"subscribe": {"method": "POST", "uri": "https://x.test/NotFound"}},
        },
        "Inside": {
            "type": "Scope",
            "limit": {"timeout": "PT1H"},
            "actions": {
                "Long": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Day"}}},
                "Then": compose(1, **after("Long")),
            },
        },
        "Catch": compose(
            "@result('OneBad')", runAfter={"OneBad": list(CATCH), "Gone": list(CATCH), "Inside": list(CATCH)}
        ),
    },
    "answers-from-outside": {
        "Polled": http("Polled"),
        "Hook": {
            "type": "HttpWebhook",
            "inputs": {
                "subscribe": {
                    "method": "POST",
                    "uri": "https://x.test",
                    "body": {"at": "@{listCallbackUrl()}"},
                },
                "unsubscribe": {"method": "POST", "uri": "https://x.test/@{action()?['outputs']?['body']}"},
            },
        },
        "Child": {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "child"}}, "body": {"a": 1}}},
        "Batch": {
            "type": "SendToBatch",
            "inputs": {"host": {"workflow": {"id": "b"}, "triggerName": "t"}, "batchName": "n", "content": 1},
        },
        "All": compose(
            {"p": "@body('Polled')", "h": "@body('Hook')", "c": "@body('Child')"},
            **after("Polled", "Hook", "Child", "Batch"),
        ),
    },
    "terminated-inside": {
        "Around": {
            "type": "Scope",
            "actions": {
                "Stop": {
                    "type": "Terminate",
                    "inputs": {"runStatus": "Failed", "runError": {"code": "Enough", "message": "It is."}},
                    **after("Before"),
                },
                "Before": http("x"),
                "Beside": http("Slow"),
                "Never": compose(1, **after("Stop")),
            },
        },
        "Waiting": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}},
    },
    "cancelled": {
        "Loop": {"type": "Foreach", "foreach": [1, 2], "actions": {"Call": http("Slow")}},
        "Hook": {
            "type": "HttpWebhook",
            "inputs": {
                "subscribe": {"method": "POST", "uri": "https://x.test"},
                "unsubscribe": {"method": "POST", "uri": "https://x.test/off"},
            },
        },
        "Next": compose(1, **after("Loop")),
    },
    "loop-with-calls": {
        "V": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "n", "type": "array"}]}},
        "L": {
            "type": "Foreach",
            "foreach": [1, 2, 3],
            "runAfter": {"V": ["Succeeded"]},
            "actions": {
                "C": GET,
                "A": {
                    "type": "AppendToArrayVariable",
                    "inputs": {"name": "n", "value": "@body('C')"},
                    "runAfter": {"C": ["Succeeded", "Failed"]},
                },
            },
        },
        "R": {
            "type": "Response",
            "inputs": {"statusCode": 200, "body": "@variables('n')"},
            "runAfter": {"L": ["Succeeded"]},
        },
    },
    "branches-and-skips": {
        "If": {
            "type": "If",
            "expression": "@false",
            "actions": {"S": {"type": "Scope", "actions": {"I": {"type": "Compose", "inputs": 1}}}},
            "else": {
                "actions": {
                    "Sw": {
                        "type": "Switch",
                        "expression": "b",
                        "cases": {
                            "A": {"case": "a", "actions": {"X": {"type": "Compose", "inputs": 1}}},
                            "B": {"case": "b", "actions": {"Y": {"type": "Compose", "inputs": "@int('no')"}}},
                        },
                    }
                }
            },
        },
        "Catch": {"type": "Compose", "inputs": "@result('Sw')", "runAfter": {"If": ["Failed"]}},
    },
    "until-with-waits": {
        "U": {
            "type": "Until",
            "expression": "@equals(iterationIndexes('U'), 2)",
            "actions": {"W": {"type": "Wait", "inputs": {"interval": {"count": 5, "unit": "Minute"}}}},
        },
        "T": {"type": "Terminate", "inputs": {"runStatus": "Cancelled"}, "runAfter": {"U": ["Succeeded"]}},
    },
    "webhook-and-limit": {
        "H": {
            "type": "HttpWebhook",
            "inputs": {"subscribe": {"method": "POST", "uri": "https://x.test"}},
            "limit": {"timeout": "PT1H"},
        },
        "N": {"type": "Compose", "inputs": 1, "runAfter": {"H": ["TimedOut"]}},
    },
}


CANCELLED = frozenset({"cancelled"})


def answer(command: Execute) -> ev.Outcome | None:
    match command.name:
        case "NotFound" | "Refused":
            return ok("none", 404)
        case "Gone":
            return ok(status=503)
        case "Slow" | "Beside" | "Call":
            return None
        case "Astray":
            return ev.Outcome(
                "Succeeded", "Accepted", {"statusCode": 202, "headers": {"Location": "http://["}}
            )
        case "Polled" if command.attempt == 1:
            return ev.Outcome("Succeeded", "Accepted", {"statusCode": 202, "headers": {"Location": "/later"}})
    return ok(sum(command.repetition), 503 if command.attempt == 1 and command.repetition == (1,) else 200)


def conclude(driver: Driver, name: str) -> None:
    """Everything still to come: children, callbacks, time; in the end somebody cancels what is to be cancelled."""
    driver.settle()
    if name in CANCELLED:
        driver.send(ev.CancelRequested("me"))
    for child in driver.children:
        outputs = {"statusCode": 200, "headers": {}, "body": child.workflow}
        driver.send(ev.ChildEnded(child.name, child.repetition, "child", outputs=outputs))
    for action, token in list(driver.tokens.items()):
        if name == "answers-from-outside":
            driver.send(ev.CallbackReceived(action, (), token, {"statusCode": 200, "body": "called"}))
    driver.pass_time()


def record(name: str) -> None:
    """Run a definition and keep what happened."""
    driver = Driver(plan_of(RECORDED[name]), answer).start()
    conclude(driver, name)
    assert driver.state.ended is not None
    kept = {
        "actions": RECORDED[name],
        "amounts": amounts(driver.state),
        "events": json.loads(msgspec.json.encode(driver.history)),
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


def amounts(state: RunState) -> dict[str, Any]:
    """What a history comes to, in a form that no refactoring changes."""
    return {
        "status": state.status,
        "code": state.code,
        "actions": {
            ev.address(name, repetition): [record.status, record.code, record.outputs]
            for name, records in state.records.items()
            for repetition, record in records.items()
        },
        "variables": {name: item.read(lambda ref: ref) for name, item in state.variables.items()},
    }


def test_there_are_histories() -> None:
    assert len(FILES) >= len(RECORDED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_means_the_same(path: Path) -> None:
    kept = json.loads(path.read_text("utf-8"))
    events = EVENTS.decode(msgspec.json.encode(kept["events"]))
    check({"actions": kept["actions"]}, events)
    assert amounts(fold(events, RunState.empty())) == kept["amounts"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_can_go_on_from_anywhere(path: Path) -> None:
    """Broken off after any arriving event, the run ends as it did."""
    kept = json.loads(path.read_text("utf-8"))
    events = EVENTS.decode(msgspec.json.encode(kept["events"]))
    plan = plan_of(kept["actions"])
    arriving = ev.RunStarted | ev.OperationEnded | ev.TimerFired | ev.CallbackReceived | ev.ChildEnded
    cuts = [i for i, event in enumerate(events) if isinstance(event, arriving) and i]
    for cut in cuts:
        driver = Driver(plan, answer)
        driver.history = events[:cut]
        driver.state = fold(driver.history, RunState.empty())
        driver.now = max([START, *(e.at for e in driver.history if getattr(e, "at", None))])
        driver.obey(commands_outstanding(plan, driver.state))
        assert any(isinstance(c, Execute | StartTimer | StartChild | AwaitCallback) for c in driver.commands)
        driver.send(ev.Continue())
        conclude(driver, path.stem)
        assert amounts(driver.state) == kept["amounts"]


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        record(wanted)
