"""The validator: one definition per rule, each with the problem it must give and where."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from runtime.language.validate import Problem, validate

CASES = Path(__file__).parent / "cases" / "validate"
COMPOSE = {"type": "Compose", "inputs": 1}
REQUEST = {"type": "Request", "kind": "Http", "inputs": {}}


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in json.loads((CASES / name).read_text("utf-8"))]


def after(*names: str, **given: Any) -> dict[str, Any]:
    """A Compose action (or another, by members) that runs after some others."""
    return {**COMPOSE, **given, "runAfter": {name: ["Succeeded"] for name in names}}


def variable(name: str = "v", kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"type": "InitializeVariable", "inputs": {"variables": [{"name": name, "type": kind, **more}]}}


def action(inputs: Any = None, kind: str = "Compose", **more: Any) -> dict[str, Any]:
    """A definition of one action named A."""
    return {"actions": {"A": {"type": kind, "inputs": inputs, **more}}}


def problems(definition: Any, **known: Any) -> list[Problem]:
    known = {"kind": "Consumption", "parameters": {}, "connections": {}} | known
    whole = {"triggers": {"manual": REQUEST}, **definition} if isinstance(definition, dict) else definition
    return validate(json.dumps(whole), **known)


@pytest.mark.parametrize("case", cases("rules.json"))
def test_rule(case: dict[str, Any]) -> None:
    severity, code, pointer, words = (case[name] for name in ("severity", "code", "pointer", "words"))
    found = problems(case["definition"])
    wanted = [p for p in found if (p.severity, p.code, p.pointer) == (severity, code, pointer)]
    assert wanted, [(p.severity, p.code, p.pointer, p.message) for p in found]
    assert words in wanted[0].message
    assert wanted[0].message.endswith(".") or "https://" in wanted[0].message
    if severity == "error":
        assert {p.pointer for p in found if p.severity == "error"} == {pointer}, "one defect, one error"


@pytest.mark.parametrize("case", cases("sound.json"))
def test_sound(case: dict[str, Any]) -> None:
    assert [(p.code, p.pointer, p.message) for p in problems(case["definition"])] == []


def test_ranges_count_utf16_units_of_the_string() -> None:
    [found] = problems(action("😀 @{body('Gone')}"))
    assert (found.start, found.end) == (11, 15)
    assert found.as_json()["range"] == [11, 15]


def test_parameters_beside_the_definition() -> None:
    definition = action("@parameters('p')")
    assert problems(definition, parameters={"P": 1}) == []
    [unknown] = problems(definition, kind="Stateful", parameters=None)
    assert unknown.severity == "warning"
    [missing] = problems(definition, kind="Stateful", parameters={})
    assert missing.severity == "error"


def test_app_settings_belong_to_standard() -> None:
    definition = action("@appsetting('X')")
    assert problems(definition, kind="Stateful") == []
    assert [p.code for p in problems(definition, kind="Consumption")] == ["InvalidTemplate"]


def test_connections_that_are_there() -> None:
    reference = {"host": {"connection": {"referenceName": "Office365"}}}
    for connections in ({"office365": {}}, {"managedApiConnections": {"office365": {}}}):
        assert problems(action(reference, "ApiConnection"), connections=connections) == []


def test_errors_thrown_on_purpose_are_no_defects() -> None:
    """`div(1, 0)` inside a scope whose failure something waits for: the way to throw an error."""
    throwing = {"type": "Scope", "actions": {"Throw": {"type": "Compose", "inputs": "@div(1, 0)"}}}
    caught = {"Try": throwing, "Catch": {**COMPOSE, "runAfter": {"Try": ["failed", "TimedOut"]}}}
    assert [p.severity for p in problems({"actions": caught})] == ["warning"]
    assert [p.severity for p in problems({"actions": {"Try": throwing, "Next": after("Try")}})] == ["error"]


def test_every_code_has_a_case() -> None:
    """A rule without a definition that breaks it would not be seen to be wrong."""
    source = Path(__file__).parents[2] / "runtime" / "language" / "validate"
    families = (
        "Action|Duplicate|Invalid|Missing|Property|Secret|Tracked|Trigger|Unresolved|Value|Variable|Workflow"
    )
    written = {
        code
        for file in source.glob("*.py")
        for code in re.findall(rf'"((?:{families})[A-Z][A-Za-z]+)"', file.read_text("utf-8"))
    }
    kinds = {"ParseJson"} | {name for name in written if name.endswith("Variable")}
    seen = {case.values[0]["code"] for case in cases("rules.json")} | {
        "DuplicateMember",
        "InvalidJson",
    }  # below
    seen |= {"TrackedPropertiesSizeLimitExceeded"}
    assert written - kinds - seen == set()


def test_tracked_properties_have_a_size() -> None:
    [found] = problems({"actions": {"A": {**COMPOSE, "trackedProperties": {"p": "x" * 8_000}}}})
    assert (found.severity, found.code) == ("warning", "TrackedPropertiesSizeLimitExceeded")
    assert found.pointer == "/actions/A/trackedProperties"


def test_names_that_fold_alike_in_german_are_two() -> None:
    actions = {
        "Maße": COMPOSE,
        "Masse": {**COMPOSE, "inputs": "@outputs('MAßE')", "runAfter": {"Maße": ["Succeeded"]}},
    }
    assert problems({"actions": actions}) == []


def retried(**policy: Any) -> dict[str, Any]:
    return action({"method": "GET", "uri": "https://example.com", "retryPolicy": policy}, "Http")


@pytest.mark.parametrize(
    "policy,member,words",
    [
        ({"type": "fixed", "count": 0, "interval": "PT5S"}, "count", "type none"),
        ({"type": "Fixed", "count": 1, "interval": "PT4.9S"}, "interval", "between PT5S and P1D, not PT4.9S"),
        ({"type": "fixed", "interval": "P1DT1S"}, "interval", "between PT5S and P1D"),
        ({"type": "exponential", "interval": "P1M"}, "interval", "between PT5S and P1D"),
        ({"type": "exponential", "minimumInterval": "PT1S"}, "minimumInterval", "between PT5S"),
        ({"type": "exponential", "maximumInterval": "-PT1M"}, "maximumInterval", "between PT5S"),
        (
            {"type": "exponential", "minimumInterval": "PT1H", "maximumInterval": "PT59M59S"},
            "minimumInterval",
            "longer than 'maximumInterval'",
        ),
        ({"type": "fixed", "maximumInterval": "PT1H"}, "maximumInterval", "means nothing for a fixed policy"),
    ],
)
def test_retries_beyond_the_limits(policy: dict[str, Any], member: str, words: str) -> None:
    [found] = problems(retried(**policy))
    assert (found.severity, found.code) == ("warning", "WorkflowRunActionInputsInvalidProperty")
    assert found.pointer == f"/actions/A/inputs/retryPolicy/{member}"
    assert words in found.message
    trigger = {"type": "Http", "inputs": retried(**policy)["actions"]["A"]["inputs"],
               "recurrence": {"frequency": "Hour", "interval": 1}}  # fmt: skip
    [polled] = problems({"triggers": {"T": trigger}, "actions": {"A": COMPOSE}})
    assert (polled.severity, polled.pointer) == ("warning", f"/triggers/T/inputs/retryPolicy/{member}")


@pytest.mark.parametrize(
    "policy",
    [
        {"type": "fixed", "count": 90, "interval": "PT5S"},
        {"type": "exponential", "count": "1", "interval": "P1D", "minimumInterval": "PT1M", "maximumInterval": "PT60S"},
        {"type": "exponential", "interval": "PT24H", "minimumInterval": "@parameters('p')"},
        {"type": "none", "count": 0, "interval": "PT1S"},
    ],
)  # fmt: skip
def test_retries_within_the_limits(policy: dict[str, Any]) -> None:
    assert problems(retried(**policy), parameters={"p": "PT9S"}) == []


def test_unsubscribing_is_tried_again_too() -> None:
    subscribe = {"method": "POST", "uri": "https://example.com"}
    inputs = {"subscribe": subscribe, "unsubscribe": {**subscribe, "retryPolicy": {"type": "sometimes"}}}
    assert [p.pointer for p in problems(action(inputs, "HttpWebhook"))] == [
        "/actions/A/inputs/unsubscribe/retryPolicy/type"
    ]


UNTIL = {"type": "Until", "expression": "@equals(1, 1)", "actions": {}}


@pytest.mark.parametrize(
    "kind,step,pointer,words",
    [
        ("Stateless", {**UNTIL, "limit": {"count": 101}}, "/limit/count", "101"),
        ("Stateless", {**UNTIL, "limit": {"timeout": "PT5M1S"}}, "/limit/timeout", "PT5M"),
        ("Stateful", {**UNTIL, "limit": {"timeout": "P91D"}}, "/limit/timeout", "P90D"),
        ("Consumption", {"type": "JavaScriptCode", "inputs": {"code": "//" + "x" * 1_023}}, "/inputs/code", "1,025"),
        ("Stateful", {"type": "JavaScriptCode", "inputs": {"code": "x" * 100_001}}, "/inputs/code", "100,001"),
        ("", {"type": "Http", "inputs": {"method": "GET", "uri": "https://example.com/" + "x" * 16_365}}, "/inputs/uri",
         "16,385"),
        ("", {**COMPOSE, "runtimeConfiguration": {"contentTransfer": {"uploadChunkSize": 52_428_801}}},
         "/runtimeConfiguration/contentTransfer/uploadChunkSize", "52,428,801"),
    ],
)  # fmt: skip
def test_limits_of_the_service(kind: str, step: dict[str, Any], pointer: str, words: str) -> None:
    [found] = problems({"actions": {"A": step}}, kind=kind)
    assert (found.severity, found.code) == ("warning", "WorkflowLimitExceeded")
    assert found.pointer == "/actions/A" + pointer
    assert words in found.message


@pytest.mark.parametrize(
    "kind,step",
    [
        ("Stateless", {**UNTIL, "limit": {"count": 100, "timeout": "PT5M"}}),
        ("Stateful", {**UNTIL, "limit": {"count": 5_000, "timeout": "P90D"}}),
        ("Stateful", {"type": "JavaScriptCode", "inputs": {"code": "//" + "x" * 99_998}}),
    ],
)
def test_up_to_the_limits_of_the_service(kind: str, step: dict[str, Any]) -> None:
    assert problems({"actions": {"A": step}}, kind=kind) == []


def test_parameters_are_counted_by_kind() -> None:
    many = {f"p{number}": {"type": "Int", "defaultValue": 1} for number in range(51)}
    definition = {"parameters": many, "actions": {"A": COMPOSE}}
    assert [p.code for p in problems(definition) if p.severity == "warning"] == ["WorkflowLimitExceeded"]
    assert problems(definition, kind="Stateful") == []


def test_stateless_workflows_are_called() -> None:
    every_day = {"type": "Recurrence", "recurrence": {"frequency": "Day", "interval": 1}}
    definition = {"triggers": {"T": every_day}, "actions": {"A": COMPOSE}}
    assert problems(definition, kind="Stateful") == []
    [found] = problems(definition, kind="Stateless")
    assert (found.severity, found.pointer) == ("warning", "/triggers/T/type")
    assert problems({"actions": {"A": COMPOSE}}, kind="Stateless") == []


def test_members_written_twice() -> None:
    one = '{"type": "Compose", "inputs": 1}'
    found = validate(f'{{"triggers": {{}}, "actions": {{"A": {one}, "A": {one}}}}}')
    assert (found[0].severity, found[0].code, found[0].pointer) == (
        "warning",
        "DuplicateMember",
        "/actions/A",
    )


def test_pointers_lead_into_the_definition_of_a_wrapped_document() -> None:
    text = json.dumps({"definition": {"actions": {"a/b": after("c~d")}}, "kind": "Stateful"})
    assert "/actions/a~1b/runAfter/c~0d" in [p.pointer for p in validate(text)]


def test_a_text_that_is_no_json() -> None:
    [found] = validate('{"actions": {,}}')
    assert (found.severity, found.code, found.start) == ("error", "InvalidJson", 13)


def test_it_never_raises_whatever_stands_where() -> None:
    odd: list[Any] = [None, True, 1, 1.5, "x", "@", [], [1], {}, {"a": {"b": []}}]
    members = [
        "type",
        "inputs",
        "runAfter",
        "actions",
        "else",
        "cases",
        "default",
        "expression",
        "foreach",
        "limit",
        "kind",
        "recurrence",
        "conditions",
        "runtimeConfiguration",
        "trackedProperties",
        "operationOptions",
    ]
    for kind in [
        "Http",
        "If",
        "Switch",
        "Foreach",
        "Until",
        "Scope",
        "InitializeVariable",
        "Wait",
        "Request",
    ]:
        for member in members:
            for value in odd:
                step = {"type": kind, "inputs": {}, "actions": {}, member: value}
                validate(
                    json.dumps({"triggers": {"T": step}, "actions": {"A": step}, "outputs": {"o": value}})
                )
    for name in ("parameters", "triggers", "actions", "outputs", "staticResults", "definition", "$schema"):
        for value in odd:
            validate(json.dumps({"actions": {}, name: value}))


def test_five_thousand_actions_take_linear_time() -> None:
    def seconds(count: int) -> float:
        actions = {"Init": variable()}
        previous = "Init"
        for index in range(count):
            inputs = f"@concat(variables('v'), string(outputs('A{index // 2}')))" if index else "x"
            actions[f"A{index}"] = {**after(previous), "inputs": inputs}
            previous = f"A{index}"
        text = json.dumps({"triggers": {"manual": REQUEST}, "actions": actions})
        begin = time.process_time()
        assert {p.code for p in validate(text)} <= {"WorkflowLimitExceeded"}
        return time.process_time() - begin

    small, large = min(seconds(1000) for _ in range(3)), min(seconds(5000) for _ in range(2))
    assert large < small * 12
